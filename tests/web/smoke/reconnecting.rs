//! Attempts: how they fail, and what follows.

use std::cell::Cell;
use std::rc::Rc;

use homing::{EndReason, ErrorKind, Reconnect, WebSocket};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::log::Log;
use crate::support::sleep;
use crate::{ms, once, url};

#[wasm_bindgen_test]
async fn s07_reconnects_after_a_lost_connection() {
    let log = Log::default();
    let ws = log.of(WebSocket::builder(url("/drop?after=1")).reconnect(Reconnect::fixed(ms(20)))).connect().unwrap();
    for round in 1..=3 {
        log.until(round, "open").await;
        ws.send("drop me").unwrap();
    }
    log.until(4, "open").await;
    let lines = log.lines();
    assert_eq!(lines[..4], ["open", "error Opaque 3", r#"close 1006 "" false Failure"#, "open"]);
    ws.abort();
    assert_eq!(ws.closed().await.reason, EndReason::Closed);
    sleep(100).await;
    assert_eq!(log.count("open"), 4);
}

#[wasm_bindgen_test]
async fn s08b_provider_is_called_for_every_attempt() {
    let asked = Rc::new(Cell::new(0));
    let count = asked.clone();
    let log = Log::default();
    let builder = WebSocket::builder("/").reconnect(Reconnect::fixed(ms(10))).request_provider(move || {
        count.set(count.get() + 1);
        let round = count.get();
        async move {
            sleep(20).await;
            match round {
                1 => Err("no token".into()),
                2 => Ok(homing::Request::new("ftp://secret")),
                _ => Ok(homing::Request::new(url("/echo"))),
            }
        }
    });
    let ws = log.of(builder).connect().unwrap();
    log.until(1, "open").await;
    assert_eq!(log.count("error Provider 1"), 2);
    assert_eq!(asked.get(), 3);
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s08d_open_timeout_fails_the_attempt() {
    let log = Log::default();
    let ws = log.of(once("/stall").open_timeout(ms(100))).connect().unwrap();
    ws.closed().await;
    assert_eq!(log.lines(), ["error OpenTimeout 1", r#"close 1006 "" false Failure"#, "end Exhausted"]);
}

#[wasm_bindgen_test]
async fn s23_refused_connection_reports_opaque_then_1006() {
    let log = Log::default();
    let builder = WebSocket::builder("ws://127.0.0.1:9/?token=secret").reconnect(Reconnect::never());
    let ws = log.of(builder).connect().unwrap();
    let end = ws.closed().await;
    assert_eq!(log.lines(), ["error Opaque 1", r#"close 1006 "" false Failure"#, "end Exhausted"]);
    let error = end.error.unwrap();
    assert_eq!(*error.kind(), ErrorKind::Opaque);
    let shown = error.to_string();
    assert!(shown.contains("ws://127.0.0.1:9/") && !shown.contains("secret"), "{shown}");
}
