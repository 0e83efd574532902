//! A minimal app with a whole client: it sends "hello" and echoes every message.

use homing::WebSocket;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn start(url: &str) {
    let connected = WebSocket::builder(url)
        .on_open(|ws, _| {
            let _ = ws.send("hello");
        })
        .on_message(|ws, message| {
            let _ = ws.send(message);
        })
        .connect();
    if let Ok(ws) = connected {
        ws.detach();
    }
}
