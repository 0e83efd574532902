//! Receives events by a type that implements `Handler` and has state of its own.
//!
//! ```text
//! cargo run --example handler -- ws://host:port/path
//! ```
//!
//! `examples/web` runs the same handler in a browser.

// Native only; `examples/web` is an example for browsers.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

#[path = "shared/countdown.rs"]
mod countdown;

use countdown::Countdown;
use homing::WebSocket;
use homing::native::{BuilderExt, RunError};

fn main() -> Result<(), RunError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080".into());
    WebSocket::builder(url).handler(Countdown::new(3, |line| println!("{line}"))).run()?;
    Ok(())
}
