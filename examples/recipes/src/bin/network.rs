//! A change of the network: an open connection is checked at once, and a waiting client dials at once.

use std::error::Error;
use std::future::poll_fn;
use std::time::Duration;

use homing::{Heartbeat, PingError, State, WebSocket};
use if_watch::tokio::IfWatcher;

async fn network_changed(ws: &WebSocket) {
    // One change is reported as several events. What is being dialled is not disturbed.
    if ws.state() == State::Waiting {
        return ws.reconnect();
    }
    match ws.ping().await {
        Ok(round_trip) => println!("alive, {} us", round_trip.as_micros()),
        Err(PingError::NotOpen) => {}
        Err(error) => println!("{error}"), // the client reconnects
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: network URL")?;
    let ws = WebSocket::builder(url)
        // The timeout is that of `ping` as well.
        .heartbeat(Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(5)))
        .on_open(|_, _| println!("open"))
        .on_close(|_, close| println!("closed, next attempt in {} ms", close.retry_in.unwrap_or_default().as_millis()))
        .connect()?;
    // Begins with an event for each address that is there.
    let mut watcher = IfWatcher::new()?;
    loop {
        tokio::select! {
            event = poll_fn(|cx| watcher.poll_if_event(cx)) => {
                println!("{:?}", event?);
                network_changed(&ws).await;
            }
            end = ws.closed() => return Err(end.reason.to_string().into()),
        }
    }
}
