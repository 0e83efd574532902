//! Events of the page and of the network.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use homing::{EndReason, Heartbeat, Reconnect, State, WebSocket};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::log::Log;
use crate::page_events::{DomEvent, dispatch_at_document, dispatch_event, dispatch_persisted};
use crate::support::{sleep, until};
use crate::{ms, once, url};

#[wasm_bindgen_test]
async fn s08c_page_in_the_cache_has_no_connection() {
    let log = Log::default();
    let ws = log.of(WebSocket::builder(url("/echo")).reconnect(Reconnect::fixed(ms(10)))).connect().unwrap();
    log.until(1, "open").await;
    dispatch_persisted("pagehide");
    assert_eq!(log.lines(), ["open", r#"close 1006 "" false Local"#]);
    sleep(150).await;
    assert_eq!(ws.state(), State::Waiting);
    dispatch_persisted("pageshow");
    log.until(2, "open").await;
}

#[wasm_bindgen_test]
async fn s08c_client_without_reconnects_ends_on_pagehide() {
    let log = Log::default();
    let ws = log.of(once("/echo")).connect().unwrap();
    log.until(1, "open").await;
    dispatch_persisted("pagehide");
    dispatch_persisted("pageshow");
    assert_eq!(ws.closed().await.reason, EndReason::Exhausted);
    assert_eq!(log.lines(), ["open", r#"close 1006 "" false Local"#, "end Exhausted"]);
}

/// As a library does that creates a new client whenever one has ended.
#[wasm_bindgen_test]
async fn s08c_client_that_is_created_when_the_page_hides_is_not_told_so() {
    let (log, second) = (Log::default(), Log::default());
    let made = Rc::new(RefCell::new(Vec::new()));
    let (more, of_second) = (made.clone(), second.clone());
    let ws = log.of(once("/echo")).on_end(move |_, _| {
        let builder = of_second.of(once("/echo"));
        more.borrow_mut().push(builder.connect().unwrap());
    });
    let _ws = ws.connect().unwrap();
    log.until(1, "open").await;
    dispatch_persisted("pagehide");
    dispatch_persisted("pageshow");
    second.until(1, "open").await;
    assert_eq!((made.borrow().len(), second.lines()), (1, vec!["open".to_owned()]));
}

/// Dispatches the event of the network that returned, or of the page that became visible.
const RETURNS: [fn(); 2] = [
    || {
        dispatch_event(&DomEvent::new("online"));
    },
    || {
        dispatch_at_document(&DomEvent::new("visibilitychange"));
    },
];

#[wasm_bindgen_test]
async fn s08c_online_or_visible_makes_a_waiting_client_dial() {
    for returns in RETURNS {
        let log = Log::default();
        let builder = WebSocket::builder(url("/drop?after=1")).reconnect(Reconnect::fixed(Duration::from_secs(3600)));
        let ws = log.of(builder).connect().unwrap();
        ws.send("drop me").unwrap();
        log.until(1, r#"close 1006 "" false Failure"#).await;
        returns();
        log.until(2, "open").await;
        ws.abort();
    }
}

#[wasm_bindgen_test]
async fn s08c_online_or_visible_probes_an_open_client() {
    for returns in RETURNS {
        let log = Log::default();
        let heartbeat = Heartbeat::message(Duration::from_secs(3600), Duration::from_secs(30), "beat");
        let ws = log.of(once("/echo").heartbeat(heartbeat)).connect().unwrap();
        log.until(1, "open").await;
        assert_eq!(ws.stats().heartbeats, 0);
        returns();
        until("a heartbeat", || ws.stats().heartbeats == 1).await;
        ws.abort();
    }
}
