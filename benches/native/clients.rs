//! How both sides connect, and what our side does in more than one case.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use homing::{Message, SendErrorKind};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::system::thread_cpu;

pub(crate) type Bare = WebSocketStream<TcpStream>;

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn url(address: &str, job: &str) -> String {
    format!("ws://{address}/{job}")
}

/// As homing does by default: with TCP_NODELAY.
pub(crate) async fn connect_bare(address: &str, job: &str) -> Bare {
    let stream = TcpStream::connect(address).await.expect("connect");
    stream.set_nodelay(true).expect("nodelay");
    client_async(url(address, job), stream).await.expect("handshake").0
}

/// Counts messages that arrive. Starts once buffers have grown.
pub(crate) struct Arrivals {
    left: usize,
    start: usize,
    cpu: Duration,
}

impl Arrivals {
    pub(crate) fn new(count: usize) -> Self {
        Self { left: count, start: count / 10 * 9, cpu: Duration::ZERO }
    }

    /// Counts a message. Tells the CPU per message, in nanoseconds, at the last one, and nothing after it.
    #[inline]
    pub(crate) fn count(&mut self) -> Option<f64> {
        self.left = self.left.wrapping_sub(1);
        if self.left == self.start {
            self.cpu = thread_cpu();
        }
        (self.left == 0).then(|| (thread_cpu() - self.cpu).as_nanos() as f64 / self.start as f64)
    }
}

/// The CPU of each of so many messages, in nanoseconds.
pub(crate) async fn receive(builder: homing::Builder, count: usize) -> f64 {
    let (done, result) = oneshot::channel();
    let (mut done, mut arrivals) = (Some(done), Arrivals::new(count));
    let ws = builder
        .on_message(move |_, message| {
            black_box(&message);
            if let Some(cost) = arrivals.count() {
                done.take().expect("only once").send(cost).expect("somebody waits");
            }
        })
        .connect()
        .expect("a valid configuration");
    let cost = result.await.expect("every message");
    ws.abort();
    cost
}

/// What came of sending.
pub(crate) struct Sent<M> {
    /// What was made when the connection was there.
    pub(crate) meter: M,
    pub(crate) answer: Message,
    /// How much was buffered at most.
    pub(crate) peak: usize,
}

/// Sends all of these, as fast as they are taken, until the server has answered.
pub(crate) async fn send<M>(
    builder: homing::Builder,
    payloads: impl Iterator<Item = Bytes>,
    start: impl FnOnce() -> M,
) -> Sent<M> {
    let (opened, open) = oneshot::channel();
    let (told, answer) = oneshot::channel();
    let (mut opened, mut told) = (Some(opened), Some(told));
    let ws = builder
        .on_open(move |_, _| opened.take().map_or((), |opened| opened.send(()).expect("somebody waits")))
        .on_message(move |_, message| told.take().map_or((), |told| told.send(message).expect("somebody waits")))
        .connect()
        .expect("a valid configuration");
    open.await.expect("a connection");
    let meter = start();
    let mut peak = 0;
    for payload in payloads {
        let mut message = Message::from(payload);
        while let Err(error) = ws.send(message) {
            assert_eq!(error.kind(), SendErrorKind::Full);
            message = error.into_message();
            peak = peak.max(ws.buffered_amount());
            ws.ready().await;
        }
    }
    let answer = answer.await.expect("an answer");
    ws.abort();
    Sent { meter, answer, peak }
}
