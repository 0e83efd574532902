//! Several addresses of one service: the next one after each failure, and the same one as long as it works.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use homing::{Reconnect, Request, WebSocket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let addresses: Vec<_> = std::env::args().skip(1).collect();
    let first = addresses.first().ok_or("usage: addresses URL...")?;
    let turn = Arc::new(AtomicUsize::new(0));
    let (failed, refused) = (turn.clone(), turn.clone());

    let ws = WebSocket::builder(first)
        .request_provider({
            let addresses = addresses.clone();
            move || {
                let url = &addresses[turn.load(Relaxed) % addresses.len()];
                let request = Request::new(url);
                async { Ok(request) }
            }
        })
        // Delays grow with each failure in a row, whatever its address.
        .reconnect(Reconnect::exponential(Duration::from_millis(200), Duration::from_secs(10)))
        .on_open(|_, _| println!("open"))
        .on_message(|_, message| println!("{message:?}"))
        .on_error(move |_, error| {
            eprintln!("{error}");
            if error.is_before_open() {
                failed.fetch_add(1, Relaxed);
            }
        })
        // "Going away", "service restart" and "try again later": another server may have room.
        .on_close(move |_, close| {
            if [1001, 1012, 1013].contains(&close.code.get()) {
                refused.fetch_add(1, Relaxed);
            }
        })
        .connect()?;
    println!("{}", ws.closed().await.reason);
    Ok(())
}
