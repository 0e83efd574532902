//! JavaScript imports that `web_sys` and `js_sys` lack, or have with more calls between wasm and JavaScript than needed.
//!
//! Everything is taken from `globalThis`, which windows, workers and Node have. Each import adds about 80 bytes to an app,
//! so members that are rarely used are read by name, through one import for all of them.

use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::describe::WasmDescribe;
use wasm_bindgen::prelude::*;

/// The type of every closure, as each type adds glue code. The first argument is a number, added by [`bind`], so that one closure
/// serves all events of a client. It takes the other one by value: after a borrowed argument, wasm calls JavaScript once more to
/// release it.
pub(super) type Callback = Closure<dyn Fn(u32, JsValue)>;

/// The content of a `Uint8Array`, copied directly into wasm memory. A type with a name, as an imported constructor cannot
/// return a `Vec`.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl WasmDescribe for Bytes {
    fn describe() {
        Vec::<u8>::describe();
    }
}

impl FromWasmAbi for Bytes {
    type Abi = <Vec<u8> as FromWasmAbi>::Abi;

    // SAFETY: it is described as a `Vec<u8>`, so JavaScript passes one.
    #[allow(unsafe_code)]
    unsafe fn from_abi(js: Self::Abi) -> Self {
        Self(unsafe { Vec::from_abi(js) })
    }
}

#[wasm_bindgen]
extern "C" {
    /// Returns `globalThis`, by its method `valueOf`. An imported static would need code to store it.
    #[wasm_bindgen(js_namespace = globalThis, js_name = valueOf)]
    pub(super) fn global_this() -> JsValue;

    /// Node's timers are objects, a browser's are numbers.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &JsValue, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timeout: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(super) fn queue_microtask(callback: &JsValue);

    type Function;

    #[wasm_bindgen(method)]
    fn bind(this: &Function, of: &JsValue, number: u32) -> JsValue;

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn warn(text: &str);

    /// A `WebSocket`, whose `close` has two optional arguments. It throws only for a code or reason that may not be sent.
    pub(super) type Closable;

    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Closable, code: Option<u16>, reason: Option<&str>);

    /// Copies an `ArrayBuffer`, in one call where `js_sys` needs three.
    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub(super) fn copy(buffer: &JsValue) -> Bytes;

    /// A promise of any type.
    pub(super) type Promise;

    #[wasm_bindgen(method)]
    pub(super) fn then(this: &Promise, fulfilled: &JsValue, rejected: &JsValue);

    #[wasm_bindgen(js_name = URL)]
    type Url;

    /// The base is optional.
    #[wasm_bindgen(constructor, catch, js_class = "URL")]
    fn new(text: &str, base: Option<&str>) -> Result<Url, JsValue>;

    type Named;

    #[wasm_bindgen(method, indexing_getter)]
    fn get(this: &Named, name: &str) -> JsValue;

    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Named, name: &str, value: &JsValue);
}

/// Returns a function that calls a [`Callback`] with this number.
pub(super) fn bind(callback: &JsValue, number: u32) -> JsValue {
    callback.unchecked_ref::<Function>().bind(&JsValue::UNDEFINED, number)
}

/// Returns a member of an object, or `undefined`.
#[inline(never)]
pub(super) fn member(of: &JsValue, name: &str) -> JsValue {
    of.unchecked_ref::<Named>().get(name)
}

/// As [`member`], as a string; empty if it is none.
#[inline(never)]
pub(super) fn text(of: &JsValue, name: &str) -> String {
    member(of, name).as_string().unwrap_or_default()
}

/// As [`member`], as a number; `None` if it is none.
pub(super) fn number(of: &JsValue, name: &str) -> Option<f64> {
    member(of, name).as_f64()
}

/// As [`member`], as a boolean; `false` if it is missing.
pub(super) fn is(of: &JsValue, name: &str) -> bool {
    member(of, name).is_truthy()
}

pub(super) fn set(of: &JsValue, name: &str, value: &JsValue) {
    of.unchecked_ref::<Named>().set(name, value);
}

/// Returns a member of `globalThis`, if it exists.
pub(super) fn global(name: &str) -> Option<JsValue> {
    let found = member(&global_this(), name);
    found.is_truthy().then_some(found)
}

/// Parses a URL as the browser does.
pub(super) fn parse_url(text: &str, base: Option<&str>) -> Option<JsValue> {
    Url::new(text, base).ok().map(JsValue::from)
}

/// Formats a number. `usize::to_string` would add the whole formatter to every app.
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
