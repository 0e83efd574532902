//! A client with bare closures, as written without a library.

use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::{Counter, payload};

/// A `WebSocket` of the browser with event handlers.
#[wasm_bindgen]
pub struct Bare {
    socket: WebSocket,
    counter: Rc<Counter>,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

#[wasm_bindgen]
impl Bare {
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, opened: Function, done: Function) -> Result<Self, JsValue> {
        let counter = Rc::new(Counter::new(done));
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);

        let on_open = Closure::<dyn FnMut()>::new(move || {
            let _ = opened.call0(&JsValue::UNDEFINED);
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));

        let (to, from) = (counter.clone(), socket.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let answer = match data.as_string() {
                Some(text) => to.take(text.as_bytes()),
                None => to.take(&Uint8Array::new(&data).to_vec()),
            };
            if answer {
                let _ = from.send_with_u8_array(&payload());
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { socket, counter, _on_open: on_open, _on_message: on_message })
    }

    pub fn expect(&self, messages: u32, answers: bool) {
        self.counter.expect(messages, answers);
    }

    pub fn send(&self, messages: u32) {
        for _ in 0..messages {
            let _ = self.socket.send_with_u8_array(&payload());
        }
    }

    pub fn messages(&self) -> u32 {
        self.counter.messages.get()
    }

    pub fn bytes(&self) -> f64 {
        self.counter.bytes.get() as f64
    }

    pub fn close(&self) {
        self.socket.set_onmessage(None);
        let _ = self.socket.close();
    }
}
