//! Receiving: blobs, which are read asynchronously, paused clients, the size limit and streams.

use futures::StreamExt as _;
use homing::{BinaryType, Event, Message};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::blobs::{held_blobs, hold_blobs, release_blobs};
use crate::log::Log;
use crate::support::{sleep, until};
use crate::{once, url};

#[wasm_bindgen(inline_js = r#"
    let unhandled = 0
    globalThis.addEventListener('unhandledrejection', () => unhandled++)
    export function unhandled_rejections() {
        return unhandled
    }

    const ends = []
    globalThis.WebSocket = class extends WebSocket {
        constructor(...args) {
            super(...args)
            this.addEventListener('close', () => ends.push(this.url))
        }
    }
    export function has_ended(url) {
        return ends.includes(url)
    }
"#)]
extern "C" {
    fn unhandled_rejections() -> u32;
    /// Returns whether a socket with this URL has fired a close event, whether a client has delivered it or not.
    fn has_ended(url: &str) -> bool;
}

/// The promise of a blob cannot be cancelled: here it is settled long after the client has ended.
#[wasm_bindgen_test]
async fn s03_blob_read_after_the_end_is_discarded() {
    hold_blobs();
    let log = Log::default();
    let ws = log.of(once("/echo").binary_type(BinaryType::Blob)).connect().unwrap();
    ws.send(&b"slow"[..]).unwrap();
    until("a blob that is being read", || held_blobs() == 1).await;
    ws.abort();
    ws.closed().await;
    drop(ws);
    sleep(0).await;
    release_blobs();
    sleep(10).await;
    assert_eq!(log.lines(), ["open", "close 1006 \"\" false Local", "end Closed"]);
    assert_eq!(unhandled_rejections(), 0);
}

#[wasm_bindgen_test]
async fn s21_nothing_behind_a_message_that_is_too_large_is_delivered() {
    let log = Log::default();
    let ws = log.of(once("/echo").max_message_size(5)).connect().unwrap();
    log.until(1, "open").await;
    ws.pause();
    ws.send("too large").unwrap();
    ws.send("small").unwrap();
    until("both wait", || ws.stats().bytes_held == 14).await;
    ws.resume();
    ws.closed().await;
    let lines = log.lines();
    assert!(lines.len() == 4 && lines[1].starts_with("error"), "{lines:?}");
}

#[wasm_bindgen_test]
async fn s16_blobs_and_texts_keep_their_order() {
    let log = Log::default();
    let ws = log.of(once("/echo").binary_type(BinaryType::Blob)).connect().unwrap();
    for round in 0..20_u8 {
        ws.send(vec![round; usize::from(round) * 50]).unwrap();
        ws.send(round.to_string()).unwrap();
    }
    log.until(1, "text 19").await;
    let lines = log.lines();
    assert_eq!(lines.len(), 41, "{lines:?}");
    for round in 0..20 {
        assert!(lines[1 + 2 * round].starts_with("binary"), "{lines:?}");
        assert_eq!(lines[2 + 2 * round], format!("text {round}"));
    }
    // A close does not wait for a blob that is being read. It is discarded as any message that arrives while closing.
    ws.send(vec![1_u8; 100_000]).unwrap();
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s21_message_over_the_limit_fails() {
    let log = Log::default();
    let ws = log.of(once("/text?n=1&size=200").max_message_size(100)).connect().unwrap();
    ws.closed().await;
    assert_eq!(log.lines(), ["open", "error MessageTooLarge 3", r#"close 1006 "" false Failure"#, "end Exhausted"]);
    let log = Log::default();
    let builder = once("/flood?n=2&size=200&binary=1").max_message_size(100).binary_type(BinaryType::Blob);
    log.of(builder).connect().unwrap().closed().await;
    assert_eq!(log.count("error MessageTooLarge 3"), 1);
}

#[wasm_bindgen_test]
async fn s22_paused_client_holds_messages() {
    let log = Log::default();
    let ws = log.of(once("/echo")).connect().unwrap();
    log.until(1, "open").await;
    ws.pause();
    for number in 0..5 {
        ws.send(number.to_string()).unwrap();
    }
    sleep(150).await;
    assert_eq!(log.lines(), ["open"]);
    ws.resume();
    log.until(1, "text 4").await;
    assert_eq!(log.lines(), ["open", "text 0", "text 1", "text 2", "text 3", "text 4"]);

    // The close is delivered after the held messages, and a message sent meanwhile is not lost.
    let log = Log::default();
    let path = "/close?code=4000&n=2";
    let ws = log.of(once(path)).connect().unwrap();
    ws.pause();
    log.until(1, "open").await;
    until("the end of the connection", || has_ended(&url(path))).await;
    assert_eq!(log.lines(), ["open"]);
    ws.send("late").unwrap();
    sleep(50).await;
    ws.resume();
    let end = ws.closed().await;
    assert_eq!(log.lines(), ["open", "text 0", "text 1", r#"close 4000 "" true Remote"#, "end Exhausted"]);
    assert_eq!((end.unsent, ws.take_unsent()), (1, vec![Message::text("late")]));

    // Without held messages, a paused client reports the close at once.
    let log = Log::default();
    let ws = log.of(once("/close?code=4000&after=1")).connect().unwrap();
    log.until(1, "open").await;
    ws.pause();
    ws.send("x").unwrap();
    log.until(1, "end Exhausted").await;

    let log = Log::default();
    let inner = log.clone();
    let ws = once("/numbered?n=4").on_message(move |ws, message| {
        inner.add(message.as_text().unwrap());
        ws.pause();
    });
    let ws = ws.connect().unwrap();
    for seen in 1..=4 {
        log.until(1, &(seen - 1).to_string()).await;
        sleep(30).await;
        assert_eq!(log.lines().len(), seen);
        ws.resume();
    }
}

/// Also a blob whose reading had begun before the pause.
#[wasm_bindgen_test]
async fn s22_paused_client_holds_blobs() {
    hold_blobs();
    let log = Log::default();
    let ws = log.of(once("/echo").binary_type(BinaryType::Blob)).connect().unwrap();
    ws.send(&b"blob"[..]).unwrap();
    ws.send("text").unwrap();
    until("a blob that is being read", || held_blobs() == 1).await;
    ws.pause();
    release_blobs();
    sleep(150).await;
    assert_eq!(log.lines(), ["open"]);
    ws.resume();
    log.until(1, "text text").await;
    assert_eq!(log.lines(), ["open", r#"binary b"blob""#, "text text"]);
}

#[wasm_bindgen_test]
async fn s22_stream_yields_messages() {
    let (ws, mut events) = once("/numbered?n=3").connect_stream().unwrap();
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Message(message) => {
                seen.push(message.as_text().unwrap().to_owned());
                if seen.len() == 3 {
                    ws.close(1000, "").unwrap();
                }
            }
            Event::End(_) => break,
            _ => {}
        }
    }
    assert_eq!(seen, ["0", "1", "2"]);
}
