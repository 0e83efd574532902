//! A client with a heartbeat, as the page sees it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use homing::web::BuilderExt;
use homing::{Heartbeat, Reconnect, WebSocket};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Client {
    ws: WebSocket,
    told: Rc<RefCell<Vec<String>>>,
}

#[wasm_bindgen]
impl Client {
    /// Beats every `interval`, and is answered within `timeout`: milliseconds.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, interval: u32, timeout: u32, in_worker: bool) -> Result<Self, JsValue> {
        let millis = |number| Duration::from_millis(u64::from(number));
        let told = Rc::new(RefCell::new(Vec::new()));
        let (open, message, error, close) = (told.clone(), told.clone(), told.clone(), told.clone());
        let ws = WebSocket::builder(url)
            .reconnect(Reconnect::fixed(Duration::from_millis(20)))
            .heartbeat(Heartbeat::message(millis(interval), millis(timeout), "beat"))
            .heartbeat_reply(|message| message.as_text() == Some("beat"))
            .heartbeat_in_worker(in_worker)
            .on_open(move |_, _| open.borrow_mut().push("open".into()))
            .on_message(move |_, told| message.borrow_mut().push(told.as_text().unwrap_or_default().into()))
            .on_error(move |_, told| error.borrow_mut().push(told.to_string()))
            .on_close(move |_, event| close.borrow_mut().push(event.code.to_string()))
            .connect()
            .map_err(|error| JsValue::from_str(&error.to_string()))?;
        Ok(Self { ws, told })
    }

    pub fn send(&self, text: String) {
        let _ = self.ws.send(text);
    }

    /// What the callbacks were told, in order.
    pub fn told(&self) -> Vec<String> {
        self.told.borrow().clone()
    }

    pub fn beats(&self) -> u32 {
        self.ws.stats().heartbeats as u32
    }
}
