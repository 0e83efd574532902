//! Events of the page, dispatched by hand.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = dispatchEvent)]
    pub(crate) fn dispatch_event(event: &JsValue) -> bool;

    #[wasm_bindgen(js_namespace = document, js_name = dispatchEvent)]
    pub(crate) fn dispatch_at_document(event: &JsValue) -> bool;

    pub(crate) type DomEvent;

    #[wasm_bindgen(constructor, js_class = "Event")]
    pub(crate) fn new(name: &str) -> DomEvent;
}

/// Dispatches `pagehide` or `pageshow` as if the page entered or left the back/forward cache.
pub(crate) fn dispatch_persisted(name: &str) {
    let event = DomEvent::new(name);
    js_sys::Reflect::set(&event, &"persisted".into(), &true.into()).unwrap();
    dispatch_event(&event);
}
