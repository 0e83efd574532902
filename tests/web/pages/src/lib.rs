//! Clients for pages that tests control: each reports its events to a function of the page.

#[path = "../../support/memory.rs"]
mod memory;
mod options;

use std::rc::Rc;

use homing::{Message, WebSocket};
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::*;

/// A client. Dropping it (`free` in JavaScript) closes the connection.
#[wasm_bindgen]
pub struct Client {
    ws: WebSocket,
}

#[wasm_bindgen]
impl Client {
    /// Connects. The page's function is called with the kind of each event and a value: the text or the bytes of a message,
    /// the code of a close event, the text of an error. A close event has a third: its reason, and whether it was clean.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, options: &JsValue, notify: Function) -> Result<Self, JsValue> {
        // The page's function does not throw.
        let detailed = Rc::new(move |kind: &str, value: JsValue, details: JsValue| {
            let _ = notify.call3(&JsValue::UNDEFINED, &kind.into(), &value, &details);
        });
        let closed = detailed.clone();
        let report = Rc::new(move |kind: &str, value: JsValue| detailed(kind, value, JsValue::UNDEFINED));
        let (open, message, error, close, end) =
            (report.clone(), report.clone(), report.clone(), report.clone(), report.clone());
        let builder = options::apply(WebSocket::builder(url), options)
            .on_open(move |_, _| open("open", JsValue::UNDEFINED))
            .on_message(move |_, received| message("message", value(&received)))
            .on_error(move |_, failure| error("error", failure.to_string().into()))
            .on_close(move |_, event| {
                let details = Array::of2(&event.reason.as_str().into(), &event.clean.into());
                closed("close", event.code.get().into(), details.into());
                if let Some(delay) = event.retry_in {
                    close("reconnecting", (delay.as_secs_f64() * 1000.0).into());
                }
            })
            .on_end(move |_, how| end("end", format!("{:?}", how.reason).into()));
        let ws = builder.connect().map_err(|error| JsValue::from_str(&error.to_string()))?;
        Ok(Self { ws })
    }

    /// Sends a text, unless the client has ended.
    pub fn send(&self, text: String) {
        let _ = self.ws.send(text);
    }

    /// As `send`, for a binary message.
    #[wasm_bindgen(js_name = sendBytes)]
    pub fn send_bytes(&self, data: Vec<u8>) {
        let _ = self.ws.send(data);
    }

    pub fn close(&self) {
        let _ = self.ws.close(1000, "");
    }

    #[wasm_bindgen(js_name = closeWith)]
    pub fn close_with(&self, code: u16, reason: &str) {
        let _ = self.ws.close(code, reason);
    }

    pub fn reconnect(&self) {
        self.ws.reconnect();
    }

    pub fn state(&self) -> String {
        format!("{:?}", self.ws.state()).to_lowercase()
    }

    /// Returns how many heartbeats were sent.
    pub fn heartbeats(&self) -> u32 {
        self.ws.stats().heartbeats as u32
    }
}

/// Returns the bytes that the module has allocated and not freed.
#[wasm_bindgen(js_name = bytesInUse)]
pub fn bytes_in_use() -> usize {
    memory::in_use()
}

/// A message as the page is to see it.
fn value(message: &Message) -> JsValue {
    match message {
        Message::Text(text) => text.as_str().into(),
        Message::Binary(data) => Uint8Array::new_from_slice(data).buffer().into(),
    }
}
