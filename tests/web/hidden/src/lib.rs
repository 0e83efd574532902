//! A client with a heartbeat, for use by the page.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use homing::web::BuilderExt;
use homing::{Heartbeat, Reconnect, WebSocket};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Client {
    ws: WebSocket,
    events: Rc<RefCell<Vec<String>>>,
}

#[wasm_bindgen]
impl Client {
    /// Connects. The heartbeat is sent every `interval` and must be answered within `timeout`, both in milliseconds.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, interval: u32, timeout: u32, in_worker: bool) -> Result<Self, JsValue> {
        let millis = |number| Duration::from_millis(u64::from(number));
        let events = Rc::new(RefCell::new(Vec::new()));
        let (open, message, error, close) = (events.clone(), events.clone(), events.clone(), events.clone());
        let ws = WebSocket::builder(url)
            .reconnect(Reconnect::fixed(Duration::from_millis(20)))
            .heartbeat(Heartbeat::message(millis(interval), millis(timeout), "beat"))
            .heartbeat_reply(|message| message.as_text() == Some("beat"))
            .heartbeat_in_worker(in_worker)
            .on_open(move |_, _| open.borrow_mut().push("open".into()))
            .on_message(move |_, text| message.borrow_mut().push(text.as_text().unwrap_or_default().into()))
            .on_error(move |_, failure| error.borrow_mut().push(failure.to_string()))
            .on_close(move |_, event| close.borrow_mut().push(event.code.to_string()))
            .connect()
            .map_err(|error| JsValue::from_str(&error.to_string()))?;
        Ok(Self { ws, events })
    }

    pub fn send(&self, text: String) {
        let _ = self.ws.send(text);
    }

    /// Returns the events of the client, in order.
    pub fn events(&self) -> Vec<String> {
        self.events.borrow().clone()
    }

    /// Returns how many heartbeats were sent.
    pub fn heartbeats(&self) -> u32 {
        self.ws.stats().heartbeats as u32
    }
}
