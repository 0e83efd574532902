//! Messages that arrive exactly once: numbered, kept until the server has acknowledged them, and repeated if it did not.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::{Reconnect, SendError, Session, SetupError, WebSocket};
use tokio::sync::Notify;
use tokio::time::interval;

#[derive(Default)]
struct Outbox {
    last: u64,
    /// What the server has not acknowledged, the oldest first.
    messages: VecDeque<(u64, String)>,
    /// How many of them earlier connections have taken. The others are in the client's queue.
    taken: usize,
    is_empty: Arc<Notify>,
}

impl Outbox {
    fn acknowledge(&mut self, number: u64) {
        while self.messages.front().is_some_and(|(first, _)| *first <= number) {
            self.messages.pop_front();
            self.taken = self.taken.saturating_sub(1);
        }
        if self.messages.is_empty() {
            self.is_empty.notify_one();
        }
    }

    fn count_taken(&mut self, mut queued_bytes: usize) {
        self.taken = self.messages.len();
        while queued_bytes > 0 && self.taken > 0 {
            self.taken -= 1;
            queued_bytes = queued_bytes.saturating_sub(self.messages[self.taken].1.len());
        }
    }
}

/// Sends a message. The lock keeps the outbox and the queue in the same order.
fn post(ws: &WebSocket, outbox: &Mutex<Outbox>, text: &str) -> Result<(), SendError> {
    let mut outbox = outbox.lock().unwrap();
    let number = outbox.last + 1;
    let message = format!("{number} {text}");
    ws.send(message.clone())?;
    outbox.last = number;
    outbox.messages.push_back((number, message));
    Ok(())
}

/// Asks what has arrived, and repeats what has not, before the queue leaves.
async fn resume(mut session: Session, outbox: Arc<Mutex<Outbox>>) -> Result<(), SetupError> {
    session.send("hello client7")?;
    let answer = session.receive().await?;
    let have = answer.as_text().and_then(|text| text.strip_prefix("have ")?.parse().ok());
    let have = have.ok_or_else(|| SetupError::new("unexpected answer to hello"))?;
    let missing: Vec<_> = {
        let mut outbox = outbox.lock().unwrap();
        outbox.acknowledge(have);
        outbox.messages.iter().take(outbox.taken).map(|(_, message)| message.clone()).collect()
    };
    for message in missing {
        session.send(message)?;
        session.flush().await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: outbox URL")?;
    let outbox = Arc::<Mutex<Outbox>>::default();
    let (resumed, acknowledged, closed) = (outbox.clone(), outbox.clone(), outbox.clone());
    let ws = WebSocket::builder(url)
        .reconnect(Reconnect::exponential(Duration::from_millis(100), Duration::from_secs(10)))
        .setup(move |session| resume(session, resumed.clone()))
        .on_message(move |_, message| {
            let number = message.as_text().and_then(|text| text.strip_prefix("ack ")?.parse().ok());
            acknowledged.lock().unwrap().acknowledge(number.unwrap_or(0));
        })
        // What still waits here was taken by no connection.
        .on_close(move |ws, _| closed.lock().unwrap().count_taken(ws.buffered_amount()))
        .connect()?;

    let mut pace = interval(Duration::from_millis(5));
    for number in 1..=100 {
        pace.tick().await;
        post(&ws, &outbox, &format!("reading {number}"))?;
    }
    let is_empty = outbox.lock().unwrap().is_empty.clone();
    while !outbox.lock().unwrap().messages.is_empty() {
        is_empty.notified().await;
    }
    ws.close(1000, "")?;
    println!("all acknowledged, {} reconnects", ws.stats().reconnects);
    ws.closed().await;
    Ok(())
}
