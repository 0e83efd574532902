//! Closing (S9 to S12).

use homing::{CloseError, CloseEvent, EndReason, Event, Initiator, State, WebSocket};

use super::*;

/// The fields of a close event without `retry_in`.
pub fn fields(event: &CloseEvent) -> (u16, &str, bool, Initiator) {
    (event.code.get(), &event.reason, event.clean, event.initiator)
}

pub async fn s09_invalid_codes_and_reasons_fail_at_the_call(env: Env) {
    let log = env.log();
    let ws = env.once("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    for code in [0, 999, 1001, 1002, 1004, 1005, 1006, 1009, 1015, 2999, 5000, u16::MAX] {
        assert_eq!(ws.close(code, ""), Err(CloseError::Code(code)));
    }
    // The limit is in bytes, not in characters.
    assert_eq!(ws.close(1000, "é".repeat(62)), Err(CloseError::Reason(124)));
    assert_eq!(ws.state(), State::Open);
    ws.send("still open").unwrap();
    log.messages(1).await;
}

pub async fn s09_codes_and_reasons_at_the_limits_are_accepted(env: Env) {
    for code in [1000, 3000, 4999] {
        let (log, reason) = (env.log(), "é".repeat(61) + "!");
        let ws = env.once("/count").handler(log.handler()).connect().unwrap();
        log.opened(1).await;
        ws.close(code, reason.clone()).unwrap();
        let wanted = Wire::Close(Some(code), reason);
        env.server().wait_for(|seen| seen.contains(&wanted)).await;
        assert_eq!(fields(&log.closed(1).await), (code, "", true, Initiator::Local));
    }
}

pub async fn s10_queue_is_sent_before_the_close_frame(env: Env) {
    let log = env.log();
    let ws = env.client("/count").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    let sent: Vec<_> = (0..500).map(|number| format!("{number} {}", "x".repeat(1000))).collect();
    for text in &sent {
        ws.send(text.clone()).unwrap();
    }
    ws.close(4000, "bye").unwrap();
    assert_eq!(log.ended(1).await.unsent, 0);
    let seen = env.server().seen().await;
    assert_eq!(texts(&seen), sent);
    assert_eq!(seen[sent.len() + 2], Wire::Close(Some(4000), "bye".into()));
}

pub async fn s10_close_timeout_drops_the_connection(env: Env) {
    // One server reads but does not answer, the other does not even read.
    for path in ["/close?never=1", "/silent"] {
        let log = env.log();
        let ws = env.client(path).close_timeout(ms(200)).handler(log.handler()).connect().unwrap();
        log.opened(1).await;
        let before = env.now();
        ws.close(1000, "").unwrap();
        let end = log.ended(1).await;
        assert!(env.now() - before >= ms(200), "{path}");
        assert_eq!(fields(&log.closed(1).await), (1006, "", false, Initiator::Local), "{path}");
        assert_eq!((end.reason, log.summary().as_str()), (EndReason::Closed, "open, close 1006, end"), "{path}");
    }
}

pub async fn s10_close_of_the_peer_is_echoed(env: Env) {
    let log = env.log();
    let _ws = env.once("/close?code=4001&reason=bye").handler(log.handler()).connect().unwrap();
    log.closed(1).await;
    assert_eq!(env.server().wait_for_close().await.0, Some(4001));
}

pub async fn s10_close_of_the_peer_without_a_code(env: Env) {
    let log = env.log();
    let _ws = env.once("/close").handler(log.handler()).connect().unwrap();
    assert_eq!(fields(&log.closed(1).await), (1005, "", true, Initiator::Remote));
    let (code, reason) = env.server().wait_for_close().await;
    // WebKit answers with 1000.
    assert!(code.is_none() || !env.has_own_protocol(), "{code:?}");
    assert_eq!(reason, "");
}

pub async fn s10_abort_sends_a_close_frame_only_in_browsers(env: Env) {
    let log = env.log();
    let ws = env.once("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.abort();
    let seen = env.server().wait_for(|seen| seen.iter().any(|wire| matches!(wire, Wire::Close(..) | Wire::Gone))).await;
    let code = seen.iter().find_map(|wire| if let Wire::Close(code, _) = wire { Some(*code) } else { None });
    assert_eq!(code, (!env.has_own_protocol()).then_some(Some(1000)));
}

pub async fn s10_first_close_wins(env: Env) {
    let log = env.log();
    let ws = env.client("/count").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.close(4001, "first").unwrap();
    ws.close(4002, "second").unwrap();
    log.ended(1).await;
    ws.close(4003, "third").unwrap();
    assert_eq!(env.server().wait_for_close().await, (Some(4001), "first".into()));
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 4001, end");
}

pub async fn s11_close_while_connecting_abandons_the_attempt(env: Env) {
    let log = env.log();
    let ws = env.client("/stall").handler(log.handler()).connect().unwrap();
    env.server().wait_for_requests(1).await;
    assert_eq!(ws.state(), State::Connecting);
    ws.close(4000, "never mind").unwrap();
    let end = log.ended(1).await;
    assert_eq!((log.summary().as_str(), end.reason), ("close 1006, end", EndReason::Closed));
    let close = log.closed(1).await;
    assert_eq!((fields(&close), close.retry_in), ((1006, "", false, Initiator::Local), None));
    env.server().wait_for_gone().await;
}

pub async fn s11_close_while_waiting_only_ends(env: Env) {
    let log = env.log().greet_on_open();
    let ws = env
        .client("/drop?after=1")
        .reconnect(homing::Reconnect::fixed(ms(1000)))
        .handler(log.handler())
        .connect()
        .unwrap();
    log.closed(1).await;
    assert_eq!(ws.state(), State::Waiting);
    ws.close(1000, "").unwrap();
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    env.sleep(ms(1200)).await;
    assert_eq!(log.summary(), "open, error, close 1006, end");
}

pub async fn s12_close_event_of_a_close_by_the_peer(env: Env) {
    let log = env.log();
    let _ws = env.retry_in_an_hour("/close?code=4001&reason=good%20bye").handler(log.handler()).connect().unwrap();
    let close = log.closed(1).await;
    assert_eq!(fields(&close), (4001, "good bye", true, Initiator::Remote));
    assert_eq!(close.retry_in, Some(NEVER));
}

pub async fn s12_close_event_of_a_local_close(env: Env) {
    type Leave = fn(&WebSocket);
    let cases: [(Leave, u16); 3] =
        [(|ws| ws.close(4000, "x").unwrap(), 4000), (WebSocket::reconnect, 1000), (WebSocket::abort, 1006)];
    for (leave, code) in cases {
        let log = env.log();
        let mut left = false;
        let then = move |ws: &WebSocket, event: &Event| {
            if matches!(event, Event::Open(_)) && !std::mem::replace(&mut left, true) {
                leave(ws);
            }
        };
        let _ws = env.client("/echo").handler(log.then(then)).connect().unwrap();
        assert_eq!(fields(&log.closed(1).await), (code, "", code != 1006, Initiator::Local));
    }
}

pub async fn s12_close_event_of_a_failure(env: Env) {
    let log = env.log().greet_on_open();
    let _ws = env.retry_in_an_hour("/drop?after=1").handler(log.handler()).connect().unwrap();
    let close = log.closed(1).await;
    assert_eq!(fields(&close), (1006, "", false, Initiator::Failure));
    assert_eq!(close.retry_in, Some(NEVER));
}

pub async fn s12_close_event_of_a_refused_connection(env: Env) {
    let log = env.log();
    env.server().stop().await;
    let _ws = env.once("/echo").handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    assert_eq!(log.summary(), "error, close 1006, end");
    assert_eq!(fields(&log.closed(1).await), (1006, "", false, Initiator::Failure));
}

pub async fn s10_close_while_messages_arrive(env: Env) {
    let log = env.log();
    let then = |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Message(_)) {
            ws.close(4000, "").unwrap();
        }
    };
    // The server reads the Close frame after it has written everything, for which the client has to keep reading.
    let builder = env.once("/flood?n=1000&size=32768&binary=1").close_timeout(NEVER);
    let _ws = builder.handler(log.then(then)).connect().unwrap();
    log.ended(1).await;
    assert_eq!(fields(&log.closed(1).await), (4000, "", true, Initiator::Local));
    assert_eq!(log.events().iter().filter(|event| matches!(event, Event::Message(_))).count(), 1);
}
