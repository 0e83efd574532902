//! Heartbeats.

use homing::Heartbeat;
use homing::web::BuilderExt;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::log::Log;
use crate::support::until;
use crate::{ms, once};

#[wasm_bindgen_test]
async fn s17_silent_peer_fails_the_attempt() {
    let log = Log::default();
    let heartbeat = Heartbeat::message(ms(50), ms(100), "beat");
    let ws = log.of(once("/silent").heartbeat(heartbeat)).connect().unwrap();
    ws.closed().await;
    assert_eq!(log.lines(), ["open", "error HeartbeatTimeout 3", r#"close 1006 "" false Failure"#, "end Exhausted"]);
}

#[wasm_bindgen_test]
async fn s17_heartbeats_measure_round_trips() {
    let log = Log::default();
    let heartbeat = Heartbeat::ping(ms(50), ms(5000)).or_message("beat");
    let ws = log.of(once("/echo").heartbeat(heartbeat).heartbeat_reply(|message| message.as_text() == Some("beat")));
    let ws = ws.heartbeat_in_worker(true).connect().unwrap();
    let start = js_sys::Date::now();
    until("heartbeats and replies", || ws.stats().heartbeats >= 4 && ws.stats().last_rtt.is_some()).await;
    assert_eq!(log.lines(), ["open"]);
    let (beats, elapsed) = (ws.stats().heartbeats, js_sys::Date::now() - start);
    assert!(beats as f64 <= elapsed / 50.0 + 1.0, "{beats} in {elapsed} ms");
}
