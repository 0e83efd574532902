//! What each client does, in the way that its documentation shows.

use std::error::Error;
use std::future::Future;
use std::process::exit;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::connect::Target;

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What to do after a message.
pub enum Next {
    More,
    Send(Bytes),
    Done,
}

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Each is on its way before the next one is sent, where the client can do that.
    OneByOne,
    /// All at once, with one flush at the end.
    Fed,
}

/// Returns a callback that passes on the first message, and what receives it.
pub fn first_message() -> (impl FnMut(bool, &[u8]) -> Next + Send + 'static, oneshot::Receiver<Bytes>) {
    let (arrived, first) = oneshot::channel();
    let mut arrived = Some(arrived);
    let each = move |_: bool, payload: &[u8]| {
        let _ = arrived.take().map(|arrived| arrived.send(Bytes::copy_from_slice(payload)));
        Next::Done
    };
    (each, first)
}

pub trait Peer: 'static {
    /// Whether it can be given the certificate of the server.
    const TLS: bool = true;
    const DEFLATE: bool = false;
    /// Whether it distinguishes [`Sent::Fed`].
    const FEEDS: bool = true;

    /// An open connection.
    type Client: Send;

    /// Connects, sends the first message if there is one, and passes what arrives to `each`, which is called as a text or not.
    fn open(
        target: &Target,
        first: Option<Bytes>,
        each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    ) -> impl Future<Output = Result<Self::Client>>;

    /// Sends all of these as fast as they are accepted. Returns the server's answer. `start` is called once it is open.
    fn send(
        target: &Target,
        payloads: impl Iterator<Item = Bytes> + Send,
        how: Sent,
        start: impl FnOnce(),
    ) -> impl Future<Output = Result<Bytes>>;

    /// Connects, and closes with both Close frames.
    fn cycle(target: &Target) -> impl Future<Output = Result<()>>;
}

/// Ends the program: the client itself failed.
pub fn stop(error: impl std::fmt::Display) -> ! {
    eprintln!("{error}");
    exit(3)
}

/// Ends the program: messages are not those that were sent.
pub(crate) fn wrong(what: &str) -> ! {
    eprintln!("{what}");
    exit(4)
}
