//! Events with numbers: after a lost connection the server continues where it ended.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use homing::{Reconnect, Session, WebSocket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: events URL")?;
    let last = Arc::new(AtomicU64::new(0)); // of a file or a database, if the program must continue after a restart
    let processed = last.clone();
    let ws = WebSocket::builder(url)
        .reconnect(Reconnect::exponential(Duration::from_millis(100), Duration::from_secs(10)))
        .setup(move |session: Session| {
            let last = last.load(Relaxed);
            async move { Ok(session.send(format!("resume {last}"))?) }
        })
        .on_message(move |_, message| {
            let text = message.as_text().unwrap_or_default();
            let Some((Ok(number), event)) = text.split_once(' ').map(|(number, event)| (number.parse(), event)) else {
                return eprintln!("not an event: {text}");
            };
            let last = processed.load(Relaxed);
            if number <= last {
                return; // seen before
            }
            if number > last + 1 {
                eprintln!("events {} to {} are missing: the server keeps them no more", last + 1, number - 1);
            }
            println!("{number} {event}");
            processed.store(number, Relaxed);
        })
        .connect()?;
    println!("{}", ws.closed().await.reason);
    Ok(())
}
