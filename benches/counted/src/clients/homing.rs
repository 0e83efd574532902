//! homing, with callbacks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use homing::WebSocket;
use tokio::sync::Notify;

use super::Client;

pub(crate) struct Homing {
    ws: WebSocket,
    arrivals: Arc<Arrivals>,
}

/// Messages that are waited for.
#[derive(Default)]
struct Arrivals {
    missing: AtomicUsize,
    length: AtomicUsize,
    last: Notify,
    /// What each message but the last is answered with.
    answer: OnceLock<Bytes>,
}

impl Arrivals {
    fn arrived(&self, ws: &WebSocket, length: usize) {
        assert_eq!(length, self.length.load(Ordering::Relaxed));
        if self.missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.last.notify_one();
        } else if let Some(payload) = self.answer.get() {
            ws.send_payload(payload.clone()).expect("room in the buffer");
        }
    }
}

impl Client for Homing {
    async fn connect(url: &str) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let arrived = arrivals.clone();
        let builder = WebSocket::builder(url).on_message(move |ws, message| arrived.arrived(ws, message.len()));
        let ws = builder.connect().expect("a valid configuration");
        ws.opened().await.expect("a connection");
        Self { ws, arrivals }
    }

    async fn receive(&mut self, count: usize, length: usize) {
        self.arrivals.length.store(length, Ordering::Relaxed);
        self.arrivals.missing.fetch_add(count, Ordering::Relaxed);
        self.arrivals.last.notified().await;
    }

    async fn send(&mut self, count: usize, length: usize) {
        let payload = Bytes::from(vec![b'x'; length]);
        for _ in 0..count {
            self.ws.send_payload(payload.clone()).expect("room in the buffer");
        }
        self.ws.flush().await.expect("a connection");
    }

    async fn round_trips(&mut self, count: usize, length: usize) {
        let payload = self.arrivals.answer.get_or_init(|| Bytes::from(vec![b'x'; length]));
        self.ws.send_payload(payload.clone()).expect("room in the buffer");
        self.receive(count, length).await;
    }

    async fn close(self) {
        self.ws.close(1000, "").expect("a valid code");
        self.ws.closed().await;
    }
}
