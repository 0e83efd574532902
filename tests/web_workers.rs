//! Where there are workers, which is in pages and in workers: the one that keeps the heartbeat of a page in the
//! background, and what all of them are told of the network.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

use std::time::Duration;

use futures::StreamExt as _;
use homing::web::BuilderExt;
use homing::{Event, Heartbeat, Reconnect, State, WebSocket};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(inline_js = r#"
    const { setTimeout } = globalThis;
    export function throttle(on) {
        const slow = (callback, millis) => setTimeout(callback, Math.max(millis, 60000));
        globalThis.setTimeout = on ? slow : setTimeout;
    }
    export function after(millis) {
        return new Promise((resolve) => setTimeout(resolve, millis));
    }
    export function network_is_back() {
        globalThis.dispatchEvent(new Event("online"));
    }
"#)]
extern "C" {
    /// Lets the timers be as slow as those of a page that has long been in the background.
    fn throttle(on: bool);
    /// Is not throttled.
    fn after(millis: i32) -> Promise;
    fn network_is_back();
}

/// So many beats where timers are throttled, within 600 ms, or within ten seconds if `enough` are to be waited for.
async fn beats(in_worker: bool, enough: Option<u64>) -> u64 {
    let heartbeat = Heartbeat::message(Duration::from_millis(30), Duration::from_secs(5), "beat");
    let builder = WebSocket::builder("ws://127.0.0.1:7410/echo").reconnect(Reconnect::never()).heartbeat(heartbeat);
    let builder = builder.heartbeat_reply(|message| message.as_text() == Some("beat"));
    throttle(true);
    let (ws, mut events) = builder.heartbeat_in_worker(in_worker).connect_stream().unwrap();
    let first = events.next().await;
    let looks = if enough.is_some() { 100 } else { 6 };
    for _ in 0..looks {
        JsFuture::from(after(100)).await.unwrap();
        if enough.is_some_and(|enough| ws.stats().heartbeats >= enough) {
            break;
        }
    }
    throttle(false);
    assert!(matches!(first, Some(Event::Open(_))), "{first:?}");
    let beats = ws.stats().heartbeats;
    ws.abort();
    beats
}

#[wasm_bindgen_test]
async fn s19_a_throttled_page_keeps_its_beat() {
    assert_eq!(beats(false, None).await, 0);
    let beats = beats(true, Some(4)).await;
    assert!(beats >= 4, "{beats}");
}

#[wasm_bindgen_test]
async fn s08c_the_network_is_back() {
    let never = Reconnect::fixed(Duration::from_secs(3600));
    let builder = WebSocket::builder("ws://127.0.0.1:7410/drop").reconnect(never);
    let (ws, mut events) = builder.connect_stream().unwrap();
    while !matches!(events.next().await, Some(Event::Close(_))) {}
    assert_eq!((ws.state(), ws.stats().attempts), (State::Waiting, 1));
    network_is_back();
    while !matches!(events.next().await, Some(Event::Open(_))) {}
    assert_eq!(ws.stats().attempts, 2);
    ws.abort();
}
