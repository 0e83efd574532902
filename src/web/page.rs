//! What the page tells of itself and the network (S8c).

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventTarget, PageTransitionEvent};

use super::client::News;
use super::{glue, registry};
use crate::driver::PageEvent;

const OF_WINDOW: [&str; 3] = ["online", "pagehide", "pageshow"];
const OF_DOCUMENT: &str = "visibilitychange";

/// One set of listeners for all clients of the page; workers and Node have some of them or none.
pub(super) struct Listeners {
    callback: Closure<dyn Fn(JsValue)>,
}

impl Listeners {
    pub(super) fn add() -> Self {
        let this = Self { callback: Closure::new(|event: JsValue| tell(event.unchecked_ref())) };
        let function = this.callback.as_ref().unchecked_ref();
        for_each(|target, name| {
            // Fails where `globalThis` is no event target, as in Node.
            let _ = target.add_event_listener_with_callback(name, function);
        });
        this
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        for_each(|target, name| {
            let _ = target.remove_event_listener_with_callback(name, function);
        });
    }
}

fn for_each(act: impl Fn(&EventTarget, &str)) {
    glue::GLOBAL.with(|global| OF_WINDOW.iter().for_each(|name| act(global, name)));
    glue::DOCUMENT.with(|document| {
        if let Some(document) = document {
            act(document, OF_DOCUMENT);
        }
    });
}

fn tell(event: &Event) {
    let persisted = || event.unchecked_ref::<PageTransitionEvent>().persisted();
    let event = match event.type_().as_str() {
        "online" => PageEvent::Online,
        "pagehide" if persisted() => PageEvent::Frozen,
        "pageshow" if persisted() => PageEvent::Thawed,
        "visibilitychange" if is_visible() => PageEvent::Visible,
        _ => return,
    };
    for id in registry::ids() {
        registry::tell(id, News::Page(event));
    }
}

fn is_visible() -> bool {
    glue::DOCUMENT.with(|document| document.as_ref().is_some_and(|document| !document.hidden()))
}
