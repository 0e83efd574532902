//! The same client, with this library.

use std::rc::Rc;

use homing::{Reconnect, WebSocket};
use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::{Counter, payload};

#[wasm_bindgen]
pub struct Homing {
    ws: WebSocket,
    counter: Rc<Counter>,
}

#[wasm_bindgen]
impl Homing {
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, opened: Function, done: Function) -> Result<Self, JsValue> {
        let counter = Rc::new(Counter::new(done));
        let to = counter.clone();
        let ws = WebSocket::builder(url)
            // A reconnect would hide lost messages.
            .reconnect(Reconnect::never())
            .on_open(move |_, _| {
                let _ = opened.call0(&JsValue::UNDEFINED);
            })
            .on_message(move |ws, message| {
                if to.take(message.as_bytes()) {
                    let _ = ws.send(payload());
                }
            })
            .connect()
            .map_err(|error| JsValue::from_str(&error.to_string()))?;
        Ok(Self { ws, counter })
    }

    pub fn expect(&self, messages: u32, answers: bool) {
        self.counter.expect(messages, answers);
    }

    pub fn send(&self, messages: u32) {
        for _ in 0..messages {
            let _ = self.ws.send(payload());
        }
    }

    pub fn messages(&self) -> u32 {
        self.counter.messages.get()
    }

    pub fn bytes(&self) -> f64 {
        self.counter.bytes.get() as f64
    }

    pub fn close(&self) {
        self.ws.abort();
    }
}
