//! Clients that are polled: each connection is a task that reads.

use std::future::Future;

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::connect::{Stream, Target};
use crate::peer::{Next, Peer, Result, Sent, stop};

pub trait Socket: Send + 'static {
    const DEFLATE: bool = false;
    const FEEDS: bool = true;

    fn handshake(target: &Target, stream: Stream) -> impl Future<Output = Result<Self>> + Send
    where
        Self: Sized;

    /// Passes the next message to `each`.
    fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> impl Future<Output = Result<T>> + Send;

    fn send(&mut self, payload: Bytes) -> impl Future<Output = Result<()>> + Send;

    /// Sends without a flush, where the client can do that.
    fn feed(&mut self, payload: Bytes) -> impl Future<Output = Result<()>> + Send {
        self.send(payload)
    }

    fn flush(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Sends a Close frame and waits for that of the server.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send;
}

pub struct Framed<S>(std::marker::PhantomData<fn() -> S>);

impl<S: Socket> Peer for Framed<S> {
    const DEFLATE: bool = S::DEFLATE;
    const FEEDS: bool = S::FEEDS;

    type Client = JoinHandle<()>;

    async fn open(
        target: &Target,
        first: Option<Bytes>,
        mut each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    ) -> Result<Self::Client> {
        let mut socket = S::handshake(target, target.stream().await?).await?;
        let read = async move {
            if let Some(first) = first {
                socket.send(first).await?;
            }
            loop {
                match socket.next(&mut each).await? {
                    Next::More => {}
                    Next::Send(payload) => socket.send(payload).await?,
                    Next::Done => return Ok(()),
                }
            }
        };
        Ok(tokio::spawn(async { Result::<()>::unwrap_or_else(read.await, |error| stop(error)) }))
    }

    async fn send(
        target: &Target,
        payloads: impl Iterator<Item = Bytes> + Send,
        how: Sent,
        start: impl FnOnce(),
    ) -> Result<Bytes> {
        let mut socket = S::handshake(target, target.stream().await?).await?;
        start();
        for payload in payloads {
            match how {
                Sent::OneByOne => socket.send(payload).await?,
                Sent::Fed => socket.feed(payload).await?,
            }
        }
        socket.flush().await?;
        socket.next(|_, answer| Bytes::copy_from_slice(answer)).await
    }

    async fn cycle(target: &Target) -> Result<()> {
        S::handshake(target, target.stream().await?).await?.close().await
    }
}
