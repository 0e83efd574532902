//! Leaks: of a client that reconnects all the time, and of clients that are dropped at any stage.
//!
//! Needs a running test server: `cargo run -p homing-test-server -- 7410 7411`.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]

#[path = "../support/blobs.rs"]
mod blobs;
#[path = "../support/memory.rs"]
mod memory;
mod reconnects;
mod stages;
#[path = "../support/mod.rs"]
mod support;

use homing::{Builder, WebSocket};
use js_sys::{ArrayBuffer, Promise, WebAssembly};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test_configure;

use support::sleep;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    export async function get(url) {
        return await (await fetch(url)).text();
    }
    const { error } = console;
    let errors = [];
    const note = (event) => errors.push(`${event.type}: ${event.message ?? event.reason}`);
    export function record_errors() {
        console.error = (...words) => {
            errors.push(words.join(" "));
            error.apply(console, words);
        };
        for (const type of ["error", "unhandledrejection"]) addEventListener(type, note);
    }
    export function recorded_errors() {
        console.error = error;
        for (const type of ["error", "unhandledrejection"]) removeEventListener(type, note);
        return errors.splice(0);
    }

    let arrivals = 0;
    globalThis.WebSocket = class extends WebSocket {
        constructor(...args) {
            super(...args);
            this.addEventListener("message", () => arrivals++);
        }
    };
    export function arrived() {
        return arrivals;
    }
"#)]
extern "C" {
    fn get(url: &str) -> Promise;
    /// Starts to record what the console shows as errors of the page.
    fn record_errors();
    fn recorded_errors() -> Vec<String>;
    /// Returns how many message events all sockets have fired, whether a client has delivered them or not.
    fn arrived() -> usize;
}

async fn ask(path: &str) -> String {
    JsFuture::from(get(&format!("http://127.0.0.1:7411{path}"))).await.unwrap().as_string().unwrap()
}

/// Returns the size of the module's memory, and how much of it is in use.
fn memory() -> (u32, usize) {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: ArrayBuffer = memory.buffer().unchecked_into();
    (buffer.byte_length(), memory::in_use())
}

/// Fails if the second half of a test needed more memory than the first.
fn assert_no_growth(half: (u32, usize), end: (u32, usize)) {
    assert_eq!(half.0, end.0, "the memory of the module has grown");
    // Tables and queues keep their capacity. A leak of one byte in each round would be more than this.
    assert!(end.1 < half.1 + 256, "in use: {} bytes, then {}", half.1, end.1);
}

struct Server(String);

impl Server {
    async fn start() -> Self {
        record_errors();
        Self(ask("/start").await)
    }

    fn client(&self, path: &str) -> Builder {
        WebSocket::builder(format!("ws://127.0.0.1:{}{path}", self.0)).heartbeat(None)
    }

    /// Fails if the server still has a connection, or if the console has shown errors.
    async fn end(self) {
        let mut left = String::new();
        for _ in 0..3000 {
            left = ask(&format!("/{}/connections", self.0)).await;
            if left == "0" {
                break;
            }
            sleep(10).await;
        }
        ask(&format!("/{}/end", self.0)).await;
        assert_eq!(left, "0", "connections are left");
        assert_eq!(recorded_errors(), [""; 0]);
    }
}
