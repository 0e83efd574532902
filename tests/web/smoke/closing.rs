//! Closing: codes and the close timeout.

use homing::Initiator;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::log::Log;
use crate::{ms, once};

#[wasm_bindgen_test]
async fn s10_close_timeout_ends_the_client() {
    let log = Log::default();
    let ws = log.of(once("/close?code=1000&never=1").close_timeout(ms(100))).connect().unwrap();
    log.until(1, "open").await;
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s12_close_codes_and_initiators() {
    let of = |path| async move {
        let end = once(path).connect().unwrap().closed().await;
        let close = end.close.unwrap();
        (close.code.get(), close.reason, close.clean, close.initiator, end.error)
    };
    assert_eq!(of("/close?code=4001&reason=bye").await, (4001, "bye".into(), true, Initiator::Remote, None));
    assert_eq!(of("/close?code=1011").await, (1011, String::new(), true, Initiator::Remote, None));
    assert_eq!(of("/close").await, (1005, String::new(), true, Initiator::Remote, None));
    let ws = once("/echo").connect().unwrap();
    assert!(ws.close(1001, "").is_err() && ws.close(1000, "x".repeat(124)).is_err());
    ws.close(1000, "").unwrap();
    let close = ws.closed().await.close.unwrap();
    assert_eq!((close.code.get(), close.clean, close.initiator), (1006, false, Initiator::Local));
}
