//! The same app with the browser's `WebSocket`, which neither reconnects nor queues.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type WebSocket;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str) -> Result<WebSocket, JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    fn send_text(this: &WebSocket, text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    fn send_bytes(this: &WebSocket, bytes: &[u8]) -> Result<(), JsValue>;

    #[wasm_bindgen(method, setter, js_name = binaryType)]
    fn set_binary_type(this: &WebSocket, binary_type: &str);

    #[wasm_bindgen(method, setter)]
    fn set_onopen(this: &WebSocket, callback: &JsValue);

    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &WebSocket, callback: &JsValue);

    type MessageEvent;

    #[wasm_bindgen(method, getter)]
    fn data(this: &MessageEvent) -> JsValue;

    type Uint8Array;

    #[wasm_bindgen(constructor)]
    fn new(buffer: &JsValue) -> Uint8Array;

    #[wasm_bindgen(method, js_name = slice)]
    fn to_vec(this: &Uint8Array) -> Vec<u8>;
}

#[wasm_bindgen]
pub fn start(url: &str) {
    let Ok(ws) = WebSocket::new(url) else { return };
    ws.set_binary_type("arraybuffer");
    let on_open = Closure::<dyn Fn(JsValue)>::new({
        let ws = ws.clone();
        move |_| drop(ws.send_text("hello"))
    });
    let on_message = Closure::<dyn Fn(JsValue)>::new({
        let ws = ws.clone();
        move |event: JsValue| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            let _ = match data.as_string() {
                Some(text) => ws.send_text(&text),
                None => ws.send_bytes(&Uint8Array::new(&data).to_vec()),
            };
        }
    });
    ws.set_onopen(on_open.as_ref());
    ws.set_onmessage(on_message.as_ref());
    on_open.forget();
    on_message.forget();
}
