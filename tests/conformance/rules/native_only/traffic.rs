//! Queue, heartbeats and backpressure (S10, S13 to S22a).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{FutureExt, StreamExt};
use homing::{EndReason, ErrorKind, Event, FlushError, Heartbeat};

use crate::PATIENCE;
use crate::rules::*;

fn pings(seen: &[Wire]) -> Vec<Vec<u8>> {
    seen.iter().filter_map(|wire| if let Wire::Ping(data) = wire { Some(data.clone()) } else { None }).collect()
}

/// Native only: a browser cannot send Ping frames.
pub async fn s17_pings_measure_round_trips(env: Env) {
    let log = env.log();
    // Two unsolicited Pongs are ordinary traffic.
    let builder = env.once("/raw?hex=8a00,8a0548656c6c6f&then=echo").heartbeat(Heartbeat::ping(ms(30), ms(5000)));
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.until("round trips", |events| events.iter().filter(|event| matches!(event, Event::Latency(_))).count() >= 3)
        .await;
    let pings = pings(&env.server().seen().await);
    for (counter, ping) in (1_u64..).zip(&pings) {
        assert_eq!(ping[..], counter.to_be_bytes());
    }
    let (stats, events) = (ws.stats(), log.events());
    assert!(log.count("latency") as u64 <= stats.heartbeats && pings.len() >= 3);
    let last = events.iter().rev().find_map(|event| if let Event::Latency(it) = event { Some(*it) } else { None });
    assert_eq!(stats.last_rtt, last);
    assert!(stats.smoothed_rtt.is_some_and(|rtt| rtt < ms(5000)) && stats.messages_received == 0, "{stats:?}");
}

/// `tests/web/timers.rs` tests the same in browsers and Node.
pub async fn s18_late_wake_up_does_not_fail_the_attempt(env: Env) {
    let log = env.log();
    let builder = env.once("/echo").heartbeat(Heartbeat::ping(ms(100), ms(4000)));
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.until("a heartbeat", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
    let beats = ws.stats().heartbeats;
    env.server().silence(true).await;
    while ws.stats().heartbeats < beats + 2 {
        env.sleep(ms(10)).await;
    }
    // The thread sleeps far longer than the timeout, as when the computer sleeps, and no answer has arrived when it wakes.
    std::thread::sleep(ms(6000));
    env.sleep(ms(20)).await;
    env.server().silence(false).await;
    env.sleep(ms(4500)).await;
    assert_eq!(log.count("error"), 0, "{}", log.summary());
    // A server that stays silent still fails the attempt.
    env.server().silence(true).await;
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::HeartbeatTimeout);
}

/// Native only: a page cannot send 1009.
pub async fn s21_message_over_the_limit_closes_with_1009(env: Env) {
    let ws = env.once("/text?size=101").max_message_size(100).connect().unwrap();
    assert_eq!(env.server().wait_for_close().await.0, Some(1009));
    assert_eq!(ws.closed().await.error.map(|error| error.kind().clone()), Some(ErrorKind::MessageTooLarge));
}

/// Sends more than all buffers between two sockets hold.
const FLOOD: &str = "/flood?n=6000&size=16384&binary=1";

/// Native only: a browser reads on, and the client holds messages in memory.
pub async fn s22_pause_applies_backpressure(env: Env) {
    let log = env.log();
    let ws = env.once(FLOOD).handler(log.handler()).connect().unwrap();
    ws.pause();
    log.opened(1).await;
    // The server only reads after it has written everything, which it cannot while the client is paused.
    ws.send("read after the flood").unwrap();
    env.sleep(3 * A_WHILE).await;
    assert_eq!(texts(&env.server().seen().await), [""; 0]);
    assert_eq!(log.summary(), "open");
    ws.resume();
    env.server().wait_for_texts(1).await;
    log.messages(6001).await;
}

/// Native only, as [`s22_pause_applies_backpressure`].
pub async fn s22_slow_reader_applies_backpressure(env: Env) {
    let builder = env.once(FLOOD).max_receive_buffer(usize::MAX);
    let (ws, mut events) = builder.connect_stream().unwrap();
    ws.send("read after the flood").unwrap();
    while ws.stats().messages_received < 1000 {
        env.sleep(ms(5)).await;
    }
    env.sleep(3 * A_WHILE).await;
    assert!(ws.stats().messages_received <= 1024, "{:?}", ws.stats());
    assert_eq!(texts(&env.server().seen().await), [""; 0]);
    let mut messages = 0;
    while messages < 6001 {
        messages += usize::from(matches!(env.soon("an event", events.next()).await, Some(Event::Message(_))));
    }
    env.server().wait_for_texts(1).await;
}

/// Native only, as [`s22_pause_applies_backpressure`]: a few large messages reach the limit in bytes.
pub async fn s22a_large_messages_apply_backpressure(env: Env) {
    const SIZE: u64 = 8 << 20;
    let (ws, mut events) = env.once("/flood?n=20&size=8388608&binary=1").connect_stream().unwrap();
    ws.send("read after the flood").unwrap();
    for read in 1..=20 {
        while !matches!(env.soon("an event", events.next()).await, Some(Event::Message(_))) {}
        env.sleep(if read < 4 { A_WHILE } else { ms(1) }).await;
        assert!(ws.stats().bytes_received <= (read + 1) * SIZE, "one is unread: {:?}", ws.stats());
        assert!(read > 4 || texts(&env.server().seen().await).is_empty(), "the server has written everything");
    }
    env.server().wait_for_texts(1).await;
}

/// Native only: a browser has one thread. Each message pauses the client, and a reader that never sleeps resumes it.
pub async fn s22a_reader_on_another_thread_receives_everything(env: Env) {
    let (_, mut events) = env.once("/numbered?n=20000").max_receive_buffer(1).connect_stream().unwrap();
    let reader = tokio::task::spawn_blocking(move || {
        let (start, mut messages) = (std::time::Instant::now(), 0);
        while messages < 20_000 {
            match events.next().now_or_never() {
                Some(event) => messages += usize::from(matches!(event, Some(Event::Message(_)))),
                None => assert!(start.elapsed() < PATIENCE, "{messages} messages: {events:?}"),
            }
        }
    });
    reader.await.unwrap();
}

/// Native only: a browser has one thread.
pub async fn s22_pausing_from_another_thread_loses_nothing(env: Env) {
    let log = env.log();
    let ws = env.once("/numbered?n=50000").handler(log.handler()).connect().unwrap();
    let (theirs, done) = (ws.clone(), Arc::new(AtomicBool::new(false)));
    let stop = done.clone();
    let toggler = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            theirs.pause();
            std::thread::yield_now();
            theirs.resume();
            std::thread::yield_now();
        }
    });
    ws.send("last").unwrap();
    log.until("last", |events| matches!(events.last(), Some(Event::Message(it)) if it.as_text() == Some("last"))).await;
    done.store(true, Ordering::Relaxed);
    toggler.join().unwrap();
    let numbers: Vec<_> = log.texts(1).await;
    assert_eq!(numbers.len(), 50_001, "messages were lost");
}

/// Native only: a browser has one thread.
pub async fn s13_messages_from_another_thread_keep_their_order(env: Env) {
    let log = env.log();
    let ws = env.once("/count").max_send_buffer(64 << 20).heartbeat(None).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    let theirs = ws.clone();
    // Messages are queued all the time, also while the socket takes only a part of a batch.
    let sender = std::thread::spawn(move || {
        for number in 0..1000 {
            theirs.send(format!("{number:04} {}", "x".repeat(16 << 10))).unwrap();
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
    });
    while !sender.is_finished() {
        env.server().silence(true).await;
        env.sleep(ms(20)).await;
        env.server().silence(false).await;
        env.sleep(ms(5)).await;
    }
    sender.join().unwrap();
    env.soon("flush", ws.flush()).await.unwrap();
    ws.close(1000, "").unwrap();
    log.ended(1).await;
    let texts = texts(&env.server().seen().await);
    assert_eq!(texts.len(), 1000);
    assert!(texts.is_sorted(), "out of order");
}

/// Native only: in a browser, a message has left when the browser has taken it.
pub async fn s15_flush_fails_for_a_message_that_never_left(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/count").heartbeat(None).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().silence(true).await;
    // One message at a time, until the queue is empty and a message waits in the socket's buffer.
    let flush = loop {
        ws.send(vec![0; 60 << 10]).unwrap();
        let mut flush = ws.flush();
        if env.timeout(ms(200), &mut flush).await.is_none() {
            break flush;
        }
    };
    ws.abort();
    let end = log.ended(1).await;
    let flushed = env.soon("flush", flush).await;
    assert!(flushed.is_err() || end.unsent > 0, "the end of the message never left, but flush succeeded");
    assert_eq!(flushed, Err(FlushError::Lost));
    let close = log.closed(1).await;
    assert!(close.lost >= 1 && close.lost == ws.stats().messages_lost, "{close:?}");
}

/// Native only: a browser reads on while paused.
pub async fn s10_close_while_paused_sends_the_queue(env: Env) {
    let log = env.log();
    let ws = env.once(FLOOD).max_send_buffer(64 << 20).handler(log.handler()).connect().unwrap();
    ws.pause();
    log.opened(1).await;
    // The server reads nothing before it has written everything, so both sides wait for each other. The close must end
    // this: the client reads on, as it delivers no more messages anyway.
    for _ in 0..16 {
        ws.send(vec![0; 1 << 20]).unwrap();
    }
    ws.close(4000, "").unwrap();
    let end = log.ended(1).await;
    assert_eq!((end.reason, end.unsent, log.summary().as_str()), (EndReason::Closed, 0, "open, close 4000, end"));
}
