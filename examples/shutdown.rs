//! Ends a program without losing messages unnoticed: closes the client, waits for its end and reports what was not sent.
//!
//! ```text
//! cargo run --example shutdown -- ws://host:port/path
//! ```
//!
//! Sends a reading every 100 ms until the standard input ends (Ctrl-D). A service would wait for `tokio::signal::ctrl_c()`
//! in place of the input, which needs tokio's feature `signal`.

// Native only; `examples/web` is an example for browsers.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::error::Error;
use std::io;
use std::time::Duration;

use homing::{SendError, WebSocket};
use tokio::io::{copy, sink, stdin};

async fn send_readings(ws: &WebSocket) -> Result<(), SendError> {
    for number in 1.. {
        println!("reading {number}");
        ws.send(format!("reading {number}"))?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn end_of_input() -> io::Result<()> {
    copy(&mut stdin(), &mut sink()).await.map(drop)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: shutdown URL")?;
    let ws = WebSocket::builder(url).on_error(|_, error| eprintln!("[{error}]")).connect()?;
    tokio::select! {
        sent = send_readings(&ws) => if let Err(error) = sent {
            eprintln!("[{error}]");
            // Returning would wait for the runtime, which waits for the input.
            std::process::exit(1);
        },
        input = end_of_input() => input?,
    }

    // An open connection sends the queue and closes. Without a connection, the client ends at once and keeps its queue.
    ws.close(1000, "")?;
    let end = ws.closed().await;
    let lost = end.close.map_or(0, |close| close.lost);
    println!("{}: {} messages not sent, {lost} lost with the connection", end.reason, end.unsent);
    for message in ws.take_unsent() {
        println!("not sent: {message:?}");
    }
    Ok(())
}
