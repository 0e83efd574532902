//! A server that limits messages: sends at its pace, also after the connection was lost.

use std::error::Error;
use std::time::Duration;

use homing::{FlushError, Message, WebSocket};
use tokio::time::{Instant, sleep};

/// A token bucket: `burst` messages at once, and one more for each `period`.
struct Pace {
    period: Duration,
    burst: u32,
    /// When the bucket will be full again.
    full_at: Instant,
}

impl Pace {
    fn new(burst: u32, per_second: f64) -> Self {
        Self { period: Duration::from_secs_f64(1.0 / per_second), burst, full_at: Instant::now() }
    }

    async fn next(&mut self) {
        let full_at = self.full_at.max(Instant::now()) + self.period;
        self.full_at = full_at;
        sleep(full_at.saturating_duration_since(Instant::now() + self.period * self.burst)).await;
    }
}

/// Sends a message when the server allows it. At most this one is queued, so a new connection begins without a burst.
async fn send(ws: &WebSocket, pace: &mut Pace, message: impl Into<Message>) -> Result<(), Box<dyn Error>> {
    pace.next().await;
    ws.send(message)?;
    match ws.flush().await {
        Err(FlushError::Lost) => eprintln!("lost with the connection"),
        result => result?,
    }
    // It may have waited long for a connection.
    pace.full_at = pace.full_at.max(Instant::now() + pace.period);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: rate_limits URL")?;
    let ws = WebSocket::builder(url)
        // Natively a refusal with status 429 or 503 delays the next attempt by its `Retry-After`, at most by this.
        .max_retry_after(Duration::from_secs(60))
        .on_error(|_, error| eprintln!("{error}"))
        .on_close(|_, close| println!("closed with {}", close.code))
        .connect()?;
    let mut pace = Pace::new(5, 5.0);
    for number in 1..=30 {
        send(&ws, &mut pace, format!("message {number}")).await?;
    }
    ws.close(1000, "")?;
    ws.closed().await;
    Ok(())
}
