//! The limit of the queue (S14), types of messages (S16), and the handle as a sink.

use futures::{SinkExt, StreamExt, poll, stream};
use homing::{BinaryType, Event, Message, SendErrorKind};

use super::*;

pub async fn s14_peer_that_does_not_read_fills_the_buffer(env: Env) {
    let log = env.log();
    let ws = env.client("/count").heartbeat(None).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().silence(true).await;
    let mut sent = Vec::new();
    let refused = loop {
        let text = format!("{:05} {}", sent.len(), "x".repeat(32 << 10));
        if let Err(error) = ws.send(text.clone()) {
            break error;
        }
        sent.push(text);
        if sent.len() == 1000 && !env.has_own_protocol() {
            // WebKit takes everything and reports an empty buffer, so that there is no limit to test.
            return;
        }
        // As fast as the socket takes messages, until both the socket and the queue are full.
        env.timeout(ms(100), ws.ready()).await;
    };
    assert!(refused.kind() == SendErrorKind::Full && ws.buffered_amount() >= 1 << 20);
    let mut ready = ws.ready();
    assert!(poll!(&mut ready).is_pending());
    env.server().silence(false).await;
    env.soon("room", ready).await;
    env.soon("flush", ws.flush()).await.unwrap();
    assert_eq!(env.server().wait_for_texts(sent.len()).await, sent);
    assert_eq!(log.count("full"), log.count("drain"), "{}", log.summary());
}

pub async fn s14_full_and_drain_events_fire_once_per_edge(env: Env) {
    let log = env.log();
    let ws = env.client("/count").max_send_buffer(10).handler(log.handler()).connect().unwrap();
    for _ in 0..3 {
        ws.send("12345").ok();
    }
    ws.send("refused").unwrap_err();
    env.soon("flush", ws.flush()).await.unwrap();
    log.until("drain", |events| events.contains(&Event::BufferDrain)).await;
    assert_eq!(log.summary(), "full, open, drain");
    ws.send("0123456789").unwrap();
    env.soon("flush", ws.flush()).await.unwrap();
    log.until("drain", |events| events.iter().filter(|event| **event == Event::BufferDrain).count() == 2).await;
    assert_eq!(log.summary(), "full, open, drain, full, drain");
}

pub async fn s14_message_that_crosses_the_limit_is_accepted(env: Env) {
    let ws = env.client("/count").max_send_buffer(10).connect().unwrap();
    ws.send("12345").unwrap();
    assert_eq!(ws.buffered_amount(), 5);
    ws.send("this one crosses the limit").unwrap();
    assert_eq!(ws.buffered_amount(), 31);
    let error = ws.send("refused").unwrap_err();
    assert_eq!((error.kind(), error.into_message()), (SendErrorKind::Full, Message::text("refused")));
    assert_eq!(ws.buffered_amount(), 31);
    env.soon("flush", ws.flush()).await.unwrap();
    assert_eq!(ws.buffered_amount(), 0);
    ws.send("again").unwrap();
    assert_eq!(env.server().wait_for_texts(3).await, ["12345", "this one crosses the limit", "again"]);
}

pub async fn s14_ready_waits_for_room(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").max_send_buffer(10).handler(log.handler()).connect().unwrap();
    assert!(poll!(ws.ready()).is_ready(), "there is room");
    log.opened(1).await;
    env.server().cut_all().await;
    log.closed(1).await;
    ws.send("0123456789").unwrap();
    let mut ready = ws.ready();
    assert!(poll!(&mut ready).is_pending(), "there is no room");
    ws.reconnect();
    env.soon("room", ready).await;
    ws.send("next").unwrap();
    env.server().wait_for_texts(2).await;
}

pub async fn s16_send_payload_uses_the_binary_type(env: Env) {
    let ws = env.client("/count").connect().unwrap();
    ws.send_payload("binary by default").unwrap();
    env.server().wait_for(|seen| seen.contains(&Wire::Binary("binary by default".into()))).await;
    let ws = env.client("/count").binary_type(BinaryType::Blob).connect().unwrap();
    ws.send_payload("Blob is text").unwrap();
    assert_eq!(env.server().wait_for_texts(1).await, ["Blob is text"]);
    let error = ws.send_payload(vec![0xc3, 0x28]).unwrap_err();
    assert_eq!((error.kind(), error.into_message()), (SendErrorKind::NotUtf8, Message::binary(vec![0xc3, 0x28])));
    let ws = env.client("/count").binary_type(BinaryType::ArrayBuffer).connect().unwrap();
    ws.send_payload(vec![0xc3, 0x28]).unwrap();
    env.server().wait_for(|seen| seen.contains(&Wire::Binary(vec![0xc3, 0x28]))).await;
}

pub async fn s16_text_and_binary_round_trip(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    let sent = [
        Message::text("Grüße, 世界 🌍"),
        Message::binary(vec![0, 255, 128]),
        Message::text(""),
        Message::binary(vec![]),
        Message::text("x".repeat(70_000)),
        Message::binary(vec![7; 70_000]),
    ];
    for message in &sent {
        ws.send(message.clone()).unwrap();
    }
    assert_eq!(log.messages(sent.len()).await, sent);
    let seen = env.server().seen().await;
    assert_eq!(seen[2..4], [Wire::Text("Grüße, 世界 🌍".into()), Wire::Binary(vec![0, 255, 128])]);
}

pub async fn s16_text_and_binary_keep_their_order(env: Env) {
    for binary_type in [BinaryType::Blob, BinaryType::ArrayBuffer] {
        let log = env.log();
        let ws = env.client("/echo?quiet=1").binary_type(binary_type).handler(log.handler()).connect().unwrap();
        let message = |number: usize| match number % 2 {
            0 => Message::text(number.to_string()),
            _ => Message::binary(vec![b'x'; number]),
        };
        let sent: Vec<_> = (0..200).map(message).collect();
        for message in &sent {
            ws.send(message.clone()).unwrap();
        }
        assert_eq!(log.messages(200).await, sent, "{binary_type:?}");
    }
}

pub async fn s13_s14_sink_sends_in_order_and_waits_for_room(env: Env) {
    let log = env.log();
    let mut ws = env.client("/count").max_send_buffer(64).handler(log.handler()).connect().unwrap();
    let sent: Vec<_> = (0..200).map(|number| format!("number {number}")).collect();
    let mut messages = stream::iter(sent.clone()).map(|text| Ok(Message::from(text)));
    env.soon("send_all", ws.send_all(&mut messages)).await.unwrap();
    assert_eq!(ws.buffered_amount(), 0);
    env.soon("close", SinkExt::close(&mut ws)).await.unwrap();
    assert_eq!(env.server().wait_for_close().await.0, Some(1000));
    assert_eq!(texts(&env.server().seen().await), sent);
    assert!(log.count("full") > 0, "the sink never had to wait");
    let late = env.soon("send", SinkExt::send(&mut ws, Message::text("late"))).await;
    assert!(late.is_err());
}
