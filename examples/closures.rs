//! Receives events by closures, in a program without a runtime: `run` blocks until the client ends.
//!
//! ```text
//! cargo run --example closures -- ws://host:port/path
//! ```
//!
//! `on_close` asks for the next attempt in one second. After failures in a row, the longer delay of the policy applies: for a
//! fixed delay use `Reconnect::fixed`.

// Native only; `examples/web` is an example for browsers.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::time::Duration;

use homing::native::{BuilderExt, RunError};
use homing::{BinaryType, Heartbeat, WebSocket};

fn main() -> Result<(), RunError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080".into());
    let end = WebSocket::builder(url)
        .heartbeat(Heartbeat::ping(Duration::from_secs(55), Duration::from_secs(55)))
        .header("Cookie", "session=0123456789")
        .header("X-Client", "homing")
        .binary_type(BinaryType::Blob)
        .on_connect(|_| println!("TCP is up"))
        .on_open(|ws, response| {
            println!("open: status {:?}, headers {:?}", response.status, response.headers);
            if let Err(error) = ws.send_payload("hello") {
                println!("{error}");
            }
        })
        .on_message(|_, message| println!("message: {message:?}"))
        .on_error(|_, error| println!("error {}: {error}", error.code()))
        .on_close(|ws, close| {
            println!("closed with {}", close.code);
            ws.reconnect_after(Duration::from_secs(1));
        })
        .run()?;
    println!("ended: {}", end.reason);
    Ok(())
}
