//! Handles that are used on another thread than their client's, in a program whose threads share memory.
//!
//! Needs a running test server, and a nightly toolchain: `cargo xtask test "web threads"`.
#![cfg(all(target_family = "wasm", target_os = "unknown", target_feature = "atomics"))]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex;

use homing::{Reconnect, WebSocket};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use support::until;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    // The test runner serves the module's JavaScript there.
    const script = (name) => `
        import init, * as exported from "${new URL("/wasm-bindgen-test.js", location.href)}"
        onmessage = async ({ data: [module, memory] }) => {
            await init({ module_or_path: module, memory })
            exported["${name}"]()
            postMessage("done")
        }`;
    export function on_another_thread(module, memory, name) {
        return new Promise((resolve, reject) => {
            const url = URL.createObjectURL(new Blob([script(name)], { type: "text/javascript" }));
            const worker = new Worker(url, { type: "module" });
            worker.onmessage = resolve;
            worker.onerror = ({ message }) => reject(new Error(message));
            worker.postMessage([module, memory]);
        });
    }
"#)]
extern "C" {
    /// Calls an export in a new worker. The promise resolves when it has returned.
    fn on_another_thread(module: &JsValue, memory: &JsValue, name: &str) -> Promise;
}

async fn run_on_another_thread(name: &str) {
    let done = on_another_thread(&wasm_bindgen::module(), &wasm_bindgen::memory(), name);
    JsFuture::from(done).await.unwrap();
}

/// The handle, shared by both threads. Never contended, as one thread waits for the other.
static HANDLE: Mutex<Option<WebSocket>> = Mutex::new(None);

#[wasm_bindgen]
pub fn send_hello() {
    HANDLE.try_lock().unwrap().as_ref().unwrap().send("hello").unwrap();
}

#[wasm_bindgen]
pub fn drop_the_handle() {
    drop(HANDLE.try_lock().unwrap().take());
}

#[wasm_bindgen_test]
async fn s06_handle_wakes_its_client_from_another_thread() {
    let events = Rc::new(RefCell::new(Vec::new()));
    let ended = Rc::new(Cell::new(false));
    let (opens, messages, ends) = (events.clone(), events.clone(), ended.clone());
    let ws = WebSocket::builder("ws://127.0.0.1:7410/echo")
        .reconnect(Reconnect::never())
        .on_open(move |_, _| opens.borrow_mut().push("open".to_owned()))
        .on_message(move |_, message| messages.borrow_mut().push(message.as_text().unwrap().to_owned()))
        .on_end(move |_, _| ends.set(true))
        .connect()
        .unwrap();
    until("open", || *events.borrow() == ["open"]).await;
    *HANDLE.try_lock().unwrap() = Some(ws);

    // No other event wakes the client now.
    run_on_another_thread("send_hello").await;
    until("an answer", || *events.borrow() == ["open", "hello"]).await;
    run_on_another_thread("send_hello").await;
    until("another answer", || *events.borrow() == ["open", "hello", "hello"]).await;

    assert!(!ended.get());
    run_on_another_thread("drop_the_handle").await;
    until("the end", || ended.get()).await;

    // Another client on this thread, after the first one has removed the thread's waker.
    let ended = Rc::new(Cell::new(false));
    let ends = ended.clone();
    let builder = WebSocket::builder("ws://127.0.0.1:7410/echo").on_end(move |_, _| ends.set(true));
    *HANDLE.try_lock().unwrap() = Some(builder.connect().unwrap());
    run_on_another_thread("drop_the_handle").await;
    until("its end", || ended.get()).await;
}
