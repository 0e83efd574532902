//! The queue (S13, S15). Its limit (S14) and the types of messages (S16) are in `payload`.

use std::sync::{Arc, Mutex};

use futures::poll;
use homing::{Event, Message, SendError, SendErrorKind, WebSocket};

use super::*;

fn text(refused: Result<(), SendError>) -> (SendErrorKind, String) {
    let error = refused.expect_err("refused");
    (error.kind(), error.message().as_text().expect("a text").to_owned())
}

pub async fn s13_send_is_accepted_until_the_client_closes(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").handler(log.handler()).connect().unwrap();
    ws.send("connecting").unwrap();
    log.opened(1).await;
    ws.send("open").unwrap();
    env.server().wait_for_texts(2).await;
    env.server().cut_all().await;
    log.closed(1).await;
    ws.send("waiting").unwrap();
    ws.reconnect();
    log.opened(2).await;
    env.server().wait_for_texts(3).await;
    ws.reconnect();
    ws.send("closing, but for another attempt").unwrap();
    env.server().wait_for_texts(4).await;
    ws.close(1000, "").unwrap();
    assert_eq!(text(ws.send("closing")), (SendErrorKind::Closed, "closing".into()));
    log.ended(1).await;
    assert_eq!(text(ws.send("closed")), (SendErrorKind::Closed, "closed".into()));
    let texts = env.server().wait_for_texts(4).await;
    assert_eq!(texts, ["connecting", "open", "waiting", "closing, but for another attempt"]);
}

pub async fn s13_no_message_is_sent_twice(env: Env) {
    let log = env.log();
    let builder = env.client("/count").reconnect(homing::Reconnect::fixed(ms(1)));
    let ws = builder.handler(log.handler()).connect().unwrap();
    let numbered = |number: usize| format!("{number:06}");
    for attempt in 1..=8 {
        log.opened(attempt).await;
        let first = 200 * attempt;
        // The connection breaks somewhere among these messages, but after some of them have arrived.
        for number in first..first + 200 {
            ws.send(numbered(number)).unwrap();
            if number % 50 == 49 {
                env.sleep(ms(1)).await;
            }
            if number == first + 149 {
                env.server().wait_for(|seen| seen.contains(&Wire::Text(numbered(first + 60)))).await;
            }
        }
        env.server().cut_all().await;
        log.closed(attempt).await;
    }
    log.opened(9).await;
    ws.send("last").unwrap();
    let seen = env.server().wait_for(|seen| seen.contains(&Wire::Text("last".into()))).await;
    let texts = texts(&seen);
    assert!(texts.windows(2).all(|pair| pair[0] < pair[1]), "out of order or twice");
    assert!(texts.len() > 400, "only {} arrived", texts.len());
}

pub async fn s13_what_on_open_sends_leaves_before_the_queue(env: Env) {
    let log = env.log();
    let greet = |ws: &WebSocket, event: &Event| {
        if matches!(event, Event::Open(_)) {
            ws.send("from on_open").unwrap();
        }
    };
    let ws = env.client("/count").handler(log.then(greet)).connect().unwrap();
    ws.send("first").unwrap();
    ws.send("second").unwrap();
    assert_eq!(env.server().wait_for_texts(3).await, ["from on_open", "first", "second"]);
}

pub async fn s13_queue_survives_reconnects(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").handler(log.handler()).connect().unwrap();
    ws.send("0").unwrap();
    log.opened(1).await;
    ws.flush().await.unwrap();
    env.server().wait_for_texts(1).await;
    env.server().stop().await;
    for number in 1..=3 {
        // Each attempt fails, and queued messages stay.
        log.closed(number).await;
        ws.send(number.to_string()).unwrap();
        ws.reconnect();
    }
    log.closed(4).await;
    env.server().restart().await;
    ws.reconnect();
    assert_eq!(env.server().wait_for_texts(4).await, ["0", "1", "2", "3"]);
}

pub async fn s15_flush_waits_for_the_queue(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").handler(log.handler()).connect().unwrap();
    ws.send("before").unwrap();
    let mut flush = ws.flush();
    assert!(poll!(&mut flush).is_pending(), "nothing can have been sent");
    env.soon("flush", flush).await.unwrap();
    assert_eq!(ws.buffered_amount(), 0);
    env.server().wait_for_texts(1).await;
    env.server().cut_all().await;
    log.closed(1).await;
    // With an empty queue, flush resolves at once.
    assert_eq!(poll!(ws.flush()), std::task::Poll::Ready(Ok(())));
    ws.send("after").unwrap();
    let mut flush = ws.flush();
    assert!(poll!(&mut flush).is_pending());
    ws.reconnect();
    env.soon("flush", flush).await.unwrap();
    assert_eq!(env.server().wait_for_texts(2).await, ["before", "after"]);
}

pub async fn s15_flush_fails_when_the_client_ends(env: Env) {
    let ws = env.client("/stall").connect().unwrap();
    ws.send("never").unwrap();
    let flush = ws.flush();
    ws.abort();
    assert!(env.soon("flush", flush).await.is_err());
    assert_eq!(ws.take_unsent(), [Message::text("never")]);
}

pub async fn s15_take_unsent_inside_on_end(env: Env) {
    let (log, taken) = (env.log(), Arc::new(Mutex::new(Vec::new())));
    let theirs = taken.clone();
    let then = move |ws: &WebSocket, event: &Event| {
        if let Event::End(_) = event {
            *theirs.lock().unwrap() = ws.take_unsent();
        }
    };
    let ws = env.once("/http?status=503").handler(log.then(then)).connect().unwrap();
    ws.send("one").unwrap();
    ws.send("two").unwrap();
    assert_eq!(log.ended(1).await.unsent, 2);
    assert_eq!(*taken.lock().unwrap(), [Message::text("one"), Message::text("two")]);
}

pub async fn s15_unsent_messages_are_sent_after_reconnect(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().cut_all().await;
    log.closed(1).await;
    ws.send("kept").unwrap();
    ws.cancel_reconnect();
    assert_eq!(log.ended(1).await.unsent, 1);
    ws.reconnect();
    assert_eq!(env.server().wait_for_texts(1).await, ["kept"]);
    assert_eq!(ws.take_unsent(), []);
}

pub async fn s15_take_unsent_returns_queued_messages(env: Env) {
    let log = env.log();
    let ws = env.client("/stall").handler(log.handler()).connect().unwrap();
    let sent = [Message::text("one"), Message::binary(&b"two"[..]), Message::text("three")];
    for message in &sent {
        ws.send(message.clone()).unwrap();
    }
    assert_eq!(ws.take_unsent(), [], "the client has not ended");
    ws.close(1000, "").unwrap();
    assert_eq!(log.ended(1).await.unsent, 3);
    assert_eq!(ws.clone().take_unsent(), sent);
    assert_eq!(ws.take_unsent(), []);
}
