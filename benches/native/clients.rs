//! How both clients connect, and the parts of homing's that several cases share.

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

/// Connects with TCP_NODELAY, as homing does by default.
pub(crate) async fn connect_bare(address: &str, job: &str) -> Bare {
    let stream = TcpStream::connect(address).await.expect("connect");
    stream.set_nodelay(true).expect("nodelay");
    client_async(url(address, job), stream).await.expect("handshake").0
}

/// Measures the CPU time of received messages, from when buffers have grown.
pub(crate) struct Arrivals {
    left: usize,
    start: usize,
    cpu: Duration,
}

impl Arrivals {
    pub(crate) fn new(count: usize) -> Self {
        Self { left: count, start: count / 10 * 9, cpu: Duration::ZERO }
    }

    /// Counts a message. Returns the CPU time per message in nanoseconds at the last one, and `None` otherwise.
    #[inline]
    pub(crate) fn count(&mut self) -> Option<f64> {
        self.left = self.left.wrapping_sub(1);
        if self.left == self.start {
            self.cpu = thread_cpu();
        }
        (self.left == 0).then(|| (thread_cpu() - self.cpu).as_nanos() as f64 / self.start as f64)
    }
}

/// Receives `count` messages. Returns the CPU time of each in nanoseconds.
pub(crate) async fn receive(builder: homing::Builder, count: usize) -> f64 {
    let (done, result) = oneshot::channel();
    let (mut done, mut arrivals) = (Some(done), Arrivals::new(count));
    let ws = builder
        .on_message(move |_, message| {
            black_box(&message);
            if let Some(cost) = arrivals.count() {
                done.take().expect("only once").send(cost).expect("the receiver waits");
            }
        })
        .connect()
        .expect("a valid configuration");
    let cost = result.await.expect("every message");
    ws.abort();
    cost
}

/// The result of sending.
pub(crate) struct Sent<M> {
    /// The result of the function that ran once the connection was open.
    pub(crate) meter: M,
    pub(crate) answer: Message,
    /// The most bytes that were buffered.
    pub(crate) peak: usize,
}

/// Sends all of these messages as fast as they are accepted, and waits for the server's answer.
pub(crate) async fn send<M>(
    builder: homing::Builder,
    payloads: impl Iterator<Item = Bytes>,
    start: impl FnOnce() -> M,
) -> Sent<M> {
    let (opened, open) = oneshot::channel();
    let (answered, answer) = oneshot::channel();
    let (mut opened, mut answered) = (Some(opened), Some(answered));
    let ws = builder
        .on_open(move |_, _| opened.take().map_or((), |opened| opened.send(()).expect("the receiver waits")))
        .on_message(move |_, message| {
            answered.take().map_or((), |answered| answered.send(message).expect("the receiver waits"))
        })
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
