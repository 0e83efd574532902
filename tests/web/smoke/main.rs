//! The browser's half against a real server, in a real browser: what each rule looks like from a page.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`. With that in another terminal,
//! `wasm-pack test --headless --chrome` or `--firefox` runs all tests for browsers, and with `--test web_smoke` these.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

#[path = "../support/blobs.rs"]
mod blobs;
#[path = "../support/mod.rs"]
mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use homing::web::BuilderExt;
use homing::{
    BinaryType, Builder, EndReason, ErrorKind, Event, Heartbeat, Initiator, Message, Reconnect, SendErrorKind, State,
    WebSocket,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use blobs::{held_blobs, hold_blobs, release_blobs};
use support::{sleep, until};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = dispatchEvent)]
    fn dispatch_event(event: &JsValue) -> bool;
    #[wasm_bindgen(js_namespace = document, js_name = dispatchEvent)]
    fn dispatch_at_document(event: &JsValue) -> bool;
    type DomEvent;
    #[wasm_bindgen(constructor, js_class = "Event")]
    fn new(name: &str) -> DomEvent;
}

#[wasm_bindgen(inline_js = r#"
    let unhandled = 0
    globalThis.addEventListener('unhandledrejection', () => unhandled++)
    export function unhandled_rejections() {
        return unhandled
    }
"#)]
extern "C" {
    fn unhandled_rejections() -> u32;
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An event of the page, as if it went to the back/forward cache or came back.
fn dispatch_persisted(name: &str) {
    let event = DomEvent::new(name);
    js_sys::Reflect::set(&event, &"persisted".into(), &true.into()).unwrap();
    dispatch_event(&event);
}

/// The URL of a script of the test server.
fn url(path: &str) -> String {
    format!("ws://127.0.0.1:7410{path}")
}

fn once(path: &str) -> Builder {
    WebSocket::builder(url(path)).reconnect(Reconnect::never())
}

/// What the callbacks were told, as text.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    fn of(&self, builder: Builder) -> Builder {
        let log = || self.clone();
        let (open, message, error, close, end) = (log(), log(), log(), log(), log());
        let (full, drain) = (log(), log());
        builder
            .on_open(move |_, _| open.add("open"))
            .on_message(move |_, arrived| match arrived {
                Message::Text(text) => message.add(format!("text {text}")),
                Message::Binary(data) => message.add(format!("binary {data:?}")),
            })
            .on_error(move |_, told| error.add(format!("error {:?} {}", told.kind(), told.code())))
            .on_close(move |_, event| {
                close.add(format!("close {} {:?} {} {:?}", event.code, event.reason, event.clean, event.initiator));
            })
            .on_buffer_full(move |_| full.add("full"))
            .on_buffer_drain(move |_| drain.add("drain"))
            .on_end(move |_, told| end.add(format!("end {:?}", told.reason)))
    }

    fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }

    async fn until(&self, count: usize, line: &str) {
        for _ in 0..1000 {
            if self.count(line) >= count {
                return;
            }
            sleep(10).await;
        }
        panic!("no {line:?}: {:?}", self.lines());
    }
}

#[wasm_bindgen_test]
fn s06_handles_are_send_and_sync() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<WebSocket>();
}

#[wasm_bindgen_test]
async fn echo() {
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
async fn s07_reconnects_after_a_cut() {
    let log = Log::default();
    let ws = log.of(WebSocket::builder(url("/drop?after=1")).reconnect(Reconnect::fixed(ms(20)))).connect().unwrap();
    for round in 1..=3 {
        log.until(round, "open").await;
        ws.send("cut me off").unwrap();
    }
    log.until(4, "open").await;
    let lines = log.lines();
    assert_eq!(lines[..4], ["open", "error Opaque 3", r#"close 1006 "" false Failure"#, "open"]);
    ws.abort();
    assert_eq!(ws.closed().await.reason, EndReason::Closed);
    sleep(100).await;
    assert_eq!(log.count("open"), 4);
}

#[wasm_bindgen_test]
async fn s23_a_refused_port_gives_an_error_then_1006() {
    let log = Log::default();
    let builder = WebSocket::builder("ws://127.0.0.1:9/?token=secret").reconnect(Reconnect::never());
    let ws = log.of(builder).connect().unwrap();
    let end = ws.closed().await;
    assert_eq!(log.lines(), ["error Opaque 1", r#"close 1006 "" false Failure"#, "end Exhausted"]);
    let error = end.error.unwrap();
    assert_eq!(*error.kind(), ErrorKind::Opaque);
    let told = error.to_string();
    assert!(told.contains("ws://127.0.0.1:9/") && !told.contains("secret"), "{told}");
}

#[wasm_bindgen_test]
async fn s12_close_codes() {
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

#[wasm_bindgen_test]
async fn s08d_open_timeout() {
    let log = Log::default();
    let ws = log.of(once("/stall").open_timeout(ms(100))).connect().unwrap();
    ws.closed().await;
    assert_eq!(log.lines(), ["error OpenTimeout 1", r#"close 1006 "" false Failure"#, "end Exhausted"]);
}

#[wasm_bindgen_test]
async fn s17_a_silent_peer() {
    let log = Log::default();
    let heartbeat = Heartbeat::message(ms(50), ms(100), "beat");
    let ws = log.of(once("/silent").heartbeat(heartbeat)).connect().unwrap();
    ws.closed().await;
    assert_eq!(log.lines(), ["open", "error HeartbeatTimeout 3", r#"close 1006 "" false Failure"#, "end Exhausted"]);
}

#[wasm_bindgen_test]
async fn s17_heartbeats_and_round_trips() {
    let log = Log::default();
    let heartbeat = Heartbeat::ping(ms(50), ms(5000)).or_message("beat");
    let ws = log.of(once("/echo").heartbeat(heartbeat).heartbeat_reply(|message| message.as_text() == Some("beat")));
    let ws = ws.heartbeat_in_worker(true).connect().unwrap();
    let start = js_sys::Date::now();
    until("beats and answers", || ws.stats().heartbeats >= 4 && ws.stats().last_rtt.is_some()).await;
    assert_eq!(log.lines(), ["open"]);
    let (beats, elapsed) = (ws.stats().heartbeats, js_sys::Date::now() - start);
    assert!(beats as f64 <= elapsed / 50.0 + 1.0, "{beats} in {elapsed} ms");
}

#[wasm_bindgen_test]
async fn s10_close_timeout() {
    let log = Log::default();
    let ws = log.of(once("/close?code=1000&never=1").close_timeout(ms(100))).connect().unwrap();
    log.until(1, "open").await;
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s01_configuration_is_checked() {
    let fault = |builder: Builder| builder.connect().expect_err("refused");
    for bad in
        ["ftp://example.com", "ws://example.com/#top", "ws://example.com/#", "ws://", "ws://a:0", "ws://user:secret@"]
    {
        let error = fault(WebSocket::builder(bad));
        assert!(error.option == "url" && !error.to_string().contains("secret"), "{bad}: {error}");
    }
    assert_eq!(fault(once("/echo").protocol("a, b")).option, "protocol");
    let error = fault(once("/echo").heartbeat(Heartbeat::ping(ms(50), ms(50))));
    assert!(error.option == "heartbeat" && error.fault.contains("or_message"), "{error}");
    // Against the page, where nothing answers.
    let ws = WebSocket::builder("/no-such-socket?a=b").reconnect(Reconnect::never()).connect().unwrap();
    let told = ws.closed().await.error.unwrap().to_string();
    assert!(told.contains("/no-such-socket)") && told.contains("(ws://"), "{told}");
}

#[wasm_bindgen_test]
async fn s16_blobs_are_read_in_order() {
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
    // A close does not wait for what is unread, which is dropped as any message that comes while closing.
    ws.send(vec![1_u8; 100_000]).unwrap();
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

/// The promise of a blob cannot be cancelled: it comes when the attempt, and here the client, is long gone.
#[wasm_bindgen_test]
async fn s03_a_blob_that_is_read_too_late_is_nobodys() {
    hold_blobs();
    let log = Log::default();
    let ws = log.of(once("/echo").binary_type(BinaryType::Blob)).connect().unwrap();
    ws.send(&b"slow"[..]).unwrap();
    until("a blob that is read", || held_blobs() == 1).await;
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
async fn s22_a_paused_client_holds_messages() {
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

    // The end does not overtake what is held, and what is sent meanwhile is not lost: "a", "b", Close 4000.
    let log = Log::default();
    let ws = log.of(once("/raw?hex=810161,810162,88020fa0")).connect().unwrap();
    ws.pause();
    log.until(1, "open").await;
    // Until the Close has arrived, of which nothing tells.
    sleep(2000).await;
    assert_eq!(log.lines(), ["open"]);
    ws.send("late").unwrap();
    sleep(50).await;
    ws.resume();
    let end = ws.closed().await;
    assert_eq!(log.lines(), ["open", "text a", "text b", r#"close 4000 "" true Remote"#, "end Exhausted"]);
    assert_eq!((end.unsent, ws.take_unsent()), (1, vec![Message::text("late")]));

    // With nothing in front of it, it is told at once.
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

/// Also one that was asked for before.
#[wasm_bindgen_test]
async fn s22_a_paused_client_holds_blobs() {
    hold_blobs();
    let log = Log::default();
    let ws = log.of(once("/echo").binary_type(BinaryType::Blob)).connect().unwrap();
    ws.send(&b"blob"[..]).unwrap();
    ws.send("text").unwrap();
    until("a blob that is read", || held_blobs() == 1).await;
    ws.pause();
    release_blobs();
    sleep(150).await;
    assert_eq!(log.lines(), ["open"]);
    ws.resume();
    log.until(1, "text text").await;
    assert_eq!(log.lines(), ["open", r#"binary b"blob""#, "text text"]);
}

#[wasm_bindgen_test]
async fn s21_too_large() {
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
async fn s14_the_buffer_has_a_limit() {
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
    // Also when nobody waits.
    ws.send(vec![0_u8; 60_000]).unwrap();
    until("an empty buffer", || ws.buffered_amount() == 0).await;
}

#[wasm_bindgen_test]
async fn s24_subprotocols() {
    let chosen = Rc::new(RefCell::new(None));
    let told = chosen.clone();
    let ws = once("/protocol?answer=chat").protocol("other").protocol("chat");
    let ws = ws.on_open(move |ws, handshake| {
        *told.borrow_mut() = handshake.protocol.clone();
        let _ = ws.close(1000, "");
    });
    ws.connect().unwrap().closed().await;
    assert_eq!(chosen.borrow().as_deref(), Some("chat"));
    // One browser refuses this, for another one it is ours to do.
    let end = once("/echo").protocol("chat").connect().unwrap().closed().await;
    assert!(end.error.is_some());
}

#[wasm_bindgen_test]
async fn s08b_providers() {
    let asked = Rc::new(Cell::new(0));
    let count = asked.clone();
    let log = Log::default();
    let builder = WebSocket::builder("/").reconnect(Reconnect::fixed(ms(10))).request_provider(move || {
        count.set(count.get() + 1);
        let round = count.get();
        async move {
            sleep(20).await;
            match round {
                1 => Err("no token".into()),
                2 => Ok(homing::Request::new("ftp://secret")),
                _ => Ok(homing::Request::new(url("/echo"))),
            }
        }
    });
    let ws = log.of(builder).connect().unwrap();
    log.until(1, "open").await;
    assert_eq!(log.count("error Provider 1"), 2);
    assert_eq!(asked.get(), 3);
    ws.close(1000, "").unwrap();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s05_nothing_nests() {
    let inside = Rc::new(Cell::new(false));
    let closes = Rc::new(Cell::new(0));
    let (of_message, of_close, count) = (inside.clone(), inside.clone(), closes.clone());
    let ws = WebSocket::builder(url("/echo"))
        .reconnect(Reconnect::fixed(ms(10)))
        .on_open(|ws, _| ws.send("go").unwrap())
        .on_message(move |ws, _| {
            assert!(!of_message.replace(true));
            // Events that happen in the middle of a callback.
            dispatch_persisted("pagehide");
            ws.send("more").unwrap();
            ws.reconnect();
            of_message.set(false);
        })
        .on_close(move |_, _| {
            assert!(!of_close.get());
            count.set(count.get() + 1);
            if count.get() == 1 {
                dispatch_persisted("pageshow");
            }
        })
        .connect()
        .unwrap();
    while closes.get() < 1 {
        sleep(10).await;
    }
    ws.abort();
    ws.closed().await;
}

#[wasm_bindgen_test]
async fn s08c_a_page_in_the_cache_has_no_connection() {
    let log = Log::default();
    let ws = log.of(WebSocket::builder(url("/echo")).reconnect(Reconnect::fixed(ms(10)))).connect().unwrap();
    log.until(1, "open").await;
    dispatch_persisted("pagehide");
    assert_eq!(log.lines(), ["open", r#"close 1006 "" false Local"#]);
    sleep(150).await;
    assert_eq!(ws.state(), State::Waiting);
    dispatch_persisted("pageshow");
    log.until(2, "open").await;
}

#[wasm_bindgen_test]
async fn s08c_a_client_that_shall_never_reconnect_ends_with_its_page() {
    let log = Log::default();
    let ws = log.of(once("/echo")).connect().unwrap();
    log.until(1, "open").await;
    dispatch_persisted("pagehide");
    dispatch_persisted("pageshow");
    assert_eq!(ws.closed().await.reason, EndReason::Exhausted);
    assert_eq!(log.lines(), ["open", r#"close 1006 "" false Local"#, "end Exhausted"]);
}

/// The network is back, or the page is shown.
const RETURNS: [fn(); 2] = [
    || {
        dispatch_event(&DomEvent::new("online"));
    },
    || {
        dispatch_at_document(&DomEvent::new("visibilitychange"));
    },
];

#[wasm_bindgen_test]
async fn s08c_whatever_returns_hurries_a_waiting_client() {
    for returns in RETURNS {
        let log = Log::default();
        let builder = WebSocket::builder(url("/drop?after=1")).reconnect(Reconnect::fixed(Duration::from_secs(3600)));
        let ws = log.of(builder).connect().unwrap();
        ws.send("cut me off").unwrap();
        log.until(1, r#"close 1006 "" false Failure"#).await;
        returns();
        log.until(2, "open").await;
        ws.abort();
    }
}

#[wasm_bindgen_test]
async fn s08c_whatever_returns_has_an_open_client_probed() {
    for returns in RETURNS {
        let log = Log::default();
        let heartbeat = Heartbeat::message(Duration::from_secs(3600), Duration::from_secs(30), "beat");
        let ws = log.of(once("/echo").heartbeat(heartbeat)).connect().unwrap();
        log.until(1, "open").await;
        assert_eq!(ws.stats().heartbeats, 0);
        returns();
        until("a heartbeat", || ws.stats().heartbeats == 1).await;
        ws.abort();
    }
}

struct Guard(Rc<Cell<bool>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[wasm_bindgen_test]
async fn s06_everything_is_freed_at_the_end() {
    for last in ["handle", "callback"] {
        let freed = Rc::new(Cell::new(false));
        let guard = Guard(freed.clone());
        let kept = Rc::new(RefCell::new(None::<WebSocket>));
        let inner = kept.clone();
        let ws = once("/echo").on_open(move |_, _| {
            let _ = &guard;
            inner.borrow_mut().take();
        });
        let ws = ws.connect().unwrap();
        if last == "handle" {
            sleep(100).await;
            drop(ws);
        } else {
            *kept.borrow_mut() = Some(ws);
        }
        until(last, || freed.get()).await;
    }
}

#[wasm_bindgen_test]
async fn events_as_a_stream() {
    use futures::StreamExt as _;
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
