//! A minimal app with a whole client: it sends "hello" and echoes every message. Its features add what apps may use, or leave
//! out the client.

#[cfg(feature = "bare")]
mod bare;
#[cfg(not(any(feature = "bare", feature = "empty")))]
mod parts;

#[cfg(feature = "empty")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(url: &str) -> usize {
    url.len()
}

#[cfg(not(any(feature = "bare", feature = "empty")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(url: &str) {
    let builder = homing::WebSocket::builder(url)
        .on_open(|ws, _| {
            let _ = ws.send("hello");
        })
        .on_message(|ws, message| {
            let _ = ws.send(message);
        });
    if let Ok(ws) = parts::with(builder).connect() {
        parts::used(&ws);
        ws.detach();
    }
}
