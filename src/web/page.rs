//! Events of the page and the network (S8c).

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::glue::{self, Callback};
use crate::driver::PageEvent;

/// Events of `globalThis`, and then that of the document, each by its place, which is the number of its listener.
const EVENTS: [&str; 4] = ["online", "pagehide", "pageshow", "visibilitychange"];
const OF_DOCUMENT: usize = 3;

/// Calls a function for each of the page's events from now on, for as long as the page exists. Workers have some of these events,
/// Node has none.
pub(super) fn listen(on_event: fn(PageEvent)) {
    let callback: Callback = Closure::new(move |number, event| {
        if let Some(event) = page_event(number, &event) {
            on_event(event);
        }
    });
    let window = Some(glue::global_this());
    let document = glue::global("document");
    for (number, name) in EVENTS.iter().enumerate() {
        if let Some(target) = if number == OF_DOCUMENT { &document } else { &window } {
            let function = glue::bind(callback.as_ref(), number as u32);
            // Throws if `globalThis` is no event target, as in Node.
            let _ =
                target.unchecked_ref::<EventTarget>().add_event_listener_with_callback(name, function.unchecked_ref());
        }
    }
    // Once for each thread: the registry calls this function for its first client only.
    callback.forget();
}

/// Returns what an event means for clients, or `None` if nothing.
fn page_event(number: u32, event: &JsValue) -> Option<PageEvent> {
    let persisted = || glue::is(event, "persisted");
    match number {
        0 => Some(PageEvent::Online),
        1 if persisted() => Some(PageEvent::Frozen),
        2 if persisted() => Some(PageEvent::Thawed),
        3 if is_visible() => Some(PageEvent::Visible),
        _ => None,
    }
}

fn is_visible() -> bool {
    glue::global("document").is_some_and(|document| !glue::is(&document, "hidden"))
}
