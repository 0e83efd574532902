//! Wakes a thread's clients from another thread, where threads share the module's memory.
//!
//! A microtask can only be queued on one's own thread. So each thread that has clients also has a task, which waits for
//! its bell: the tasks of `js_sys` can be woken from anywhere.

use alloc::sync::Arc;
use core::cell::RefCell;
use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use std::sync::Mutex;

use super::platform::lock;
use super::registry;

thread_local! {
    static HERE: RefCell<Option<ThreadWaker>> = const { RefCell::new(None) };
}

/// A thread's bell, which any thread can ring.
#[derive(Clone)]
pub(super) struct ThreadWaker(Arc<Inner>);

struct Inner {
    /// The thread has no clients any more.
    is_over: AtomicBool,
    /// `None` until the task has begun, which looks for woken clients as it does.
    task: Mutex<Option<Waker>>,
}

impl ThreadWaker {
    /// That of this thread.
    pub(super) fn here() -> Self {
        HERE.with_borrow_mut(|here| here.get_or_insert_with(Self::hang).clone())
    }

    pub(super) fn is_here(&self) -> bool {
        HERE.with_borrow(|here| here.as_ref().is_some_and(|here| Arc::ptr_eq(&here.0, &self.0)))
    }

    pub(super) fn ring(&self) {
        // A copy, as a waker is somebody else's code.
        let task = lock(&self.0.task).clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// This thread has no clients any more.
    pub(super) fn remove() {
        if let Some(bell) = HERE.take() {
            bell.0.is_over.store(true, Ordering::SeqCst);
            bell.ring();
        }
    }

    fn hang() -> Self {
        let bell = Self(Arc::new(Inner { is_over: AtomicBool::new(false), task: Mutex::new(None) }));
        let rung = bell.clone();
        js_sys::futures::spawn_local(poll_fn(move |cx| {
            // Before the look around: whoever comes too late for that rings once more.
            *lock(&rung.0.task) = Some(cx.waker().clone());
            if rung.0.is_over.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            registry::tell_woken();
            Poll::Pending
        }));
        bell
    }
}
