//! Receiving (S21, S22, S22a).

use std::time::Duration;

use futures::StreamExt;
use homing::{EndReason, ErrorKind, Event, Events, Initiator, Message, WebSocket};

use super::*;

/// Sends these frames to a client, which must fail with a protocol error and close with one of the codes.
pub async fn fails_with_a_protocol_error(env: &Env, hex: &str, codes: &[u16]) {
    let log = env.log();
    let before = closes(&env.server().seen().await).len();
    let _ws = env.once(&format!("/raw?hex={hex}")).handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    // Firefox can detect the error before it reports the open.
    let summary = log.summary();
    let summary = if env.has_own_protocol() { summary.as_str() } else { summary.trim_start_matches("open, ") };
    let expected = if env.has_own_protocol() { "open, error, close 1006, end" } else { "error, close 1006, end" };
    assert_eq!(summary, expected, "{hex}");
    assert_eq!(log.failed(1).await.kind(), &env.visible_kind(ErrorKind::Protocol), "{hex}");
    let close = log.closed(1).await;
    assert_eq!((close.clean, close.initiator), (false, Initiator::Failure), "{hex}");
    if env.has_own_protocol() {
        let seen = env.server().wait_for(|seen| closes(seen).len() > before).await;
        let code = closes(&seen)[before];
        assert!(code.is_some_and(|code| codes.contains(&code)), "{hex}: closed with {code:?}");
    }
}

fn closes(seen: &[Wire]) -> Vec<Option<u16>> {
    seen.iter().filter_map(|wire| if let Wire::Close(code, _) = wire { Some(*code) } else { None }).collect()
}

pub async fn s21_message_over_the_limit_fails(env: Env) {
    for kind in ["", "&binary=1"] {
        let log = env.log();
        let path = format!("/text?n=1&size=100{kind}");
        let _ws = env.client(&path).max_message_size(100).handler(log.handler()).connect().unwrap();
        assert_eq!(log.messages(1).await[0].len(), 100, "the limit itself is allowed");
        let log = env.log();
        let _ws = env.retry_in_an_hour(&path).max_message_size(99).handler(log.handler()).connect().unwrap();
        assert_eq!(log.failed(1).await.kind(), &ErrorKind::MessageTooLarge);
        let close = log.closed(1).await;
        assert_eq!((close.clean, close.initiator, close.retry_in), (false, Initiator::Failure, Some(NEVER)));
        assert!(log.summary().starts_with("open, error, close 100"), "{}", log.summary());
    }
}

pub async fn s21_fragmented_message_over_the_limit_fails(env: Env) {
    let log = env.log();
    let _ws = env.once("/fragments").max_message_size(15).handler(log.handler()).connect().unwrap();
    assert_eq!(log.texts(1).await, ["part0part1part2"]);
    let log = env.log();
    let _ws = env.once("/fragments").max_message_size(14).handler(log.handler()).connect().unwrap();
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::MessageTooLarge);
    assert_eq!(log.ended(1).await.reason, EndReason::Exhausted);
    assert!(log.summary().starts_with("open, error, close"), "{}", log.summary());
}

pub async fn s21_invalid_utf8_fails_with_1007(env: Env) {
    // An invalid second byte, an incomplete character, a surrogate, a character beyond U+10FFFF; the last in fragments.
    for hex in ["8102c328", "8101c3", "8103eda080", "8104f4908080", "0101c3,800128"] {
        fails_with_a_protocol_error(&env, hex, &[1007]).await;
    }
    // In the reason of a Close frame. Browsers differ in the code.
    fails_with_a_protocol_error(&env, "880403e8c328", &[1002, 1007]).await;
}

pub async fn s21_utf8_character_may_be_split_across_fragments(env: Env) {
    let log = env.log();
    let _ws = env.once("/raw?hex=0101c3,8001a9").handler(log.handler()).connect().unwrap();
    assert_eq!(log.texts(1).await, ["é"]);
    assert_eq!(log.summary(), "open, é");
}

pub async fn s21_protocol_errors_fail_with_1002(env: Env) {
    let long_ping = format!("897e007e{}", "78".repeat(126));
    let cases = [
        ("a reserved bit", "c10178"),
        ("an unknown data opcode", "830178"),
        ("an unknown control opcode", "8b00"),
        ("a masked frame", "81810000000078"),
        ("a control frame in fragments", "0900"),
        ("a control frame that is too long", &long_ping),
        ("a continuation of nothing", "800178"),
        ("a message inside another", "010178,810178"),
        ("half a close code", "880103"),
    ];
    for (what, hex) in cases {
        // Firefox accepts these.
        if matches!(what, "a masked frame" | "half a close code") && !env.has_own_protocol() {
            continue;
        }
        fails_with_a_protocol_error(&env, hex, &[1002]).await;
    }
}

pub async fn s21_pings_between_fragments_are_answered(env: Env) {
    let log = env.log();
    let _ws = env.once("/fragments?parts=4").handler(log.handler()).connect().unwrap();
    assert_eq!(log.texts(1).await, ["part0part1part2part3"]);
    let pongs = ["between1", "between2", "between3"].map(|text| Wire::Pong(text.into()));
    env.server().wait_for(|seen| pongs.iter().all(|pong| seen.contains(pong))).await;
}

pub async fn s22_pause_stops_delivery_until_resume(env: Env) {
    let log = env.log();
    let pause_at_5 = |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Message(message) if message.as_text() == Some("5")) {
            ws.pause();
        }
    };
    let ws = env.once("/numbered?n=1000").handler(log.then(pause_at_5)).connect().unwrap();
    log.messages(6).await;
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, 0, 1, 2, 3, 4, 5");
    // Sending works while paused.
    ws.send("from a paused client").unwrap();
    env.server().wait_for_texts(1).await;
    ws.resume();
    let texts = log.texts(1001).await;
    let all: Vec<_> = (0..1000).map(|number| number.to_string()).collect();
    assert_eq!((&texts[..1000], texts[1000].as_str()), (&all[..], "from a paused client"));
}

pub async fn s22_pause_lasts_across_reconnects(env: Env) {
    let log = env.log();
    let ws = env.client("/early?n=3").handler(log.handler()).connect().unwrap();
    ws.pause();
    log.opened(1).await;
    ws.reconnect();
    log.opened(2).await;
    env.sleep(A_WHILE).await;
    assert_eq!(log.summary(), "open, close 1000, open");
    ws.resume();
    log.messages(3).await;
    // A paused client can be closed, and ends without delivering more.
    ws.pause();
    ws.close(1000, "").unwrap();
    log.ended(1).await;
    assert_eq!(log.summary(), "open, close 1000, open, 0, 1, 2, close 1000, end");
}

/// Returns the next event, without `Connect`, which browsers do not have.
async fn next(env: &Env, events: &mut Events) -> Option<Event> {
    loop {
        match env.soon("an event", events.next()).await {
            Some(Event::Connect) => {}
            event => return event,
        }
    }
}

pub async fn s22_stream_yields_events_across_reconnects(env: Env) {
    let (ws, mut events) = env.once("/close?code=4001&reason=bye&after=1").connect_stream().unwrap();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))));
    ws.send("go").unwrap();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Close(close)) if close.code == 4001));
    let Some(Event::End(end)) = next(&env, &mut events).await else { panic!("no end") };
    assert_eq!(end, ws.closed().await);
    ws.reconnect();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))), "the stream goes on after reconnect");
    ws.close(1000, "").unwrap();
    drop(ws);
    assert!(matches!(next(&env, &mut events).await, Some(Event::Close(_))));
    assert!(matches!(next(&env, &mut events).await, Some(Event::End(_))));
    assert_eq!(next(&env, &mut events).await, None);
}

pub async fn s22_slow_stream_reader_loses_nothing(env: Env) {
    let (ws, mut events) = env.once("/numbered?n=5000").connect_stream().unwrap();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))));
    env.sleep(A_WHILE).await;
    for number in 0..5000 {
        if number % 1000 == 0 {
            env.sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(next(&env, &mut events).await, Some(Event::Message(Message::text(number.to_string()))));
    }
    assert_eq!(ws.stats().messages_received, 5000);
}

pub async fn s22_dropped_stream_resumes_its_client(env: Env) {
    let (ws, mut events) = env.once("/numbered?n=5000").connect_stream().unwrap();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))));
    // The full stream has paused the client. Dropping the stream must resume it.
    env.sleep(A_WHILE).await;
    drop(events);
    ws.send("go on").unwrap();
    env.server().wait_for_texts(1).await;
    env.server().close_all(4000, "").await;
    assert_eq!(env.soon("the end", ws.closed()).await.close.map(|close| close.code.get()), Some(4000));
}

/// At most 100,000 bytes and one message are received ahead of a slow reader.
pub async fn s22a_stream_is_bounded_by_bytes(env: Env) {
    const SIZE: u64 = 16_384;
    let builder = env.once("/flood?n=60&size=16384&binary=1").max_receive_buffer(100_000);
    let (ws, mut events) = builder.connect_stream().unwrap();
    while ws.stats().bytes_received < 100_000 {
        env.sleep(Duration::from_millis(5)).await;
    }
    env.sleep(A_WHILE).await;
    assert!(ws.stats().bytes_received < 100_000 + SIZE, "{:?}", ws.stats());
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))));
    for number in 1..=60 {
        assert!(matches!(next(&env, &mut events).await, Some(Event::Message(message)) if message.len() as u64 == SIZE));
        let read = number * SIZE;
        assert!(ws.stats().bytes_received - read < 100_000 + SIZE, "after {number}: {:?}", ws.stats());
    }
}

pub async fn s22a_message_larger_than_the_receive_buffer_is_delivered(env: Env) {
    let builder = env.once("/flood?n=5&size=50000").max_receive_buffer(1);
    let (ws, mut events) = builder.connect_stream().unwrap();
    assert!(matches!(next(&env, &mut events).await, Some(Event::Open(_))));
    for number in 1..=5 {
        assert!(matches!(next(&env, &mut events).await, Some(Event::Message(message)) if message.len() == 50_000));
        assert!(ws.stats().messages_received <= number + 1, "message {number}: {:?}", ws.stats());
    }
}
