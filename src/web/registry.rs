//! The event loops of this thread, and the page's events, which all of them receive.

use alloc::rc::Rc;
use core::cell::RefCell;

use wasm_bindgen::JsValue;

use super::event_loop::EventLoop;
use super::events::{Kind, News};
use super::page::Listeners;
use super::sync::with;
#[cfg(target_feature = "atomics")]
use super::thread_waker::ThreadWaker;
use crate::driver::AttemptId;

struct Registry {
    event_loops: Vec<Rc<EventLoop>>,
    listeners: Option<Listeners>,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = const {
        RefCell::new(Registry { event_loops: Vec::new(), listeners: None })
    };
}

/// Creates an event loop, which removes itself from the registry when its client is done.
pub(super) fn new_event_loop() -> Rc<EventLoop> {
    EventLoop::new(run_woken, remove)
}

/// Adds an event loop. The first one of the thread registers listeners for the page's events.
pub(super) fn add(event_loop: &Rc<EventLoop>) {
    with(&REGISTRY, |registry| {
        registry.event_loops.push(event_loop.clone());
        let listen = || Listeners::add(|event| notify(Kind::Page(event), None));
        registry.listeners.get_or_insert_with(listen);
    });
}

/// Removes an event loop, and with the last one of the thread everything that they shared.
fn remove(id: u32) {
    // Dropped after the borrow of the registry.
    let _removed = with(&REGISTRY, |registry| {
        let position = registry.event_loops.iter().position(|event_loop| event_loop.id() == id);
        let event_loop = position.map(|position| registry.event_loops.remove(position));
        if !registry.event_loops.is_empty() {
            return (event_loop, None);
        }
        #[cfg(target_feature = "atomics")]
        ThreadWaker::remove();
        (event_loop, registry.listeners.take())
    });
}

/// Runs each event loop that was woken.
fn run_woken() {
    notify(Kind::Woken, None);
}

/// Runs the event loop with this number, because a timer of the worker fired.
pub(super) fn notify_timer(id: u32) {
    notify(Kind::Timer, Some(id));
}

/// Reports an event to the event loop with this number, or to all of them. [`Kind::Woken`] is for those that were woken.
fn notify(kind: Kind, id: Option<u32>) {
    let event_loops = with(&REGISTRY, |registry| registry.event_loops.clone());
    for event_loop in event_loops {
        if id.is_none_or(|id| event_loop.id() == id) && (kind != Kind::Woken || event_loop.is_woken()) {
            event_loop.notify(News { kind, attempt: AttemptId::default(), value: JsValue::UNDEFINED });
        }
    }
}
