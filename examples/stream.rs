//! Events as a `Stream`, messages in as a `Sink`: for programs built from combinators.
//!
//! `cargo run --example stream -- ws://host:port/path`

// Natively only; `examples/web` is for the browser.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::error::Error;

use futures::{SinkExt, StreamExt, stream};
use homing::{Event, Message, WebSocket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: stream URL")?;
    let (mut ws, mut events) = WebSocket::builder(url).connect_stream()?;

    // Waits for room in the send buffer, and at the end until all has left.
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
