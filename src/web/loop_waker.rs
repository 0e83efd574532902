//! Wakes an event loop from anywhere.
//!
//! Handles are `Send`, event loops are not. A handle therefore holds a [`LoopWaker`], which identifies the event loop by
//! a number. Waking it queues one microtask for all event loops of the thread; from another thread it wakes the thread
//! first.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::glue::{self, Callback};
use super::sync::with;
#[cfg(target_feature = "atomics")]
use super::thread_waker::ThreadWaker;

/// Identifies an event loop on any thread, and wakes it.
pub(super) struct LoopWaker {
    id: u32,
    /// The event loop is running, and checks `woken` before it returns.
    busy: AtomicBool,
    woken: AtomicBool,
    /// Runs every event loop of its thread that was woken.
    run_woken: fn(),
    /// Of the thread that the event loop runs on.
    #[cfg(target_feature = "atomics")]
    thread: ThreadWaker,
}

// Sequentially consistent, which costs nothing on wasm. Of two threads, either the one that wakes sees that the event
// loop is no longer busy, or the event loop sees that it was woken.
impl LoopWaker {
    /// `run_woken` is called on this thread after event loops were woken. It is the same function for all of them.
    pub(super) fn new(run_woken: fn()) -> Arc<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self {
            id,
            busy: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            run_woken,
            #[cfg(target_feature = "atomics")]
            thread: ThreadWaker::current(run_woken),
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn set_busy(&self) {
        self.busy.store(true, Ordering::SeqCst);
    }

    pub(super) fn set_idle(&self) {
        self.busy.store(false, Ordering::SeqCst);
        // Another thread may have woken it since the event loop last checked.
        #[cfg(target_feature = "atomics")]
        if self.is_woken() {
            queue_microtask(self.run_woken);
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
        if !self.thread.is_current() {
            return self.thread.wake();
        }
        queue_microtask(self.run_woken);
    }
}

/// The microtask of a thread.
struct Microtask {
    function: Option<JsValue>,
    is_queued: bool,
}

thread_local! {
    static MICROTASK: RefCell<Microtask> = const { RefCell::new(Microtask { function: None, is_queued: false }) };
}

/// Queues the microtask of this thread, unless it is queued.
fn queue_microtask(run: fn()) {
    with(&MICROTASK, |microtask| {
        if !core::mem::replace(&mut microtask.is_queued, true) {
            let function = microtask.function.get_or_insert_with(|| {
                let callback: Callback = Closure::new(move |_, _| {
                    with(&MICROTASK, |microtask| microtask.is_queued = false);
                    run();
                });
                let function = glue::bind(callback.as_ref(), 0);
                // Once for each thread, and called until it ends.
                callback.forget();
                function
            });
            glue::queue_microtask(function);
        }
    });
}
