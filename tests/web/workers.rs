//! The worker that keeps the heartbeat of a background page, and events of the network: in pages and in workers.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

mod support;

use std::time::Duration;

use futures::StreamExt as _;
use homing::web::BuilderExt;
use homing::{Event, Events, Heartbeat, Reconnect, State, WebSocket};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use support::until;

#[wasm_bindgen(inline_js = r#"
    const { setTimeout } = globalThis;
    export function throttle(on) {
        const slow = (callback, millis) => setTimeout(callback, Math.max(millis, 60000));
        globalThis.setTimeout = on ? slow : setTimeout;
    }
    export function network_is_back() {
        globalThis.dispatchEvent(new Event("online"));
    }
"#)]
extern "C" {
    /// Makes timers as slow as those of a page that has been in the background for minutes.
    fn throttle(on: bool);
    fn network_is_back();
}

/// Returns an open client with a heartbeat every 30 ms.
async fn client_with_heartbeat(in_worker: bool) -> (WebSocket, Events) {
    let heartbeat = Heartbeat::message(Duration::from_millis(30), Duration::from_secs(5), "beat");
    let builder = WebSocket::builder("ws://127.0.0.1:7410/echo").reconnect(Reconnect::never()).heartbeat(heartbeat);
    let builder = builder.heartbeat_reply(|message| message.as_text() == Some("beat"));
    let (ws, mut events) = builder.heartbeat_in_worker(in_worker).connect_stream().unwrap();
    let first = events.next().await;
    assert!(matches!(first, Some(Event::Open(_))), "{first:?}");
    (ws, events)
}

#[wasm_bindgen_test]
async fn s19_throttled_page_keeps_its_heartbeat() {
    throttle(true);
    let ((without, _events), (with, _more)) = (client_with_heartbeat(false).await, client_with_heartbeat(true).await);
    until("four heartbeats", || with.stats().heartbeats >= 4).await;
    assert_eq!(without.stats().heartbeats, 0);
    throttle(false);
}

#[wasm_bindgen_test]
async fn s08c_online_makes_a_waiting_client_dial() {
    let never = Reconnect::fixed(Duration::from_secs(3600));
    // The server drops the connection after a message, which is sent when the client is open: Firefox does not report the
    // open of a connection that is already gone.
    let builder = WebSocket::builder("ws://127.0.0.1:7410/drop?after=1").reconnect(never);
    let (ws, mut events) = builder.connect_stream().unwrap();
    ws.send("go").unwrap();
    while !matches!(events.next().await, Some(Event::Close(_))) {}
    assert_eq!((ws.state(), ws.stats().attempts), (State::Waiting, 1));
    network_is_back();
    while !matches!(events.next().await, Some(Event::Open(_))) {}
    assert_eq!(ws.stats().attempts, 2);
    ws.abort();
}
