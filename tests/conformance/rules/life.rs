//! Configuration, states, order of events and the end (S1 to S4). S5 is in `reentrancy`, S6 in `handles`.

use std::time::Duration;

use homing::{EndReason, Event, Heartbeat, Initiator, Reconnect, State, WebSocket};

use super::*;

pub async fn s01_invalid_options_fail_before_dialling(env: Env) {
    let good = || env.once("/echo");
    let of_url = |url: &str| WebSocket::builder(url).connect();
    let zero = Duration::ZERO;
    let refused = [
        ("url", of_url("ftp://127.0.0.1/")),
        ("url", of_url("ws://")),
        ("url", of_url(&format!("{}#top", env.url("/echo")))),
        ("protocol", good().protocol("two words").connect()),
        ("protocol", good().protocol("").connect()),
        ("protocol", good().protocol("chat").protocol("chat").connect()),
        ("reconnect", good().reconnect(Reconnect::exponential(ms(2), ms(1))).connect()),
        ("reconnect", good().reconnect(Reconnect::fixed(zero)).connect()),
        ("reconnect", good().reconnect(Reconnect::default().jitter(2.0)).connect()),
        ("reconnect", good().reconnect(Reconnect::default().factor(0.5)).connect()),
        ("open_timeout", good().open_timeout(zero).connect()),
        ("close_timeout", good().close_timeout(zero).connect()),
        ("heartbeat", good().heartbeat(Heartbeat::message(zero, ms(1), "beat")).connect()),
        ("heartbeat", good().heartbeat(Heartbeat::message(ms(1), zero, "beat")).connect()),
        ("heartbeat_reply", good().heartbeat(None).heartbeat_reply(|_| true).connect()),
        ("max_send_buffer", good().max_send_buffer(0).connect()),
        ("max_message_size", good().max_message_size(0).connect()),
    ];
    for (number, (option, outcome)) in refused.into_iter().enumerate() {
        let error = outcome.err().unwrap_or_else(|| panic!("{option} (number {number}) was accepted"));
        assert_eq!(error.option, option, "{error}");
    }
    env.sleep(A_WHILE).await;
    assert_eq!(env.server().seen().await, [], "something was dialled");
}

pub async fn s01_http_urls_are_read_as_ws(env: Env) {
    let log = env.log();
    let url = env.url("/echo").replacen("ws", "http", 1);
    let _ws = WebSocket::builder(url).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
}

pub async fn s01_handler_closures_and_stream_are_mutually_exclusive(env: Env) {
    let log = env.log();
    let both = env.once("/echo").handler(log.handler()).on_open(|_, _| {}).connect();
    assert_eq!(both.expect_err("a handler and closures").option, "handler");
    let both = env.once("/echo").on_open(|_, _| {}).connect_stream();
    assert_eq!(both.expect_err("a stream and closures").option, "connect_stream");
    let both = env.once("/echo").handler(log.handler()).connect_stream();
    assert_eq!(both.expect_err("a stream and a handler").option, "connect_stream");
}

pub async fn s02_state_in_each_phase(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/close?never=1").close_timeout(ms(100)).handler(log.handler()).connect().unwrap();
    assert_eq!(ws.state(), State::Connecting);
    log.opened(1).await;
    assert_eq!(ws.state(), State::Open);
    env.server().cut_all().await;
    log.closed(1).await;
    assert_eq!(ws.state(), State::Waiting);
    ws.reconnect();
    log.opened(2).await;
    ws.close(1000, "").unwrap();
    assert_eq!(ws.state(), State::Closing);
    log.ended(1).await;
    assert_eq!(ws.state(), State::Closed);
}

pub async fn s03_callbacks_of_an_attempt_are_in_order(env: Env) {
    let log = env.log();
    let ws = env.once("/echo").handler(log.handler()).connect().unwrap();
    ws.send("one").unwrap();
    ws.send("two").unwrap();
    log.messages(2).await;
    ws.close(1000, "").unwrap();
    log.ended(1).await;
    assert_eq!(log.summary(), "open, one, two, close 1000, end");
}

pub async fn s03_failure_before_open_reports_error_then_close(env: Env) {
    let log = env.log();
    let _ws = env.once("/http?status=503").handler(log.handler()).connect().unwrap();
    let end = log.ended(1).await;
    assert_eq!(log.summary(), "error, close 1006, end");
    let close = log.closed(1).await;
    assert_eq!((close.clean, close.initiator, close.retry_in), (false, Initiator::Failure, None));
    assert_eq!((end.error, end.close), (Some(log.failed(1).await), Some(close)));
}

pub async fn s03_failure_after_open_reports_error_then_close(env: Env) {
    for path in ["/drop?after=1", "/rst?after=1"] {
        let log = env.log();
        let ws = env.once(path).handler(log.handler()).connect().unwrap();
        ws.send("go").unwrap();
        let end = log.ended(1).await;
        assert_eq!(log.summary(), "open, error, close 1006, end", "{path}");
        let close = log.closed(1).await;
        assert_eq!((close.clean, close.initiator), (false, Initiator::Failure), "{path}");
        assert_eq!(end.reason, EndReason::Exhausted, "{path}");
    }
}

pub async fn s03_clean_close_reports_no_error(env: Env) {
    let log = env.log();
    let _ws = env.once("/close?code=4001").handler(log.handler()).connect().unwrap();
    let end = log.ended(1).await;
    assert_eq!(log.summary(), "open, close 4001, end");
    assert_eq!(end.error, None);
}

pub async fn s03_no_event_after_on_close(env: Env) {
    let log = env.log();
    let abort = |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Message(_)) {
            ws.abort();
        }
    };
    let _ws = env.client("/text?n=5000&size=2").handler(log.then(abort)).connect().unwrap();
    log.ended(1).await;
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, xx, close 1006, end");
}

pub async fn s03_no_event_of_a_superseded_attempt(env: Env) {
    let log = env.log();
    let mut once = false;
    let restart = move |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Message(message) if message.as_text() == Some("3")) && !once {
            once = true;
            ws.reconnect();
        }
    };
    let _ws = env.client("/numbered?n=1000").handler(log.then(restart)).connect().unwrap();
    log.messages(1004).await;
    let summary = log.summary();
    assert!(summary.starts_with("open, 0, 1, 2, 3, close 1000, open, 0, 1, 2, 3, 4, "), "{summary}");
    assert!(summary.ends_with(", 998, 999"), "{summary}");
}

pub async fn s04_closed_returns_the_same_end_on_every_clone(env: Env) {
    let log = env.log();
    let ws = env.once("/close?code=4001&reason=bye&after=1").handler(log.handler()).connect().unwrap();
    let (clone, early) = (ws.clone(), ws.closed());
    ws.send("go").unwrap();
    let end = env.soon("closed()", early).await;
    assert_eq!(end, log.ended(1).await);
    assert_eq!(end.close.as_ref().map(|close| close.reason.as_str()), Some("bye"));
    assert_eq!(env.soon("on a clone", clone.closed()).await, end);
    assert_eq!(env.soon("late", ws.closed()).await, end);
    assert_eq!(env.soon("twice", ws.closed()).await, end);
}

pub async fn s04_every_end_is_reported_once(env: Env) {
    let log = env.log();
    let ws = env.once("/close?code=4001").handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    let first = env.soon("the first", ws.closed()).await;
    ws.reconnect();
    let again = ws.closed();
    log.ended(2).await;
    assert_eq!(first.close, env.soon("the second", again).await.close);
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 4001, end, open, close 4001, end");
}

pub async fn s04_end_reasons(env: Env) {
    let (once, client) = (env.once("/close?code=4001"), env.client("/close?code=4001"));
    let cases = [
        (once, EndReason::Exhausted),
        (client.retry_if(|_| false), EndReason::Declined),
        (env.client("/close?code=1008"), EndReason::Fatal),
        (env.client("/echo").on_open(|ws, _| ws.close(4000, "").unwrap()), EndReason::Closed),
        (env.client("/echo").on_open(|ws, _| ws.abort()), EndReason::Closed),
    ];
    for (builder, reason) in cases {
        let ws = builder.connect().unwrap();
        assert_eq!(env.soon("the end", ws.closed()).await.reason, reason);
    }
}

pub async fn s02_state_inside_callbacks(env: Env) {
    let (log, states) = (env.log(), std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
    let theirs = states.clone();
    let then = move |ws: &WebSocket, event: &Event| {
        if !matches!(event, Event::Connect | Event::Error(_)) {
            theirs.lock().unwrap().push(ws.state());
        }
    };
    let builder = env.client("/close?code=4000").reconnect(Reconnect::fixed(ms(10)).max_attempts(1));
    let _ws = builder.handler(log.then(then)).connect().unwrap();
    log.ended(1).await;
    assert_eq!(log.summary(), "open, close 4000, open, close 4000, end");
    let expected = [State::Open, State::Waiting, State::Open, State::Closed, State::Closed];
    assert_eq!(*states.lock().unwrap(), expected);
}
