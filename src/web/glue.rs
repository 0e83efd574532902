//! The few imports that `web_sys` and `js_sys` do not have, or have with more calls out of wasm than needed.
//!
//! Everything is taken from `globalThis`, which windows, workers and Node have alike. Each import costs about 80 bytes to
//! load, so what is rarely used is read by its name, through one import for all.

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

    /// Node's timers are objects, a browser's are numbers.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &JsValue, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timeout: &JsValue);

    #[wasm_bindgen(js_name = queueMicrotask)]
    pub(super) fn queue_microtask(callback: &JsValue);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn warn(text: &str);

    /// Both arguments are optional, and so this is `close()` as well. It throws only for what may not be sent.
    pub(super) type Closable;

    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Closable, code: Option<u16>, reason: Option<&str>);

    /// The bytes of an `ArrayBuffer`, in one call where `js_sys` needs three.
    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub(super) fn copy(buffer: &JsValue) -> Bytes;

    /// With the same callback for both outcomes.
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
