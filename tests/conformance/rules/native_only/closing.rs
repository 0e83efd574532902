//! Closing, where a browser does the closing handshake itself.

use homing::{EndReason, ErrorKind, Heartbeat, Initiator};

use crate::rules::closing::fields;
use crate::rules::receiving::fails_with_a_protocol_error;
use crate::rules::*;

/// Native only: a browser takes every message, so its queue is always empty.
pub async fn s17_silent_peer_with_a_full_queue_fails_the_attempt(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::message(ms(100), ms(200), "beat");
    let builder = env.retry_in_an_hour("/count").heartbeat(heartbeat).max_send_buffer(64 << 20);
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().silence(true).await;
    for _ in 0..32 {
        ws.send(vec![0; 1 << 20]).unwrap();
    }
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::HeartbeatTimeout);
    log.closed(1).await;
    assert!(ws.buffered_amount() > 1 << 20, "unsent messages stay in the queue");
}

/// Native only: a browser takes every message, so its queue is always empty.
pub async fn s10_close_timeout_returns_the_unsent_queue(env: Env) {
    let log = env.log();
    let builder = env.client("/echo").close_timeout(ms(300)).max_send_buffer(64 << 20);
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().silence(true).await;
    for number in 0..32_u8 {
        ws.send(vec![number; 1 << 20]).unwrap();
    }
    let before = env.now();
    ws.close(1000, "").unwrap();
    let end = log.ended(1).await;
    assert!(env.now() - before >= ms(300));
    let (unsent, sent) = (ws.take_unsent(), ws.stats().messages_sent);
    assert!(!unsent.is_empty() && end.unsent == unsent.len(), "{} {}", end.unsent, unsent.len());
    // Each message was either handed to the socket or is returned, in order.
    assert_eq!(sent as usize + unsent.len(), 32);
    assert!(unsent.iter().map(|message| message.as_bytes()[0]).eq(sent as u8..32));
}

/// Native only: a browser reports the peer's Close frame only when TCP has ended.
pub async fn s10_close_does_not_wait_for_the_end_of_tcp(env: Env) {
    // The closing handshake is complete, started by either side, but the server keeps TCP open.
    for (path, closes) in [("/close?code=4001&linger_ms=60000", false), ("/close?after=9&linger_ms=60000", true)] {
        let log = env.log();
        // The timeout also covers the server's answer.
        let close_timeout = if closes { ms(3000) } else { ms(200) };
        let builder = env.client(path).close_timeout(close_timeout).retry_if(|_| false);
        let ws = builder.handler(log.handler()).connect().unwrap();
        log.opened(1).await;
        if closes {
            ws.close(4001, "").unwrap();
        }
        log.ended(1).await;
        let initiator = if closes { Initiator::Local } else { Initiator::Remote };
        assert_eq!(fields(&log.closed(1).await), (4001, "", true, initiator), "{path}");
        assert_eq!(log.summary(), "open, close 4001, end", "{path}");
    }
    env.server().wait_for(|seen| seen.iter().filter(|wire| **wire == Wire::Gone).count() == 2).await;
}

/// Native only: browsers wait for the end of TCP, and differ in how they treat this.
pub async fn s03_data_after_a_close_frame_is_ignored(env: Env) {
    let log = env.log();
    // Data after the peer's Close frame is ignored.
    let builder = env.once("/raw?hex=81017888020fa1810179,81017a").close_timeout(ms(200));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    assert_eq!(log.summary(), "open, x, close 4001, end");
}

/// Native only: a page cannot drop a socket without a closing handshake.
pub async fn s10_abort_is_immediate(env: Env) {
    let log = env.log();
    // It never waits for the closing handshake, which does not end.
    let builder = env.client("/close?never=1").close_timeout(NEVER);
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.close(1000, "").unwrap();
    env.server().wait_for_close().await;
    ws.abort();
    assert_eq!(log.ended(1).await.reason, EndReason::Closed);
    assert_eq!(fields(&log.closed(1).await), (1006, "", false, Initiator::Local));
    env.server().wait_for(|seen| seen.contains(&Wire::Gone)).await;

    let log = env.log();
    let ws = env.client("/echo?second").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.abort();
    ws.abort();
    log.ended(1).await;
    let seen = env.server().wait_for(|seen| seen.iter().filter(|wire| **wire == Wire::Gone).count() == 2).await;
    assert_eq!(seen.iter().filter(|wire| matches!(wire, Wire::Close(..))).count(), 1, "no Close frame: {seen:?}");
    assert_eq!(log.summary(), "open, close 1006, end");
}

/// Native only: Chromium accepts a code of zero.
pub async fn s21_reserved_close_codes_fail_with_1002(env: Env) {
    // Codes that must never be sent: 0, 999, 1005, 1006, 1015.
    for hex in ["88020000", "880203e7", "880203ed", "880203ee", "880203f7"] {
        fails_with_a_protocol_error(&env, hex, &[1002]).await;
    }
}
