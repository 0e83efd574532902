//! Events of the page and the network (S8c).

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
        this.listen(true);
        this
    }

    /// Adds the listeners, or removes them. Not by function pointers: with the signature of these two methods, `wasm-opt` could not
    /// remove unused functions of `js-sys`.
    fn listen(&self, on: bool) {
        let listen = |target: &JsValue, name: &str| {
            let (target, callback) = (target.unchecked_ref::<EventTarget>(), self.callback.as_ref().unchecked_ref());
            // Throws if `globalThis` is no event target, as in Node.
            let _ = if on {
                target.add_event_listener_with_callback(name, callback)
            } else {
                target.remove_event_listener_with_callback(name, callback)
            };
        };
        let window = glue::global_this();
        OF_WINDOW.iter().for_each(|name| listen(&window, name));
        if let Some(document) = glue::global("document") {
            listen(&document, OF_DOCUMENT);
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.listen(false);
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
