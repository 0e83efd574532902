//! Lines from the terminal to any WebSocket server, and back; reconnecting.
//!
//! `cargo run --example cat -- wss://echo.example.com`

// Natively only; `examples/web` is for the browser.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::error::Error;

use homing::WebSocket;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: cat URL")?;
    let ws = WebSocket::builder(url)
        .on_open(|_, _| eprintln!("[open]"))
        .on_message(|_, message| match message.as_text() {
            Some(text) => println!("{text}"),
            None => println!("{message:?}"),
        })
        .on_error(|_, error| eprintln!("[{error}]"))
        .on_close(|_, close| eprintln!("[closed with {}, next attempt in {:?}]", close.code, close.retry_in))
        .connect()?;

    let mut lines = BufReader::new(stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => ws.send(line)?,
                None => break,
            },
            end = ws.closed() => return Err(end.reason.to_string().into()),
        }
    }
    ws.flush().await?;
    ws.close(1000, "")?;
    ws.closed().await;
    Ok(())
}
