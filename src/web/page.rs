//! What the page tells of itself and the network (S8c).

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::event_loop::Kind;
use super::glue::{self, Callback};
use super::registry;
use crate::driver::PageEvent;

const OF_WINDOW: [&str; 3] = ["online", "pagehide", "pageshow"];
const OF_DOCUMENT: &str = "visibilitychange";

/// One set of listeners for all clients of the page; workers and Node have some of them or none.
pub(super) struct Listeners {
    callback: Callback,
}

impl Listeners {
    pub(super) fn add() -> Self {
        let this = Self { callback: Closure::new(tell) };
        this.for_each(|target, name, callback| target.add_event_listener_with_callback(name, callback));
        this
    }

    fn for_each(&self, act: fn(&EventTarget, &str, &Function) -> Result<(), JsValue>) {
        let on = |target: &JsValue, name: &str| {
            // Fails where `globalThis` is no event target, as in Node.
            let _ = act(target.unchecked_ref(), name, self.callback.as_ref().unchecked_ref());
        };
        let window = glue::global_this();
        OF_WINDOW.iter().for_each(|name| on(&window, name));
        if let Some(document) = glue::global("document") {
            on(&document, OF_DOCUMENT);
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.for_each(|target, name, callback| target.remove_event_listener_with_callback(name, callback));
    }
}

fn tell(event: JsValue) {
    let persisted = || glue::is(&event, "persisted");
    let event = match glue::text(&event, "type").as_str() {
        "online" => PageEvent::Online,
        "pagehide" if persisted() => PageEvent::Frozen,
        "pageshow" if persisted() => PageEvent::Thawed,
        OF_DOCUMENT if is_visible() => PageEvent::Visible,
        _ => return,
    };
    registry::tell(|_| true, Kind::Page(event));
}

fn is_visible() -> bool {
    glue::global("document").is_some_and(|document| !glue::is(&document, "hidden"))
}
