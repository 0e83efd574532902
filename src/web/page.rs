//! Events of the page and the network (S8c).

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::glue::{self, Callback};
use crate::driver::PageEvent;

const OF_WINDOW: [&str; 3] = ["online", "pagehide", "pageshow"];
const OF_DOCUMENT: &str = "visibilitychange";

/// One set of listeners for all clients of the page. Workers have some of these events, Node has none.
pub(super) struct Listeners {
    callback: Callback,
}

impl Listeners {
    /// Calls `on_event` for each of the page's events from now on.
    pub(super) fn add(on_event: fn(PageEvent)) -> Self {
        let callback = Closure::new(move |event| {
            if let Some(event) = page_event(&event) {
                on_event(event);
            }
        });
        let this = Self { callback };
        this.for_each(|target, name, callback| target.add_event_listener_with_callback(name, callback));
        this
    }

    fn for_each(&self, act: fn(&EventTarget, &str, &Function) -> Result<(), JsValue>) {
        let on = |target: &JsValue, name: &str| {
            // Throws if `globalThis` is no event target, as in Node.
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

/// Returns what an event means for clients, or `None` if nothing.
fn page_event(event: &JsValue) -> Option<PageEvent> {
    let persisted = || glue::is(event, "persisted");
    Some(match glue::text(event, "type").as_str() {
        "online" => PageEvent::Online,
        "pagehide" if persisted() => PageEvent::Frozen,
        "pageshow" if persisted() => PageEvent::Thawed,
        OF_DOCUMENT if is_visible() => PageEvent::Visible,
        _ => return None,
    })
}

fn is_visible() -> bool {
    glue::global("document").is_some_and(|document| !glue::is(&document, "hidden"))
}
