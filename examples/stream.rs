//! Receives events as a `Stream`, and sends messages through a `Sink`.
//!
//! ```text
//! cargo run --example stream -- ws://host:port/path
//! ```
//!
//! Sends three messages to an echo server, and closes when all three have returned.

// Native only; `examples/web` is an example for browsers.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::error::Error;

use futures::{SinkExt, StreamExt, stream};
use homing::{Event, Message, WebSocket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: stream URL")?;
    let (mut ws, mut events) = WebSocket::builder(url).connect_stream()?;

    // Waits for room in the send buffer, and finally until every message has left.
    let greetings = (1..=3).map(|number| Ok(Message::text(format!("greeting {number}"))));
    ws.send_all(&mut stream::iter(greetings)).await?;

    let mut answers = 0;
    while let Some(event) = events.next().await {
        println!("{event:?}");
        match event {
            Event::Message(_) => answers += 1,
            Event::End(_) => break,
            _ => {}
        }
        if answers == 3 {
            ws.close(1000, "")?;
        }
    }
    Ok(())
}
