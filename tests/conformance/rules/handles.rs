//! Handles, and what keeps a client alive (S6).

use futures::StreamExt as _;
use homing::{EndReason, Event, WeakWebSocket, WebSocket};

use super::*;

pub async fn s06_dropping_the_last_handle_closes_gracefully(env: Env) {
    let log = env.log();
    let ws = env.client("/count").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.send("last words").unwrap();
    drop(ws);
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!(log.summary(), "open, close 1000, end");
    let seen = env.server().seen().await;
    assert_eq!(&seen[2..4], [Wire::Text("last words".into()), Wire::Close(Some(1000), "".into())]);
}

pub async fn s06_clone_keeps_the_client_alive(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    let clone = ws.clone();
    log.opened(1).await;
    drop(ws);
    env.sleep(A_WHILE).await;
    clone.send("alive").unwrap();
    log.messages(1).await;
    assert_eq!(log.summary(), "open, alive");
}

pub async fn s06_futures_do_not_keep_the_client_alive(env: Env) {
    let ws = env.client("/echo").connect().unwrap();
    let (closed, ready, flush) = (ws.closed(), ws.ready(), ws.flush());
    drop(ws);
    assert_eq!(env.soon("the end", closed).await.reason, EndReason::Closed);
    env.soon("ready", ready).await;
    env.soon("flush", flush).await.unwrap();
}

pub async fn s06_detached_client_keeps_running(env: Env) {
    let log = env.log();
    let ws = env.client("/numbered?n=3").handler(log.handler()).connect().unwrap();
    ws.detach();
    drop(ws);
    log.messages(3).await;
    env.server().cut_all().await;
    log.messages(6).await;
    assert_eq!(log.summary(), "open, 0, 1, 2, error, close 1006, open, 0, 1, 2");
}

/// Dropping the handle of a client that has ended requests nothing, but must free it: nothing can restart it.
pub async fn s06_detached_client_is_freed_after_its_end(env: Env) {
    let (ws, mut events) = env.once("/close?code=4001").connect_stream().unwrap();
    ws.detach();
    let to_the_end = async { while !matches!(events.next().await, Some(Event::End(_)) | None) {} };
    env.soon("the end", to_the_end).await;
    // The client sleeps by now.
    env.sleep(A_WHILE).await;
    drop(ws);
    assert_eq!(env.soon("the end of the stream", events.next()).await, None);
}

pub async fn s06_handles_are_send_and_sync(env: Env) {
    fn check<T: Clone + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let ws = check(env.client("/echo").connect().unwrap());
    env.soon("flush", check(ws.flush())).await.unwrap();
    env.soon("ready", check(ws.ready())).await;
}

pub async fn s06_dropping_the_last_handle_before_open_ends_the_client(env: Env) {
    let log = env.log();
    drop(env.client("/stall").handler(log.handler()).connect().unwrap());
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!(log.summary(), "close 1006, end");
    let log = env.log();
    let ws = env.retry_in_an_hour("/http?status=503").handler(log.handler()).connect().unwrap();
    log.closed(1).await;
    drop(ws);
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!(log.summary(), "error, close 1006, end");
}

pub async fn s06_callbacks_cannot_revive_a_dropped_client(env: Env) {
    let log = env.log();
    // A handler that always reconnects.
    let then = |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Close(_) | Event::End(_)) {
            ws.reconnect();
        }
    };
    let ws = env.client("/echo").handler(log.then(then)).connect().unwrap();
    log.opened(1).await;
    env.server().cut_all().await;
    log.opened(2).await;
    drop(ws);
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, error, close 1006, open, close 1000, end");
}

pub async fn s06_stream_keeps_the_client_alive(env: Env) {
    let (_, mut events) = env.once("/early?n=3").connect_stream().unwrap();
    let mut received = Vec::new();
    let mut closed = false;
    while let Some(event) = env.soon("an event", events.next()).await {
        received.push(event);
        if received.iter().filter(|event| matches!(event, Event::Message(_))).count() == 3 && !closed {
            closed = true;
            env.server().close_all(4000, "").await;
        }
    }
    received.retain(|event| !matches!(event, Event::Connect));
    assert!(matches!(&received[4..], [Event::Close(_), Event::End(_)]), "{received:?}");
}

pub async fn s06_client_without_handle_and_stream_closes(env: Env) {
    let (ws, mut events) = env.once("/echo").connect_stream().unwrap();
    ws.send("hello").unwrap();
    drop(ws);
    while !matches!(env.soon("an event", events.next()).await, Some(Event::Message(_))) {}
    drop(events);
    assert_eq!(env.server().wait_for_close().await.0, Some(1000));
}

pub async fn s06_weak_handle_does_not_keep_the_client_alive(env: Env) {
    let log = env.log();
    let slot = std::sync::Arc::new(std::sync::Mutex::new(None::<WeakWebSocket>));
    let theirs = slot.clone();
    let echo = move |_: &WebSocket, event: &Event| {
        if let Event::Open(_) = event {
            let weak = theirs.lock().unwrap().clone().expect("connected by then");
            weak.upgrade().expect("it has a handle").send("from a weak handle").unwrap();
        }
    };
    let ws = env.client("/echo").handler(log.then(echo)).connect().unwrap();
    *slot.lock().unwrap() = Some(ws.downgrade());
    log.messages(1).await;
    let weak = ws.downgrade();
    drop(ws);
    assert!(weak.upgrade().is_none(), "it is closing");
    log.ended(1).await;
    assert_eq!(log.summary(), "open, from a weak handle, close 1000, end");
}
