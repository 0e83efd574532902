//! Heartbeats and pings (S17, S20). S18 and S19 are in `native_only` and `tests/web`.

use homing::{ErrorKind, Heartbeat, Initiator, Message};

use super::*;

/// A heartbeat that is frequent enough for many in a test.
fn beat() -> Heartbeat {
    Heartbeat::message(ms(30), ms(5000), "beat")
}

fn is_beat(message: &Message) -> bool {
    message.as_text() == Some("beat")
}

pub async fn s17_heartbeat_message_and_reply_measure_round_trips(env: Env) {
    let log = env.log();
    let builder = env.client("/echo").heartbeat(beat()).heartbeat_reply(is_beat);
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.until("latency", |_| ws.stats().last_rtt.is_some() && ws.stats().heartbeats >= 3).await;
    ws.send("hello").unwrap();
    assert_eq!(log.texts(1).await, ["hello"]);
    env.server().wait_for(|seen| texts(seen).iter().filter(|text| *text == "beat").count() >= 3).await;
    assert_eq!(log.count("beat"), 0, "a reply was delivered: {}", log.summary());
    let stats = ws.stats();
    assert!(stats.smoothed_rtt.is_some() && stats.last_rtt < Some(ms(5000)), "{stats:?}");
    assert!(log.count("latency") >= 1);
}

pub async fn s17_replies_are_delivered_without_a_predicate(env: Env) {
    let log = env.log();
    let _ws = env.client("/echo").heartbeat(beat()).handler(log.handler()).connect().unwrap();
    assert_eq!(log.texts(2).await, ["beat", "beat"]);
}

pub async fn s17_silent_peer_fails_the_attempt(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::message(ms(100), ms(150), "beat");
    let before = env.now();
    let ws = env.client("/silent").heartbeat(heartbeat).handler(log.handler()).connect().unwrap();
    let error = log.failed(1).await;
    assert!(env.now() - before >= ms(240), "{:?}", env.now() - before);
    assert_eq!((error.kind(), error.is_timeout()), (&ErrorKind::HeartbeatTimeout, true));
    let close = log.closed(1).await;
    assert_eq!((close.code.get(), close.clean, close.initiator), (1006, false, Initiator::Failure));
    // The client does not wait for a closing handshake, which this server never answers.
    log.opened(2).await;
    assert!(env.now() - before < ms(20_000), "{:?}", env.now() - before);
    assert!(log.summary().starts_with("open, error, close 1006, open"), "{}", log.summary());
    assert!(ws.stats().heartbeats >= 1);
}

pub async fn s17_any_traffic_counts_as_alive(env: Env) {
    let log = env.log();
    // The server answers nothing, but sends a message every 5 ms for longer than the heartbeat's timeout.
    let hex = vec!["810178"; 850].join(",");
    let heartbeat = Heartbeat::message(ms(50), ms(4000), "beat");
    let builder = env.once(&format!("/raw?hex={hex}")).heartbeat(heartbeat);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::HeartbeatTimeout);
    log.ended(1).await;
    assert_eq!(log.summary(), format!("open, {}error, close 1006, end", "x, ".repeat(850)));
}

pub async fn s17_heartbeat_is_sent_during_traffic(env: Env) {
    let log = env.log();
    // Messages arrive without a gap that would need a heartbeat, for longer than this test runs.
    let builder = env.client("/numbered?n=4000&every_ms=5").heartbeat(beat()).heartbeat_reply(is_beat);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.messages(10).await;
    env.server().wait_for_texts(3).await;
    assert_eq!((log.count("error"), log.count("3999")), (0, 0), "{}", log.summary());
}

pub async fn s17_ping_or_message_uses_what_the_platform_has(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::ping(ms(30), ms(5000)).or_message("beat");
    let builder = env.client("/echo").heartbeat(heartbeat).heartbeat_reply(is_beat);
    let ws = builder.handler(log.handler()).connect().unwrap();
    let is_beat = |wire: &Wire| matches!(wire, Wire::Ping(_)) || *wire == Wire::Text("beat".into());
    env.server().wait_for(|seen| seen.iter().filter(|wire| is_beat(wire)).count() >= 3).await;
    log.until("latency", |_| ws.stats().last_rtt.is_some()).await;
    assert_eq!(log.count("error"), 0, "{}", log.summary());
}

pub async fn s17_client_recovers_from_a_silent_server(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::message(ms(50), ms(4000), "beat");
    let builder = env.client("/echo").heartbeat(heartbeat).heartbeat_reply(is_beat).open_timeout(ms(4000));
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    env.server().silence(true).await;
    assert_eq!(log.failed(1).await.kind(), &ErrorKind::HeartbeatTimeout);
    assert_eq!(log.failed(2).await.kind(), &ErrorKind::OpenTimeout);
    env.server().silence(false).await;
    log.opened(2).await;
}

pub async fn s20_pings_of_the_peer_are_answered(env: Env) {
    let log = env.log();
    let _ws = env.once("/ping?n=3&every_ms=20").heartbeat(None).handler(log.handler()).connect().unwrap();
    let pong = |number: &str| Wire::Pong(number.into());
    // Each is answered although nothing else is read or written.
    let pongs = [pong("0"), pong("1"), pong("2")];
    env.server().wait_for(|seen| pongs.iter().all(|pong| seen.contains(pong))).await;
    assert_eq!(log.summary(), "open", "pings are not messages");
}

pub async fn s17_paused_client_stays_connected(env: Env) {
    let log = env.log();
    let heartbeat = Heartbeat::message(ms(50), ms(3000), "beat");
    let builder = env.client("/echo").heartbeat(heartbeat).heartbeat_reply(is_beat);
    let ws = builder.handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    ws.pause();
    env.sleep(ms(3500)).await;
    assert_eq!(log.count("error"), 0, "{}", log.summary());
    ws.resume();
    ws.send("hello").unwrap();
    assert_eq!(log.texts(1).await, ["hello"]);
    assert_eq!(log.count("error"), 0, "{}", log.summary());
}
