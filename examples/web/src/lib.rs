//! The page's half of `index.html`. The handler is that of the native `examples/handler.rs`.

#[path = "../../shared/countdown.rs"]
mod countdown;

use countdown::Countdown;
use homing::WebSocket;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A function of the page.
    fn say(line: &str);
}

/// Connects to `url`, which may be relative to the page.
#[wasm_bindgen]
pub fn start(url: &str) -> Result<(), JsError> {
    let ws = WebSocket::builder(url).handler(Countdown::new(3, say)).connect()?;
    // Nothing here holds on to the client, so it has to live on by itself.
    ws.detach();
    Ok(())
}
