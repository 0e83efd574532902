//! The life of a client: configuration, callbacks, handles and the end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use homing::{Builder, Heartbeat, Reconnect, WebSocket};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page_events::dispatch_persisted;
use crate::support::{sleep, until};
use crate::{ms, once, url};

#[wasm_bindgen_test]
async fn s01_invalid_options_fail() {
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
    // Resolved against the page, whose server accepts no WebSockets.
    let ws = WebSocket::builder("/no-such-socket?a=b").reconnect(Reconnect::never()).connect().unwrap();
    let shown = ws.closed().await.error.unwrap().to_string();
    assert!(shown.contains("/no-such-socket)") && shown.contains("(ws://"), "{shown}");
}

#[wasm_bindgen_test]
async fn s05_callbacks_never_nest() {
    let inside = Rc::new(Cell::new(false));
    let closes = Rc::new(Cell::new(0));
    let (of_message, of_close, count) = (inside.clone(), inside.clone(), closes.clone());
    let ws = WebSocket::builder(url("/echo"))
        .reconnect(Reconnect::fixed(ms(10)))
        .on_open(|ws, _| ws.send("go").unwrap())
        .on_message(move |ws, _| {
            assert!(!of_message.replace(true));
            // An event of the page inside a callback.
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
fn s06_handles_are_send_and_sync() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<WebSocket>();
}

struct Guard(Rc<Cell<bool>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[wasm_bindgen_test]
async fn s06_handler_is_freed_at_the_end() {
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
async fn s24_chosen_subprotocol_is_reported() {
    let chosen = Rc::new(RefCell::new(None));
    let reported = chosen.clone();
    let ws = once("/protocol?answer=chat").protocol("other").protocol("chat");
    let ws = ws.on_open(move |ws, handshake| {
        *reported.borrow_mut() = handshake.protocol.clone();
        let _ = ws.close(1000, "");
    });
    ws.connect().unwrap().closed().await;
    assert_eq!(chosen.borrow().as_deref(), Some("chat"));
    // Not every browser checks this, so the client does.
    let end = once("/echo").protocol("chat").connect().unwrap().closed().await;
    assert!(end.error.is_some());
}
