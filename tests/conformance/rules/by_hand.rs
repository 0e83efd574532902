//! Manual reconnects (S8a), request providers (S8b) and the open timeout (S8d).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use homing::{Builder, EndReason, ErrorKind, Event, ProviderError, Reconnect, Request, State, WebSocket};

use super::*;

/// A client whose attempts use these paths one after the other. Further attempts use the last one.
fn with_paths(env: &Env, paths: &'static [&'static str]) -> Builder {
    let (theirs, next) = (env.clone(), AtomicUsize::new(0));
    env.client(paths[0]).request_provider(move || {
        let url = theirs.url(paths[next.fetch_add(1, Ordering::Relaxed).min(paths.len() - 1)]);
        async move { Ok(Request::new(url)) }
    })
}

pub async fn s08a_reconnect_while_open_closes_with_1000(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.reconnect();
    log.opened(2).await;
    assert_eq!(log.summary(), "open, close 1000, open");
    assert_eq!(log.closed(1).await.retry_in, Some(ms(0)));
    // The old connection was closed and its end was received: nothing leaks.
    let of_first = |seen: &[Wire]| seen.iter().filter(|wire| matches!(wire, Wire::Gone)).count() == 1;
    env.server().wait_for(of_first).await;
    let journal = env.server().journal().await;
    let first: Vec<_> = journal.into_iter().filter(|(connection, ..)| *connection == 1).map(|(.., it)| it).collect();
    assert_eq!(first[2..], [Wire::Close(Some(1000), "".into()), Wire::Gone]);
}

pub async fn s08a_reconnect_while_connecting(env: Env) {
    let log = env.log();
    let ws = with_paths(&env, &["/stall", "/echo"]).handler(log.handler()).connect().unwrap();
    env.server().wait_for_requests(1).await;
    ws.reconnect();
    log.opened(1).await;
    assert_eq!(log.summary(), "close 1006, open");
    env.server().wait_for_gone().await;
}

pub async fn s08a_reconnect_while_waiting(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().cut_all().await;
    assert_eq!(log.closed(1).await.retry_in, Some(NEVER));
    ws.reconnect();
    log.opened(2).await;
    assert_eq!(log.summary(), "open, error, close 1006, open");
}

pub async fn s08a_reconnect_after_replaces_the_delay(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    let before = env.now();
    ws.reconnect_after(ms(100));
    assert_eq!(log.closed(1).await.retry_in, Some(ms(100)));
    log.opened(2).await;
    assert!(env.now() - before >= ms(100));
    env.server().cut_all().await;
    log.closed(2).await;
    let before = env.now();
    ws.reconnect_after(NEVER);
    ws.reconnect_after(ms(100));
    log.opened(3).await;
    assert!(env.now() - before >= ms(100));

    // A longer delay replaces a shorter one as well.
    let log = env.log().greet_on_open();
    let builder = env.client("/drop?after=1").reconnect(Reconnect::fixed(ms(500)));
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.closed(1).await;
    ws.reconnect_after(NEVER);
    env.sleep(ms(700)).await;
    assert_eq!((log.summary().as_str(), ws.state()), ("open, error, close 1006", State::Waiting));
}

pub async fn s08a_close_overrides_reconnect(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.reconnect();
    ws.close(4000, "").unwrap();
    let end = log.ended(1).await;
    assert_eq!((end.reason, end.close.and_then(|close| close.retry_in)), (EndReason::Closed, None));
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 1000, end");
}

pub async fn s08a_reconnect_while_closing(env: Env) {
    let log = env.log();
    let builder = env.retry_in_an_hour("/close?never=1").close_timeout(ms(100));
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.close(4000, "").unwrap();
    assert_eq!(ws.state(), State::Closing);
    ws.reconnect();
    log.opened(2).await;
    assert_eq!(log.summary(), "open, close 1006, open");
}

pub async fn s08a_reconnect_while_closed(env: Env) {
    let log = env.log().greet_on_open();
    let policy = Reconnect::fixed(ms(10)).max_attempts(1);
    let ws = env.client("/drop?after=1").reconnect(policy).handler(log.handler()).connect().unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Exhausted);
    ws.reconnect();
    // The count of attempts starts over: two more attempts.
    log.ended(2).await;
    let life = "open, error, close 1006, open, error, close 1006, end";
    assert_eq!(log.summary(), format!("{life}, {life}"));
}

pub async fn s08a_reconnect_in_on_close_overrides_the_policy(env: Env) {
    let policies = [("waiting", env.client("/close?code=4000")), ("stopping", env.client("/close?code=1008"))];
    for (choice, builder) in policies {
        let (log, before) = (env.log(), env.now());
        let then = |ws: &WebSocket, event: &Event| {
            if matches!(event, Event::Close(_)) {
                ws.reconnect_after(ms(200));
            }
        };
        let _ws = builder.handler(log.then(then)).connect().unwrap();
        log.opened(3).await;
        let summary = log.summary();
        // The server closes the third connection as well.
        let until_third = summary.split("open").take(3);
        assert_eq!(until_third.map(|part| part.matches("close").count()).sum::<usize>(), 2, "{choice}: {summary}");
        assert!(env.now() - before >= ms(400), "{choice}");
    }
}

pub async fn s08a_cancel_reconnect_ends_a_waiting_client(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.cancel_reconnect();
    env.server().cut_all().await;
    assert_eq!(log.closed(1).await.retry_in, Some(NEVER));
    ws.cancel_reconnect();
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!((log.summary().as_str(), ws.state()), ("open, error, close 1006, end", State::Closed));
}

pub async fn s08a_cancel_reconnect_cancels_reconnect(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.reconnect();
    ws.cancel_reconnect();
    log.ended(1).await;
    ws.reconnect_after(ms(50));
    ws.cancel_reconnect();
    log.ended(2).await;
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 1000, end, end");
}

pub async fn s08a_repeated_reconnects_leave_no_connection(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    for attempt in 1..=20 {
        log.opened(attempt).await;
        ws.reconnect();
    }
    log.opened(21).await;
    let count = |seen: &[Wire], wanted: &Wire| seen.iter().filter(|wire| *wire == wanted).count();
    let seen = env.server().wait_for(|seen| count(seen, &Wire::Gone) == 20).await;
    assert_eq!((count(&seen, &Wire::Accepted), count(&seen, &Wire::Close(Some(1000), "".into()))), (21, 20));
}

pub async fn s08b_provider_is_called_for_every_attempt(env: Env) {
    let log = env.log().greet_on_open();
    let builder = with_paths(&env, &["/drop?after=1&token=1", "/drop?after=1&token=2", "/echo?token=3"]);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(3).await;
    let paths = env.server().wait_for_requests(3).await;
    for (number, path) in (1..).zip(paths) {
        assert!(path.contains(&format!("token={number}")), "{path}");
    }
}

pub async fn s08b_provider_sets_subprotocols(env: Env) {
    let (log, url) = (env.log(), env.url("/protocol"));
    let provider = move || {
        let request = Request::new(url.clone()).protocol("chat.v2").protocol("chat.v1");
        async { Ok(request) }
    };
    let builder = env.once("/echo").protocol("unused").request_provider(provider);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.opened(1).await.protocol.as_deref(), Some("chat.v2"));
}

pub async fn s08b_provider_failure_fails_the_attempt(env: Env) {
    let (log, url) = (env.log(), env.url("/echo"));
    let mut asked = 0;
    let provider = move || {
        asked += 1;
        let answer = if asked < 3 { Err(ProviderError::from("no token today")) } else { Ok(Request::new(url.clone())) };
        async { answer }
    };
    let _ws = env.client("/echo").request_provider(provider).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    assert_eq!(log.summary(), "error, close 1006, error, close 1006, open");
    let error = log.failed(1).await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Provider, 1));
    assert!(error.to_string().contains("no token today"), "{error}");
}

pub async fn s08b_slow_provider_times_out(env: Env) {
    let (log, url, first) = (env.log(), env.url("/echo"), Arc::new(Mutex::new(true)));
    let provider = move || {
        let (url, first) = (url.clone(), std::mem::take(&mut *first.lock().unwrap()));
        async move {
            if first {
                std::future::pending::<()>().await;
            }
            Ok(Request::new(url))
        }
    };
    let builder = env.client("/echo").open_timeout(ms(100)).request_provider(provider);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::OpenTimeout);
    assert!(env.now() >= ms(100));
    log.opened(1).await;
}

pub async fn s08b_invalid_url_of_a_provider_fails_the_attempt(env: Env) {
    let log = env.log();
    let provider = || async { Ok(Request::new("nonsense://somewhere")) };
    let _ws = env.client("/echo").request_provider(provider).handler(log.handler()).connect().unwrap();
    assert_eq!(log.failed(2).await.kind(), &ErrorKind::Provider);
    assert!(log.summary().starts_with("error, close 1006, error"), "{}", log.summary());
}

pub async fn s08d_stalled_attempt_times_out_and_is_retried(env: Env) {
    let log = env.log();
    let builder = with_paths(&env, &["/stall", "/echo"]).open_timeout(ms(400));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    let error = log.failed(1).await;
    assert!(env.now() >= ms(400));
    assert_eq!((error.kind(), error.code(), error.is_timeout()), (&ErrorKind::OpenTimeout, 1, true));
    log.opened(1).await;
    // A busy machine can need more than one attempt.
    let summary = log.summary();
    assert!(summary.starts_with("error, close 1006, ") && summary.ends_with(", open"), "{summary}");
    // The stalled connection is closed.
    env.server().wait_for_gone().await;
}

pub async fn s08d_open_timeout_covers_the_whole_handshake(env: Env) {
    let log = env.log();
    // A response of more than 1,000 bytes, one every 20 ms. Each byte arrives in time, the whole response does not.
    let path = format!("/slow?ms=20&header=X-Long:{}", "x".repeat(1000));
    let builder = env.retry_in_an_hour(&path).open_timeout(ms(300));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::OpenTimeout);
    assert!(env.now() >= ms(300));
    assert_eq!(log.closed(1).await.retry_in, Some(NEVER));
    // The connection is closed at once, not when the next attempt begins.
    env.server().wait_for_gone().await;
}
