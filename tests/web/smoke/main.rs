//! The most important rules in a page, against a real server.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`. With that in another terminal,
//! `wasm-pack test --headless --chrome` or `--firefox` runs all tests for browsers, and `--test web_smoke` only these.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

#[path = "../support/blobs.rs"]
mod blobs;
mod closing;
mod life;
mod liveness;
mod log;
mod page;
mod page_events;
mod receiving;
mod reconnecting;
mod sending;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use homing::{Builder, Reconnect, WebSocket};
use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The URL of a script of the test server.
fn url(path: &str) -> String {
    format!("ws://127.0.0.1:7410{path}")
}

/// A client that connects to a script of the test server and never reconnects.
fn once(path: &str) -> Builder {
    WebSocket::builder(url(path)).reconnect(Reconnect::never())
}
