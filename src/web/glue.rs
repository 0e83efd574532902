//! All that is imported from JavaScript, but for the worker's.
//!
//! Not `js_sys` and `web_sys`: everything would be in there, some with more calls out of wasm than needed, but linking
//! them alone costs a page as much as ten imports. Everything is taken from `globalThis`, which windows, workers and
//! Node have alike. Each import costs about 80 bytes to load, so what is rarely used is read by its name, through one
//! import for all.

use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::describe::WasmDescribe;
use wasm_bindgen::prelude::*;

/// One type of closure for everything, as each costs glue. Its argument is given and not lent: taking back what was lent
/// is a call out of wasm (`table.fill`).
pub(super) type Callback = Closure<dyn Fn(JsValue)>;

/// A `Uint8Array` that goes straight into wasm memory, as a plain name: a constructor can have no other result.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl WasmDescribe for Bytes {
    fn describe() {
        Vec::<u8>::describe();
    }
}

impl FromWasmAbi for Bytes {
    type Abi = <Vec<u8> as FromWasmAbi>::Abi;

    // SAFETY: described as a `Vec<u8>`, it arrives as one.
    #[allow(unsafe_code)]
    unsafe fn from_abi(js: Self::Abi) -> Self {
        Self(unsafe { Vec::from_abi(js) })
    }
}

#[wasm_bindgen]
extern "C" {
    /// `globalThis`, which is an object and so its own value. As an imported static it would have to be kept, by code.
    #[wasm_bindgen(js_namespace = globalThis, js_name = valueOf)]
    pub(super) fn global_this() -> JsValue;

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub(super) fn date_now() -> f64;

    #[wasm_bindgen(js_namespace = Math)]
    pub(super) fn random() -> f64;

    /// Node's timers are objects, a browser's are numbers.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &JsValue, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timeout: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(super) fn queue_microtask(callback: &JsValue);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn warn(text: &str);

    /// The platform's own.
    #[wasm_bindgen(js_name = WebSocket)]
    pub(super) type BrowserSocket;

    #[wasm_bindgen(constructor, catch, js_class = "WebSocket")]
    pub(super) fn new(url: &str, protocols: &JsValue) -> Result<BrowserSocket, JsValue>;

    #[wasm_bindgen(method, getter, js_name = readyState)]
    pub(super) fn ready_state(this: &BrowserSocket) -> u16;

    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    pub(super) fn buffered_amount(this: &BrowserSocket) -> u32;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub(super) fn send_text(this: &BrowserSocket, text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub(super) fn send_bytes(this: &BrowserSocket, bytes: &[u8]) -> Result<(), JsValue>;

    /// Both arguments are optional, and so this is `close()` as well. It throws only for what may not be sent.
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &BrowserSocket, code: Option<u16>, reason: Option<&str>);

    pub(super) type MessageEvent;

    #[wasm_bindgen(method, getter)]
    pub(super) fn data(this: &MessageEvent) -> JsValue;

    /// The bytes of an `ArrayBuffer`, in one call where `js_sys` needs three.
    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub(super) fn copy(buffer: &JsValue) -> Bytes;

    pub(super) type Blob;

    #[wasm_bindgen(method, js_name = arrayBuffer)]
    pub(super) fn array_buffer(this: &Blob) -> Promise;

    /// With the same callback for both outcomes.
    pub(super) type Promise;

    #[wasm_bindgen(method)]
    pub(super) fn then(this: &Promise, fulfilled: &JsValue, rejected: &JsValue);

    pub(super) type EventTarget;

    #[wasm_bindgen(method, js_name = addEventListener)]
    pub(super) fn add_event_listener(this: &EventTarget, name: &str, callback: &JsValue);

    #[wasm_bindgen(method, js_name = removeEventListener)]
    pub(super) fn remove_event_listener(this: &EventTarget, name: &str, callback: &JsValue);

    #[wasm_bindgen(js_name = URL)]
    type Url;

    /// The base is optional.
    #[wasm_bindgen(constructor, catch, js_class = "URL")]
    fn new(text: &str, base: Option<&str>) -> Result<Url, JsValue>;

    type JsString;

    #[wasm_bindgen(method)]
    fn split(this: &JsString, separator: &str) -> JsValue;

    type Named;

    #[wasm_bindgen(method, indexing_getter)]
    fn get(this: &Named, name: &str) -> JsValue;

    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Named, name: &str, value: &JsValue);
}

/// Of memory that threads share a browser takes no view, only a copy.
#[cfg(target_feature = "atomics")]
#[wasm_bindgen]
extern "C" {
    pub(super) type Uint8Array;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(bytes: &[u8]) -> Uint8Array;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub(super) fn send_array(this: &BrowserSocket, bytes: &Uint8Array) -> Result<(), JsValue>;
}

/// An array of texts, in which there are no commas.
pub(super) fn array(texts: &[String]) -> JsValue {
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(text);
    }
    // Nothing, split between each two of its letters, is an empty array.
    let separator = if joined.is_empty() { "" } else { "," };
    JsValue::from(joined).unchecked_ref::<JsString>().split(separator)
}

/// A member of an object, by its name.
#[inline(never)]
pub(super) fn member(of: &JsValue, name: &str) -> JsValue {
    of.unchecked_ref::<Named>().get(name)
}

/// As [`member`]; empty where it is no text.
#[inline(never)]
pub(super) fn text(of: &JsValue, name: &str) -> String {
    member(of, name).as_string().unwrap_or_default()
}

/// As [`member`]; `None` where it is no number.
pub(super) fn number(of: &JsValue, name: &str) -> Option<f64> {
    member(of, name).as_f64()
}

/// As [`member`]; `false` where it is missing.
pub(super) fn is(of: &JsValue, name: &str) -> bool {
    member(of, name).is_truthy()
}

pub(super) fn set(of: &JsValue, name: &str, value: &JsValue) {
    of.unchecked_ref::<Named>().set(name, value);
}

/// What `globalThis` has by this name, if it has that.
pub(super) fn global(name: &str) -> Option<JsValue> {
    let found = member(&global_this(), name);
    found.is_truthy().then_some(found)
}

/// A URL as the browser reads it.
pub(super) fn parse_url(text: &str, base: Option<&str>) -> Option<JsValue> {
    Url::new(text, base).ok().map(JsValue::from)
}

/// `u64::to_string` would bring the whole formatter along.
pub(super) fn decimal(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return text;
        }
    }
}
