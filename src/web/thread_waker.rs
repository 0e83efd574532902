//! Wakes a thread from another thread, where threads share the module's memory.
//!
//! A microtask can only be queued on the current thread. Each thread with event loops therefore also runs one task of
//! `js_sys`, as such a task can be woken from any thread.

use alloc::sync::Arc;
use core::cell::RefCell;
use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use std::sync::Mutex;

use super::sync::lock;

thread_local! {
    static CURRENT: RefCell<Option<ThreadWaker>> = const { RefCell::new(None) };
}

/// Wakes one thread; usable on any thread.
#[derive(Clone)]
pub(super) struct ThreadWaker(Arc<Inner>);

struct Inner {
    /// The thread has no event loops any more.
    is_over: AtomicBool,
    /// `None` until the task was polled for the first time. That poll finds every event loop that was woken before.
    task: Mutex<Option<Waker>>,
}

impl ThreadWaker {
    /// Returns the waker of this thread. If there is none yet, it starts the task, which calls `on_wake` whenever the
    /// thread is woken.
    pub(super) fn current(on_wake: fn()) -> Self {
        CURRENT.with_borrow_mut(|current| current.get_or_insert_with(|| Self::start(on_wake)).clone())
    }

    pub(super) fn is_current(&self) -> bool {
        CURRENT.with_borrow(|current| current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.0, &self.0)))
    }

    pub(super) fn wake(&self) {
        // Cloned, so that the lock is not held while the waker runs code of another crate.
        let task = lock(&self.0.task).clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Ends the task of this thread.
    pub(super) fn remove() {
        if let Some(waker) = CURRENT.take() {
            waker.0.is_over.store(true, Ordering::SeqCst);
            waker.wake();
        }
    }

    fn start(on_wake: fn()) -> Self {
        let waker = Self(Arc::new(Inner { is_over: AtomicBool::new(false), task: Mutex::new(None) }));
        let woken = waker.clone();
        js_sys::futures::spawn_local(poll_fn(move |cx| {
            // Before `on_wake`: a wake-up that comes too late for this call wakes the task once more.
            *lock(&woken.0.task) = Some(cx.waker().clone());
            if woken.0.is_over.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            on_wake();
            Poll::Pending
        }));
        waker
    }
}
