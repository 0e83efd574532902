//! Timers that are late or limited, and pages without workers: in pages, workers and Node.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

mod support;

use std::time::Duration;

use futures::StreamExt as _;
use homing::web::BuilderExt;
use homing::{Event, Events, Heartbeat, Reconnect, State, WebSocket};
use js_sys::Date;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use support::{sleep, until};

const URL: &str = "ws://127.0.0.1:7410";

#[wasm_bindgen(inline_js = r#"
    const { setTimeout } = globalThis;
    let longest = 0;
    export function watch_timers() {
        globalThis.setTimeout = (callback, millis) => {
            longest = Math.max(longest, millis);
            return setTimeout(callback, millis);
        };
    }
    export function longest_timer() {
        globalThis.setTimeout = setTimeout;
        return longest;
    }
    const { Worker } = globalThis, { warn } = console, warnings = [];
    // As if the content security policy forbade workers.
    export function forbid_workers() {
        globalThis.Worker = function () { throw new Error("forbidden"); };
        console.warn = (text) => warnings.push(text);
    }
    export function allow_workers() {
        globalThis.Worker = Worker;
        console.warn = warn;
        return warnings;
    }
"#)]
extern "C" {
    fn watch_timers();
    fn longest_timer() -> f64;
    fn forbid_workers();
    fn allow_workers() -> Vec<String>;
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

async fn opened(events: &mut Events) {
    let first = events.next().await;
    assert!(matches!(first, Some(Event::Open(_))), "{first:?}");
}

/// Blocks the thread, as if the computer slept.
fn block(millis: f64) {
    let end = Date::now() + millis;
    while Date::now() < end {}
}

async fn another_heartbeat(ws: &WebSocket, before: u64) {
    until("another heartbeat", || ws.stats().heartbeats > before).await;
}

#[wasm_bindgen_test]
async fn s18_late_wake_up_does_not_fail_the_attempt() {
    let heartbeat = Heartbeat::message(ms(50), ms(3500), "beat");
    let builder = WebSocket::builder(format!("{URL}/echo")).reconnect(Reconnect::never()).heartbeat(heartbeat);
    let builder = builder.heartbeat_reply(|message| message.as_text() == Some("beat"));
    let (ws, mut events) = builder.connect_stream().unwrap();
    opened(&mut events).await;
    for _ in 0..3 {
        let next = events.next().await;
        assert!(matches!(next, Some(Event::Latency(_))), "{next:?}");
        // Ends just after the next heartbeat was sent, and before its reply can be read.
        sleep(50).await;
        block(4000.0);
        let before = ws.stats().heartbeats;
        another_heartbeat(&ws, before).await;
    }
    assert_eq!(ws.stats().attempts, 1);
    ws.close(1000, "").unwrap();
    // There were no other events than round trips.
    let mut events = events.filter(|event| std::future::ready(!matches!(event, Event::Latency(_))));
    let next = events.next().await;
    assert!(matches!(&next, Some(Event::Close(event)) if event.clean), "{next:?}");
}

/// One warning for all clients that want a worker.
#[wasm_bindgen_test]
async fn s19_without_workers_page_timers_are_used_with_one_warning() {
    forbid_workers();
    for _ in 0..2 {
        let heartbeat = Heartbeat::message(ms(30), ms(60_000), "beat");
        let builder = WebSocket::builder(format!("{URL}/echo")).reconnect(Reconnect::never()).heartbeat(heartbeat);
        let (ws, mut events) = builder.heartbeat_in_worker(true).connect_stream().unwrap();
        opened(&mut events).await;
        another_heartbeat(&ws, 2).await;
        ws.abort();
        ws.closed().await;
    }
    let warnings = allow_workers();
    assert!(warnings.len() == 1 && warnings[0].contains("heartbeat_in_worker"), "{warnings:?}");
}

/// `setTimeout` fires at once if its delay is longer than it supports.
#[wasm_bindgen_test]
async fn s07_timeouts_never_exceed_the_maximum_of_set_timeout() {
    watch_timers();
    let long = Duration::from_secs(60 * 24 * 3600);
    let builder = WebSocket::builder(format!("{URL}/http?status=503")).reconnect(Reconnect::fixed(long));
    let builder = builder.open_timeout(long);
    let (ws, mut events) = builder.connect_stream().unwrap();
    while !matches!(events.next().await, Some(Event::Close(_))) {}
    // Until the timer of the next attempt is set.
    sleep(0).await;
    assert_eq!(longest_timer(), f64::from(i32::MAX));
    assert_eq!((ws.state(), ws.stats().attempts), (State::Waiting, 1));
    ws.abort();
}
