//! A start that must succeed: a server that cannot be reached is an error of the program, a connection lost later is not.

use std::error::Error;
use std::time::Duration;

use homing::{Reconnect, WebSocket};
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: startup URL")?;
    let policy = Reconnect::exponential(Duration::from_millis(200), Duration::from_secs(10)).max_initial_attempts(3);
    let ws = WebSocket::builder(url)
        .reconnect(policy)
        .on_error(|_, error| eprintln!("{error}"))
        .on_close(|_, close| println!("closed with {}", close.code))
        .connect()?;

    // The time limit covers attempts that get no answer: each one may take the open timeout.
    match timeout(Duration::from_secs(15), ws.opened()).await {
        Ok(Ok(())) => println!("ready"),
        Ok(Err(end)) => return Err(end.error.map_or_else(|| end.reason.to_string().into(), Into::into)),
        Err(_) => return Err("no connection in time".into()),
    }

    let end = ws.closed().await;
    Err(end.reason.to_string().into())
}
