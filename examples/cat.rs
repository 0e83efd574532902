//! Connects the terminal to a WebSocket server: sends each line of standard input, and prints each message.
//!
//! ```text
//! cargo run --example cat -- wss://echo.example.com
//! ```
//!
//! Lines that are typed while the connection is down are queued and sent after the reconnect. At the end of the input, the
//! program waits until everything has left, closes and exits.

// Native only; `examples/web` is an example for browsers.
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
            end = ws.closed() => {
                eprintln!("[{}]", end.reason);
                // Returning would wait for the runtime, which waits for the input.
                std::process::exit(1);
            }
        }
    }
    ws.flush().await?;
    ws.close(1000, "")?;
    ws.closed().await;
    Ok(())
}
