//! A client, its handler, and the task that sends through it.

use std::sync::Arc;
use std::time::Duration;

use homing::{CloseEvent, End, Handler, Handshake, Heartbeat, Message, Reconnect, Request, WebSocket};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::books::Flushed;
use crate::content::{self, DOWN, Random, UP};
use crate::{Phase, Shared};

const SECOND: Duration = Duration::from_secs(1);

/// Connects client `number` through the link at this URL.
pub(crate) fn connect(shared: &Arc<Shared>, number: u64, link: String) -> WebSocket {
    let mut attempt = 0;
    let ledger = Ledger { shared: shared.clone(), number, received: 0 };
    let builder = WebSocket::builder(link.as_str()).request_provider(move || {
        attempt += 1;
        let url = format!("{link}{number}/{attempt}");
        async move { Ok(Request::new(url)) }
    });
    builder
        .heartbeat(Heartbeat::ping(SECOND, SECOND))
        .reconnect(Reconnect::exponential(SECOND / 20, SECOND / 2))
        .open_timeout(2 * SECOND)
        .close_timeout(SECOND)
        .jitter_seed(shared.contents.seed() ^ number)
        .handler(ledger)
        .connect()
        .unwrap()
}

struct Ledger {
    shared: Arc<Shared>,
    number: u64,
    /// The number of messages received on this connection.
    received: u64,
}

impl Handler for Ledger {
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        self.received = 0;
        self.shared.books[self.number as usize].opened(ws.stats());
    }
    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        let attempt = ws.stats().attempts;
        let who = content::server(self.number, attempt);
        let is_right = self.shared.contents.is(who, self.received, DOWN, message.is_text(), message.as_bytes());
        self.shared.books[self.number as usize].received(is_right, attempt, self.received);
        self.received += 1;
    }
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {
        self.shared.books[self.number as usize].closed(ws.stats(), event, &self.shared.contents);
    }
    fn on_end(&mut self, ws: &WebSocket, end: &End) {
        let unsent = ws.take_unsent();
        assert_eq!(unsent.len(), end.unsent);
        self.shared.books[self.number as usize].ended(ws.stats(), &unsent, &self.shared.contents);
    }
}

/// Sends messages until the end, except in calm phases, and sometimes flushes, reconnects or pauses. Returns how many messages
/// were accepted.
pub(crate) async fn send(shared: Arc<Shared>, number: u64, ws: WebSocket, mut phase: watch::Receiver<Phase>) -> u64 {
    let who = content::client(number);
    let mut random = Random::new(shared.contents.seed(), who, u64::MAX);
    let books = &shared.books[number as usize];
    let mut accepted = 0;
    loop {
        if *phase.wait_for(|phase| *phase != Phase::Calm).await.unwrap() == Phase::End {
            return accepted;
        }
        if *phase.borrow() == Phase::Storm {
            // No other task of this client sends, so there is room now.
            ws.ready().await;
            match ws.send(shared.contents.message(who, accepted, UP)) {
                Ok(()) => accepted += 1,
                Err(error) => assert!(ws.buffered_amount() > 0, "{error:?}"),
            }
        }
        match random.below(200) {
            0..10 => {
                let before = ws.stats().messages_lost;
                let flush = ws.flush();
                let lost = (before, ws.stats().messages_lost);
                let result = flush.await;
                books.flushed(Flushed { accepted, lost, result });
            }
            10 => ws.reconnect(),
            11..13 => {
                ws.pause();
                sleep(Duration::from_millis(random.below(300))).await;
                ws.resume();
            }
            _ => sleep(Duration::from_millis(random.below(20))).await,
        }
    }
}
