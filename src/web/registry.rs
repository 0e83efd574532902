//! The event loops of this thread, and the page's events, which all of them receive.

use alloc::rc::Rc;
use core::cell::RefCell;

use wasm_bindgen::JsValue;

use super::event_loop::EventLoop;
use super::events::{Kind, News};
use super::page;
use super::sync::with;
#[cfg(target_feature = "atomics")]
use super::thread_waker::ThreadWaker;
use crate::driver::AttemptId;

struct Registry {
    /// In ascending order of their numbers.
    event_loops: Vec<Rc<EventLoop>>,
    /// The page's events are reported.
    listens: bool,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = const {
        RefCell::new(Registry { event_loops: Vec::new(), listens: false })
    };
}

/// Creates an event loop, which removes itself from the registry when its client is done.
pub(super) fn new_event_loop() -> Rc<EventLoop> {
    EventLoop::new(run_woken, remove)
}

/// Adds an event loop. The first one of the thread adds listeners for the page's events, which stay: a page that opens one connection
/// after the other would add and remove them each time.
pub(super) fn add(event_loop: &Rc<EventLoop>) {
    with(&REGISTRY, |registry| {
        registry.event_loops.push(event_loop.clone());
        if !core::mem::replace(&mut registry.listens, true) {
            page::listen(|event| notify(Kind::Page(event)));
        }
    });
}

/// Removes an event loop, and with the last one of the thread the thread's waker.
fn remove(id: u32) {
    // Dropped after the borrow of the registry.
    let _removed = with(&REGISTRY, |registry| {
        let position = registry.event_loops.iter().position(|event_loop| event_loop.id() == id);
        let event_loop = position.map(|position| registry.event_loops.remove(position));
        #[cfg(target_feature = "atomics")]
        if registry.event_loops.is_empty() {
            ThreadWaker::remove();
        }
        event_loop
    });
}

/// Runs each event loop that was woken.
fn run_woken() {
    notify(Kind::Woken);
}

/// Runs the event loop with this number, because a timer of the worker fired.
pub(super) fn notify_timer(id: u32) {
    if let Some(event_loop) = next(id + 1, Kind::Timer).filter(|event_loop| event_loop.id() == id) {
        report(&event_loop, Kind::Timer);
    }
}

/// Reports an event to all event loops, the latest first: a client that a callback creates meanwhile has nothing to do with what
/// was before. [`Kind::Woken`] is for those that were woken.
fn notify(kind: Kind) {
    let mut below = u32::MAX;
    while let Some(event_loop) = next(below, kind) {
        below = event_loop.id();
        report(&event_loop, kind);
    }
}

fn report(event_loop: &EventLoop, kind: Kind) {
    event_loop.notify(News { kind, attempt: AttemptId::default(), value: JsValue::UNDEFINED });
}

/// Returns the last event loop below this number that an event of this kind is for. One at a time, as the callbacks of a client may
/// add and remove others.
fn next(below: u32, kind: Kind) -> Option<Rc<EventLoop>> {
    with(&REGISTRY, |registry| {
        let event_loops = &registry.event_loops;
        let earlier = event_loops.get(..event_loops.partition_point(|event_loop| event_loop.id() < below))?;
        earlier.iter().rfind(|event_loop| kind != Kind::Woken || event_loop.is_woken()).cloned()
    })
}
