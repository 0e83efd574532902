//! Requests and answers: matched by id, in any order, with a time limit, over lost connections.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::{ConfigError, SendError, State, WebSocket};
use tokio::sync::oneshot;
use tokio::time::timeout;

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    NotSent(#[from] SendError),
    #[error("no answer in time")]
    TimedOut,
    #[error("connection lost: the server may have received the request")]
    Lost,
}

struct Call {
    answer: oneshot::Sender<String>,
    /// Whether the present connection takes it. Otherwise it waits in the queue for the next one.
    sent: bool,
}

struct Client {
    ws: WebSocket,
    next_id: AtomicU64,
    calls: Arc<Mutex<HashMap<u64, Call>>>,
}

impl Client {
    fn connect(url: String) -> Result<Self, ConfigError> {
        let calls = Arc::new(Mutex::new(HashMap::<u64, Call>::new()));
        let (opened, answered, closed) = (calls.clone(), calls.clone(), calls.clone());
        let ws = WebSocket::builder(url)
            .on_open(move |_, _| opened.lock().unwrap().values_mut().for_each(|call| call.sent = true))
            .on_message(move |_, message| {
                let Some((id, result)) = message.as_text().and_then(|text| text.split_once(' ')) else { return };
                let call = id.parse().ok().and_then(|id| answered.lock().unwrap().remove(&id));
                // There is none if it has timed out.
                call.map(|call| call.answer.send(result.to_owned()));
            })
            // Dropping a call fails it with `Lost`: its answer belonged to this connection.
            .on_close(move |_, close| {
                closed.lock().unwrap().retain(|_, call| !call.sent && close.retry_in.is_some());
            })
            .connect()?;
        Ok(Self { ws, next_id: AtomicU64::new(1), calls })
    }

    async fn call(&self, request: &str, limit: Duration) -> Result<String, CallError> {
        let id = self.next_id.fetch_add(1, Relaxed);
        let (answer, answered) = oneshot::channel();
        {
            let mut calls = self.calls.lock().unwrap();
            // Under the lock, for which `on_open` waits.
            let sent = self.ws.state() == State::Open;
            calls.insert(id, Call { answer, sent });
        }
        let _forget = Forget(&self.calls, id);
        self.ws.send(format!("{id} {request}"))?;
        timeout(limit, answered).await.map_err(|_| CallError::TimedOut)?.map_err(|_| CallError::Lost)
    }
}

/// Forgets a call that has ended, or whose future was dropped.
struct Forget<'a>(&'a Mutex<HashMap<u64, Call>>, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().remove(&self.1);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: requests URL")?;
    let client = Client::connect(url)?;
    let limit = Duration::from_secs(10);

    // The first one is queued until the connection is open. The server answers the second one first.
    let (first, second) = tokio::join!(client.call("hold one", limit), client.call("echo two", limit));
    println!("{} {}", first?, second?);
    println!("{:?}", client.call("never three", Duration::from_millis(100)).await);

    // A request that has no effect, or the same effect again, may be repeated.
    let mut request = "cut four";
    while let Err(CallError::Lost) = client.call(request, limit).await {
        println!("lost");
        request = "echo four";
    }
    client.ws.close(1000, "")?;
    client.ws.closed().await;
    Ok(())
}
