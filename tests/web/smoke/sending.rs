//! Sending: order, and the limit of the queue.

use homing::{EndReason, SendErrorKind, State};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::log::Log;
use crate::once;
use crate::support::until;

#[wasm_bindgen_test]
async fn s13_s16_messages_return_in_order() {
    let log = Log::default();
    let ws = log.of(once("/echo")).connect().unwrap();
    assert_eq!(ws.state(), State::Connecting);
    ws.send("queued before open").unwrap();
    ws.send(vec![0_u8, 1, 255]).unwrap();
    ws.send("").unwrap();
    ws.send(Vec::new()).unwrap();
    ws.send("Grüße \u{1F600}").unwrap();
    log.until(1, "text Grüße \u{1F600}").await;
    let binary = r#"binary b"\0\x01\xff""#;
    assert_eq!(
        log.lines(),
        ["open", "text queued before open", binary, "text ", r#"binary b"""#, "text Grüße \u{1F600}"]
    );
    let stats = ws.stats();
    assert_eq!((stats.messages_sent, stats.messages_received), (5, 5));
    ws.flush().await.unwrap();
    assert_eq!(ws.buffered_amount(), 0);
    ws.close(3000, "bye").unwrap();
    let end = ws.closed().await;
    assert_eq!(end.reason, EndReason::Closed);
    assert_eq!(&log.lines()[6..], [r#"close 3000 "" true Local"#, "end Closed"]);
}

#[wasm_bindgen_test]
async fn s14_send_buffer_has_a_limit() {
    let log = Log::default();
    let ws = log.of(once("/sink").max_send_buffer(100_000)).connect().unwrap();
    log.until(1, "open").await;
    for _ in 0..3 {
        while ws.send(vec![0_u8; 30_000]).is_ok() {}
        assert_eq!(ws.send("x").unwrap_err().kind(), SendErrorKind::Full);
        ws.ready().await;
    }
    ws.flush().await.unwrap();
    assert_eq!(ws.buffered_amount(), 0);
    assert!(log.count("full") == 3 && log.count("drain") == 3, "{:?}", log.lines());
    // The buffer also drains when no future waits for it.
    ws.send(vec![0_u8; 60_000]).unwrap();
    until("an empty buffer", || ws.buffered_amount() == 0).await;
}
