//! The pace of manual reconnects, and what they cannot undo (S8a).

use futures::StreamExt as _;
use homing::{EndReason, Event, Reconnect, WebSocket};

use super::*;

/// Reconnects in every callback.
fn reconnect_always(ws: &WebSocket, _: &Event) {
    ws.reconnect();
}

/// A handler that always reconnects, while the server is down.
pub async fn s08a_reconnect_in_callbacks_keeps_the_policy_delay(env: Env) {
    env.server().stop().await;
    let policies = [("waiting", Reconnect::fixed(ms(200))), ("stopping", Reconnect::fixed(ms(200)).max_attempts(0))];
    for (choice, policy) in policies {
        let (log, before) = (env.log(), env.now());
        let builder = env.client("/echo").reconnect(policy);
        let ws = builder.handler(log.then(reconnect_always)).connect().unwrap();
        log.failed(4).await;
        assert!(env.now() - before >= ms(600), "{choice}: {:?}", ws.stats());
        assert!(ws.stats().attempts <= 5, "{choice}: {:?}", ws.stats());
        ws.abort();
        log.ended(1).await;
    }
}

pub async fn s08a_close_ends_a_client_whose_callbacks_always_reconnect(env: Env) {
    type End = fn(WebSocket);
    let ends: [(&str, End); 4] = [
        ("close", |ws| ws.close(4000, "").unwrap()),
        ("abort", |ws| ws.abort()),
        ("cancel_reconnect", |ws| ws.cancel_reconnect()),
        ("drop", drop),
    ];
    for (name, end) in ends {
        // While waiting, and while open.
        for path in ["/close?code=4000", "/echo"] {
            let log = env.log();
            let open_only = move |ws: &WebSocket, event: &Event| {
                if !matches!(event, Event::Connect | Event::Open(_)) {
                    ws.reconnect_after(if path == "/echo" { ms(0) } else { NEVER });
                }
            };
            let ws = env.client(path).handler(log.then(open_only)).connect().unwrap();
            if path == "/echo" {
                if name == "cancel_reconnect" {
                    continue;
                }
                log.opened(1).await;
            } else {
                log.closed(1).await;
            }
            // Reconnects that the callbacks request from now on must have no effect.
            let closed = ws.closed();
            end(ws);
            let end = env.soon("the end", closed).await;
            env.sleep(A_WHILE / 3).await;
            assert_eq!((end.reason, log.count("end"), log.count("open")), (EndReason::Closed, 1, 1), "{name} {path}");
        }
    }
}

/// A program that reads events from a stream, outside of callbacks.
pub async fn s08a_reconnect_in_an_event_loop_is_paced(env: Env) {
    env.server().stop().await;
    let (ws, mut events) = env.once("/echo").connect_stream().unwrap();
    let before = env.now();
    let mut ends = 0;
    while ends < 4 {
        if matches!(env.soon("an event", events.next()).await, Some(Event::End(_))) {
            ends += 1;
            ws.reconnect();
        }
    }
    // The first attempt is immediate, the others are a second apart.
    assert!(env.now() - before >= ms(2000) && ws.stats().attempts <= 5, "{:?} {:?}", env.now() - before, ws.stats());
}
