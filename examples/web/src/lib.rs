//! The wasm module of `index.html`. It uses the same handler as the native `examples/handler.rs`.

#[path = "../../shared/countdown.rs"]
mod countdown;

use countdown::Countdown;
use homing::WebSocket;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Shows a line in the page.
    fn say(line: &str);
}

/// Connects to `url`, which may be relative to the page.
#[wasm_bindgen]
pub fn start(url: &str) -> Result<(), JsError> {
    let ws = WebSocket::builder(url).handler(Countdown::new(3, say)).connect()?;
    // No handle is kept, which would close the client. Detached, it keeps running.
    ws.detach();
    Ok(())
}
