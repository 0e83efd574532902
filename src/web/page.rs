//! What the page tells of itself and the network (S8c).

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::client::Kind;
use super::glue::{self, Callback, EventTarget};
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
        this.for_each(EventTarget::add_event_listener);
        this
    }

    fn for_each(&self, act: fn(&EventTarget, &str, &JsValue)) {
        let window = glue::global_this();
        // Node's is no event target.
        if !glue::is(&window, "addEventListener") {
            return;
        }
        OF_WINDOW.iter().for_each(|name| act(window.unchecked_ref(), name, self.callback.as_ref()));
        if let Some(document) = glue::global("document") {
            act(document.unchecked_ref(), OF_DOCUMENT, self.callback.as_ref());
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.for_each(EventTarget::remove_event_listener);
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
