//! The few imports that `web_sys` does not have, or has with more calls out of wasm than needed.
//!
//! Everything is taken from `globalThis`, which windows, workers and Node have alike.

use js_sys::Function;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::describe::WasmDescribe;
use wasm_bindgen::prelude::*;

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
    /// Node's timers are objects, a browser's are numbers.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &Function, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timeout: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(super) fn queue_microtask(callback: &Function);

    /// The bytes of an `ArrayBuffer`, in one call where `js_sys` needs three.
    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub(super) fn copy(buffer: &JsValue) -> Bytes;

    /// With the same callback for both outcomes.
    pub(super) type Promise;

    #[wasm_bindgen(method)]
    pub(super) fn then(this: &Promise, fulfilled: &JsValue, rejected: &JsValue);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn warn(text: &str);

    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    pub(super) static GLOBAL: web_sys::EventTarget;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    pub(super) static DOCUMENT: Option<Document>;

    #[wasm_bindgen(thread_local_v2, js_name = location)]
    pub(super) static LOCATION: Option<Location>;

    #[wasm_bindgen(extends = web_sys::EventTarget)]
    pub(super) type Document;

    #[wasm_bindgen(method, getter, js_name = baseURI)]
    pub(super) fn base_uri(this: &Document) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn hidden(this: &Document) -> bool;

    pub(super) type Location;

    #[wasm_bindgen(method, getter)]
    pub(super) fn href(this: &Location) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn origin(this: &Location) -> String;

    #[wasm_bindgen(js_name = URL)]
    pub(super) type Url;

    /// The base is optional.
    #[wasm_bindgen(constructor, catch, js_class = "URL")]
    pub(super) fn new(text: &str, base: Option<&str>) -> Result<Url, JsValue>;

    #[wasm_bindgen(method, getter, js_class = "URL", js_name = href)]
    pub(super) fn resolved(this: &Url) -> String;
}
