//! homing, with callbacks.

use std::rc::Rc;
use std::time::Duration;

use homing::{Heartbeat, Message, Reconnect, Text, WebSocket};
use wasm_bindgen::prelude::*;

use crate::Arrived;

#[wasm_bindgen]
pub struct Homing {
    ws: WebSocket,
    arrived: Rc<Arrived>,
    text: Message,
    binary: Message,
}

#[wasm_bindgen]
impl Homing {
    /// Creates a client. It sends "ping" at this interval in milliseconds, unless that is 0, and expects "pong".
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, interval: u32) -> Result<Self, JsError> {
        let arrived = Rc::new(Arrived::default());
        let to = arrived.clone();
        let mut builder = WebSocket::builder(url)
            .reconnect(Reconnect::fixed(Duration::from_millis(1)))
            .on_message(move |_, message| to.count(message.len()));
        if interval > 0 {
            let interval = Duration::from_millis(interval.into());
            builder = builder
                .heartbeat(Heartbeat::message(interval, interval, "ping"))
                .heartbeat_reply(|message| matches!(message, Message::Text(text) if text == "pong"));
        }
        Ok(Self { ws: builder.connect()?, arrived, text: "".into(), binary: "".into() })
    }

    /// Sets what is sent.
    pub fn payload(&mut self, text: String) {
        let text = Text::from(text);
        self.binary = Message::Binary(text.clone().into());
        self.text = text.into();
    }

    pub fn send_text(&self, messages: u32) -> Result<(), JsError> {
        Ok((0..messages).try_for_each(|_| self.ws.send(self.text.clone()))?)
    }

    pub fn send_binary(&self, messages: u32) -> Result<(), JsError> {
        Ok((0..messages).try_for_each(|_| self.ws.send(self.binary.clone()))?)
    }

    pub fn messages(&self) -> u32 {
        self.arrived.messages.get()
    }

    pub fn bytes(&self) -> usize {
        self.arrived.bytes.get()
    }

    pub fn close(&self) -> Result<(), JsError> {
        Ok(self.ws.close(1000, "")?)
    }
}
