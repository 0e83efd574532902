//! Waiting for the first open (S28), and pings (S30).

use futures::future::join_all;
use homing::{Builder, EndReason, ErrorKind, Event, Heartbeat, PingError, Reconnect, State};

use super::*;

/// A heartbeat on every platform that is due long after the test.
fn rare(timeout: std::time::Duration) -> Heartbeat {
    Heartbeat::ping(NEVER, timeout).or_message("beat")
}

/// Answers of `/echo` to heartbeats are not delivered.
fn echoed(builder: Builder) -> Builder {
    builder.heartbeat(rare(ms(20_000))).heartbeat_reply(|message| message.as_text() == Some("beat"))
}

fn beats(seen: &[Wire]) -> usize {
    let is_beat = |wire: &&Wire| matches!(wire, Wire::Ping(_)) || **wire == Wire::Text("beat".into());
    seen.iter().filter(is_beat).count()
}

pub async fn s28_opened_resolves_when_the_client_is_open(env: Env) {
    let ws = env.client("/echo").connect().unwrap();
    let clone = ws.clone();
    let (first, second) = (ws.opened(), clone.opened());
    assert_eq!(env.soon("open", first).await, Ok(()));
    assert_eq!(ws.state(), State::Open);
    assert_eq!(env.soon("open", second).await, Ok(()));
    assert_eq!(env.soon("open", ws.opened()).await, Ok(()));
}

pub async fn s28_opened_waits_over_failed_attempts(env: Env) {
    env.server().refuse_next(2).await;
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    assert_eq!(env.soon("open", ws.opened()).await, Ok(()));
    assert!(log.count("error") >= 1, "{}", log.summary());
}

pub async fn s28_opened_fails_with_the_end(env: Env) {
    let log = env.log();
    let ws = env.once("/http?status=503").handler(log.handler()).connect().unwrap();
    let end = env.soon("end", ws.opened()).await.unwrap_err();
    assert_eq!(end.reason, EndReason::Exhausted);
    assert_eq!(end.error.as_ref(), Some(&log.failed(1).await));
    // Also late, and on every clone.
    assert_eq!(env.soon("end", ws.clone().opened()).await, Err(end.clone()));
    assert_eq!(env.soon("end", ws.closed()).await, end);
}

pub async fn s28_close_before_open_fails_opened(env: Env) {
    let ws = env.client("/stall").connect().unwrap();
    let opened = ws.opened();
    ws.close(1000, "").unwrap();
    assert_eq!(env.soon("end", opened).await.unwrap_err().reason, EndReason::Closed);
}

pub async fn s28_opened_waits_again_after_reconnect(env: Env) {
    let ws = env.client("/echo").connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    ws.close(1000, "").unwrap();
    env.soon("end", ws.closed()).await;
    let failed = ws.opened();
    ws.reconnect();
    let again = ws.opened();
    assert_eq!(env.soon("end", failed).await.unwrap_err().reason, EndReason::Closed);
    assert_eq!(env.soon("open", again).await, Ok(()));
    assert_eq!(ws.state(), State::Open);
}

pub async fn s28_initial_attempts_run_out(env: Env) {
    let policy = Reconnect::fixed(ms(20)).max_initial_attempts(3);
    let ws = env.client("/http?status=503").reconnect(policy).connect().unwrap();
    let end = env.soon("end", ws.opened()).await.unwrap_err();
    assert_eq!((end.reason, ws.stats().attempts, end.error.is_some()), (EndReason::Exhausted, 3, true));
    // By hand it starts over, with all of them.
    ws.reconnect();
    let end = env.soon("end", ws.opened()).await.unwrap_err();
    assert_eq!((end.reason, ws.stats().attempts), (EndReason::Exhausted, 6));
}

pub async fn s28_lost_connection_is_retried_beyond_the_initial_attempts(env: Env) {
    let log = env.log();
    let policy = Reconnect::fixed(ms(20)).max_initial_attempts(1);
    let builder = env.client("/echo").reconnect(policy).handler(log.handler());
    let ws = builder.connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    env.server().stop().await;
    log.failed(4).await;
    env.server().restart().await;
    log.opened(2).await;
    assert_eq!(log.count("end"), 0, "{}", log.summary());
}

pub async fn s28_zero_initial_attempts_are_refused(env: Env) {
    let with = |policy: Reconnect| env.once("/echo").reconnect(policy).connect();
    assert_eq!(with(Reconnect::default().max_initial_attempts(0)).unwrap_err().option, "reconnect");
    assert_eq!(with(Reconnect::never().max_initial_attempts(2)).unwrap_err().option, "reconnect");
    drop(with(Reconnect::never().max_initial_attempts(1)).unwrap());
}

pub async fn s30_ping_measures_a_round_trip(env: Env) {
    let log = env.log();
    let ws = echoed(env.client("/echo")).handler(log.handler()).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    let before = env.now();
    let round_trip = env.soon("answer", ws.ping()).await.unwrap();
    assert!(round_trip <= env.now() - before, "{round_trip:?}");
    assert_eq!((ws.stats().heartbeats, ws.stats().last_rtt.is_some()), (1, true));
    log.until("latency", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
    assert_eq!(beats(&env.server().seen().await), 1);
    assert_eq!(log.summary(), "open, latency");
}

pub async fn s30_next_message_answers_without_a_predicate(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::message(NEVER, ms(20_000), "beat");
    let ws = env.client("/echo").heartbeat(heartbeat).handler(log.handler()).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    env.soon("answer", ws.ping()).await.unwrap();
    assert_eq!(log.texts(1).await, ["beat"], "it is a message as well");
}

pub async fn s30_unanswered_ping_fails_the_attempt(env: Env) {
    let log = env.log();
    let builder = env.retry_in_an_hour("/silent").heartbeat(rare(ms(150)));
    let ws = builder.handler(log.handler()).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    let before = env.now();
    assert_eq!(env.soon("failure", ws.ping()).await, Err(PingError::Lost));
    assert!(env.now() - before >= ms(149), "{:?}", env.now() - before);
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::HeartbeatTimeout);
    log.closed(1).await;
    assert_eq!((ws.state(), ws.ping().await), (State::Waiting, Err(PingError::NotOpen)));
    assert_eq!(log.summary(), "open, error, close 1006");
}

pub async fn s30_ping_without_a_heartbeat(env: Env) {
    let ws = env.client("/echo").heartbeat(None).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    let pinged = env.soon("answer", ws.ping()).await;
    if env.has_own_protocol() {
        assert!(pinged.is_ok(), "{pinged:?}");
        assert_eq!(ws.stats().heartbeats, 1);
    } else {
        assert_eq!(pinged, Err(PingError::Unsupported));
        assert_eq!(ws.stats().heartbeats, 0);
    }
}

pub async fn s30_client_that_is_not_open_does_not_ping(env: Env) {
    let ws = echoed(env.client("/stall")).connect().unwrap();
    assert_eq!((ws.state(), ws.ping().await), (State::Connecting, Err(PingError::NotOpen)));
    ws.abort();
    env.soon("end", ws.closed()).await;
    assert_eq!((ws.state(), ws.ping().await), (State::Closed, Err(PingError::NotOpen)));
    assert_eq!(ws.stats().heartbeats, 0);
}

pub async fn s30_ping_fails_when_the_client_closes(env: Env) {
    for abort in [false, true] {
        let ws = env.client("/silent").close_timeout(ms(50)).heartbeat(rare(ms(20_000))).connect().unwrap();
        env.soon("open", ws.opened()).await.unwrap();
        let ping = ws.ping();
        if abort {
            ws.abort()
        } else {
            ws.close(1000, "").unwrap()
        }
        assert_eq!(env.soon("failure", ping).await, Err(PingError::Lost));
        env.soon("end", ws.closed()).await;
    }
}

pub async fn s30_pings_at_once_share_a_heartbeat(env: Env) {
    let ws = echoed(env.client("/echo")).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    let pings: Vec<_> = (0..1000).map(|_| ws.ping()).collect();
    let answers = env.soon("answers", join_all(pings)).await;
    assert!(answers.iter().all(Result::is_ok));
    // Natively the client's task runs on another thread or after this one yields.
    assert!(ws.stats().heartbeats < 1000, "{}", ws.stats().heartbeats);
}

pub async fn s30_dropped_ping_is_sent(env: Env) {
    let log = env.log();
    let ws = echoed(env.client("/echo")).handler(log.handler()).connect().unwrap();
    env.soon("open", ws.opened()).await.unwrap();
    drop(ws.ping());
    log.until("latency", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
    assert_eq!(ws.stats().heartbeats, 1);
}

pub async fn s30_ping_in_every_callback(env: Env) {
    let log = env.log();
    let pings = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let made = pings.clone();
    let handler = log.greet_on_open().then(move |ws, event| {
        let name = match event {
            Event::Open(_) => "open",
            Event::Message(_) => "message",
            Event::Close(_) => "close",
            Event::End(_) => "end",
            _ => return,
        };
        made.lock().unwrap().push((name, ws.ping()));
        if name == "message" {
            let _ = ws.close(1000, "");
        }
    });
    let ws = echoed(env.client("/echo")).handler(handler).connect().unwrap();
    env.soon("end", ws.closed()).await;
    let pings = std::mem::take(&mut *pings.lock().unwrap());
    for (name, ping) in pings {
        let outcome = env.soon("result", ping).await;
        match name {
            // Before the echo, or closed before it.
            "open" => assert!(matches!(outcome, Ok(_) | Err(PingError::Lost)), "{outcome:?}"),
            "message" => assert_eq!(outcome, Err(PingError::Lost)),
            _ => assert_eq!(outcome, Err(PingError::NotOpen), "{name}"),
        }
    }
}
