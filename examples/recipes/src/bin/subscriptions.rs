//! Subscriptions that outlive the connection.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex};

use homing::{ConfigError, SendError, State, WebSocket};

struct Feed {
    ws: WebSocket,
    topics: Arc<Mutex<BTreeSet<String>>>,
}

impl Feed {
    fn connect(url: String) -> Result<Self, ConfigError> {
        let topics = Arc::new(Mutex::new(BTreeSet::<String>::new()));
        let wanted = topics.clone();
        let ws = WebSocket::builder(url)
            // Leaves before what was queued.
            .on_open(move |ws, _| {
                for topic in &*wanted.lock().unwrap() {
                    let _ = ws.send(format!("subscribe {topic}"));
                }
            })
            .on_message(|_, message| println!("{}", message.as_text().unwrap_or_default()))
            .connect()?;
        Ok(Self { ws, topics })
    }

    fn subscribe(&self, topic: &str) -> Result<(), SendError> {
        // Locked until the request is queued, so that the set and the server agree.
        let mut topics = self.topics.lock().unwrap();
        if !topics.contains(topic) {
            self.send_now(format!("subscribe {topic}"))?;
            topics.insert(topic.to_owned());
        }
        Ok(())
    }

    fn unsubscribe(&self, topic: &str) -> Result<(), SendError> {
        let mut topics = self.topics.lock().unwrap();
        if topics.contains(topic) {
            self.send_now(format!("unsubscribe {topic}"))?;
            topics.remove(topic);
        }
        Ok(())
    }

    /// Without a connection nothing is sent: `on_open` reads the set.
    fn send_now(&self, request: String) -> Result<(), SendError> {
        if self.ws.state() == State::Open { self.ws.send(request) } else { Ok(()) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: subscriptions URL")?;
    let feed = Feed::connect(url)?;
    feed.subscribe("EURUSD")?;
    feed.subscribe("GBPUSD")?;
    feed.unsubscribe("GBPUSD")?;
    feed.ws.send("publish EURUSD 1.09")?;
    feed.ws.closed().await;
    Ok(())
}
