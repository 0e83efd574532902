//! Callbacks as a type: a `Handler` has its own state and can be shared between a browser app and a native one, as
//! this one is with `examples/web`.
//!
//! `cargo run --example handler -- ws://host:port/path`

// Natively only; `examples/web` is for the browser.
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
