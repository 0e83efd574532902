//! The browser's `WebSocket` with closures, as written without a library.

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::Arrived;

#[wasm_bindgen]
pub struct Bare {
    socket: WebSocket,
    arrived: Rc<Arrived>,
    payload: Vec<u8>,
    text: String,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

#[wasm_bindgen]
impl Bare {
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str) -> Result<Self, JsValue> {
        let arrived = Rc::new(Arrived::default());
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let to = arrived.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            match data.as_string() {
                Some(text) => to.count(text.len()),
                None => to.count(Uint8Array::new(&data).to_vec().len()),
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { socket, arrived, payload: Vec::new(), text: String::new(), _on_message: on_message })
    }

    /// Sets what is sent.
    pub fn payload(&mut self, text: String) {
        self.payload = text.clone().into();
        self.text = text;
    }

    pub fn send_text(&self, messages: u32) -> Result<(), JsValue> {
        (0..messages).try_for_each(|_| self.socket.send_with_str(&self.text))
    }

    pub fn send_binary(&self, messages: u32) -> Result<(), JsValue> {
        (0..messages).try_for_each(|_| self.socket.send_with_u8_array(&self.payload))
    }

    pub fn messages(&self) -> u32 {
        self.arrived.messages.get()
    }

    pub fn bytes(&self) -> usize {
        self.arrived.bytes.get()
    }

    pub fn close(&self) -> Result<(), JsValue> {
        self.socket.close_with_code(1000)
    }
}
