//! The two sides of the benchmark: `Bare` and `Homing` do the same, and the page calls the same methods.

mod bare;
mod homing;

use std::cell::Cell;
use std::hint::black_box;

use js_sys::Function;
use wasm_bindgen::JsValue;

/// Returns a payload of 16 bytes, allocated for each message as in an application.
fn payload() -> Vec<u8> {
    black_box(b"0123456789abcdef").to_vec()
}

/// Counts messages, and calls `done` after the last one.
struct Counter {
    wanted: Cell<u32>,
    answers: Cell<bool>,
    messages: Cell<u32>,
    bytes: Cell<u64>,
    done: Function,
}

impl Counter {
    fn new(done: Function) -> Self {
        Self { wanted: Cell::new(0), answers: Cell::new(false), messages: Cell::new(0), bytes: Cell::new(0), done }
    }

    fn expect(&self, messages: u32, answers: bool) {
        self.wanted.set(messages);
        self.answers.set(answers);
        self.messages.set(0);
        self.bytes.set(0);
    }

    /// Counts a message. Returns whether to answer it.
    #[inline]
    fn take(&self, payload: &[u8]) -> bool {
        let messages = self.messages.get() + 1;
        self.messages.set(messages);
        self.bytes.set(self.bytes.get() + black_box(payload).len() as u64);
        if messages == self.wanted.get() {
            let _ = self.done.call0(&JsValue::UNDEFINED);
            return false;
        }
        self.answers.get()
    }
}
