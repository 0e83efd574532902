//! homing, with callbacks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use homing::native::{BuilderExt, Deflate};
use homing::{Builder, Heartbeat, Message, Reconnect, Text, WebSocket};
use tokio::sync::Notify;

use super::{Client, Target};

const INTERVAL: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Homing {
    ws: WebSocket,
    arrivals: Arc<Arrivals>,
}

/// What is waited for.
#[derive(Default)]
struct Arrivals {
    missing: AtomicUsize,
    length: AtomicUsize,
    last: Notify,
    /// What each message but the last is answered with.
    answer: OnceLock<Bytes>,
}

impl Arrivals {
    fn message(&self, ws: &WebSocket, length: usize) {
        assert_eq!(length, self.length.load(Ordering::Relaxed));
        if self.is_last() {
            self.last.notify_one();
        } else if let Some(payload) = self.answer.get() {
            ws.send_payload(payload.clone()).expect("room in the buffer");
        }
    }

    fn is_last(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::Relaxed) == 1
    }

    fn other(&self) {
        if self.is_last() {
            self.last.notify_one();
        }
    }

    async fn wait(&self, count: usize) {
        self.missing.fetch_add(count, Ordering::Relaxed);
        self.last.notified().await;
    }
}

impl Homing {
    fn builder(target: &Target) -> Builder {
        let builder = WebSocket::builder(target.url()).deflate(target.deflate.then(Deflate::default));
        let builder = builder.heartbeat(Heartbeat::ping(LONG, LONG));
        match &target.tls {
            Some(config) => builder.rustls_config(config.clone()),
            None => builder,
        }
    }

    /// Returns a client that reconnects after a millisecond. What arrives are connections.
    pub(crate) fn reconnecting(target: &Target) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let opened = arrivals.clone();
        let builder = Self::builder(target).reconnect(Reconnect::fixed(Duration::from_millis(1)));
        let ws = builder.on_open(move |_, _| opened.other()).connect().expect("a valid configuration");
        Self { ws, arrivals }
    }

    /// Returns a client with many heartbeats. What arrives are answers to them.
    pub(crate) fn beating(target: &Target) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let answered = arrivals.clone();
        let builder = Self::builder(target).heartbeat(Heartbeat::ping(INTERVAL, LONG));
        let ws = builder.on_latency(move |_, _| answered.other()).connect().expect("a valid configuration");
        Self { ws, arrivals }
    }

    /// Waits until so many of what a client has been made for have arrived.
    pub(crate) async fn wait(&self, count: usize) {
        self.arrivals.wait(count).await;
    }
}

impl Client for Homing {
    const DEFLATES: bool = true;

    async fn connect(target: &Target) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let arrived = arrivals.clone();
        let builder = Self::builder(target).on_message(move |ws, message| arrived.message(ws, message.len()));
        let ws = builder.connect().expect("a valid configuration");
        ws.opened().await.expect("a connection");
        Self { ws, arrivals }
    }

    async fn receive(&mut self, count: usize, length: usize) {
        self.arrivals.length.store(length, Ordering::Relaxed);
        self.arrivals.wait(count).await;
    }

    async fn send(&mut self, count: usize, text: bool, payload: &Bytes) {
        let message = if text {
            Message::Text(Text::try_from(payload.clone()).expect("a text"))
        } else {
            Message::Binary(payload.clone())
        };
        for _ in 0..count {
            self.ws.send(message.clone()).expect("room in the buffer");
        }
        self.ws.flush().await.expect("a connection");
    }

    async fn round_trips(&mut self, count: usize, payload: &Bytes) {
        self.arrivals.answer.get_or_init(|| payload.clone());
        self.ws.send_payload(payload.clone()).expect("room in the buffer");
        self.receive(count, payload.len()).await;
    }

    async fn close(self) {
        self.ws.close(1000, "").expect("a valid code");
        self.ws.closed().await;
    }
}
