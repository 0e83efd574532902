//! The clients of this thread, and the one microtask they share.
//!
//! Handles are `Send`, a client is not: they know it by a number, and wake it by asking for a microtask that looks for
//! those that were woken, or, from another thread, by ringing at its own.

use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

#[cfg(target_feature = "atomics")]
use super::thread_waker::ThreadWaker;
use super::event_loop::{EventLoop, Kind, News};
use super::glue::{self, Callback};
use super::page::Listeners;
use crate::driver::AttemptId;

struct Registry {
    clients: Vec<Rc<EventLoop>>,
    listeners: Option<Listeners>,
    microtask: Option<Callback>,
    scheduled: bool,
}

thread_local! {
    static REGISTRY: RefCell<Registry> = const {
        RefCell::new(Registry { clients: Vec::new(), listeners: None, microtask: None, scheduled: false })
    };
}

/// Without the panics of `with_borrow_mut`, whose texts would have to be loaded: nobody else's code runs inside, and a
/// thread that ends has no clients left to tell.
fn with<R: Default>(act: impl FnOnce(&mut Registry) -> R) -> R {
    let act = |registry: &RefCell<Registry>| registry.try_borrow_mut().map(|mut registry| act(&mut registry));
    REGISTRY.try_with(act).ok().and_then(Result::ok).unwrap_or_default()
}

/// Stands for a client, on any thread.
pub(super) struct LoopWaker {
    id: u32,
    /// The client is at work, and looks at `woken` before it rests.
    busy: AtomicBool,
    woken: AtomicBool,
    /// Of the thread that the client lives on.
    #[cfg(target_feature = "atomics")]
    bell: ThreadWaker,
}

// Sequentially consistent, which costs nothing on wasm: between two threads, either the one that wakes sees that the
// client is not busy any more, or the client sees that it was woken.
impl LoopWaker {
    pub(super) fn new() -> Arc<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self {
            id,
            busy: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            #[cfg(target_feature = "atomics")]
            bell: ThreadWaker::here(),
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn works(&self) {
        self.busy.store(true, Ordering::SeqCst);
    }

    pub(super) fn rests(&self) {
        self.busy.store(false, Ordering::SeqCst);
        // By another thread, after the client looked for the last time.
        #[cfg(target_feature = "atomics")]
        if self.is_woken() {
            schedule();
        }
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    pub(super) fn take_woken(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.swap(true, Ordering::SeqCst) || self.busy.load(Ordering::SeqCst) {
            return;
        }
        #[cfg(target_feature = "atomics")]
        if !self.bell.is_here() {
            return self.bell.ring();
        }
        schedule();
    }
}

fn schedule() {
    with(|registry| {
        if !core::mem::replace(&mut registry.scheduled, true) {
            let microtask = registry.microtask.get_or_insert_with(|| Closure::new(|_: JsValue| run()));
            glue::queue_microtask(microtask.as_ref());
        }
    });
}

fn run() {
    with(|registry| registry.scheduled = false);
    tell_woken();
}

pub(super) fn tell_woken() {
    tell(EventLoop::is_woken, Kind::Woken);
}

pub(super) fn add(client: &Rc<EventLoop>) {
    with(|registry| {
        registry.clients.push(client.clone());
        registry.listeners.get_or_insert_with(Listeners::add);
    });
}

pub(super) fn remove(id: u32) {
    let _gone = with(|registry| {
        let position = registry.clients.iter().position(|client| client.id() == id);
        let client = position.map(|position| registry.clients.remove(position));
        if !registry.clients.is_empty() {
            return (client, None);
        }
        #[cfg(target_feature = "atomics")]
        ThreadWaker::remove();
        (client, registry.listeners.take())
    });
}

/// Tells those of the clients that are meant.
pub(super) fn tell(is_meant: impl Fn(&EventLoop) -> bool, kind: Kind) {
    let clients = with(|registry| registry.clients.clone());
    let news = News { kind, attempt: AttemptId::default(), value: &JsValue::UNDEFINED };
    clients.iter().filter(|client| is_meant(client)).for_each(|client| client.tell(news));
}
