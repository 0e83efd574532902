//! Which thread runs a callback of a client.

use crate::sync::atomic::{AtomicUsize, Ordering};

crate::sync::thread_local! {
/// Its address identifies the thread.
    static THREAD: u8 = const { 0 };
}

/// Which thread runs a callback of the client, if any.
#[derive(Default)]
pub(crate) struct Callback(AtomicUsize);

impl Callback {
    /// Runs the user's code. After a panic in it, [`is_running`](Self::is_running) stays true.
    #[inline]
    pub(crate) fn run<R>(&self, callback: impl FnOnce() -> R) -> R {
        self.enter();
        let result = callback();
        self.leave();
        result
    }

    /// Marks the start of the user's code, until [`leave`](Self::leave). For a batch of messages at once.
    #[inline]
    pub(super) fn enter(&self) {
        self.0.store(this_thread(), Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn leave(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Returns whether the caller runs inside the callback. Only this thread stores its own number, so that no ordering is
    /// needed.
    pub(crate) fn is_running_here(&self) -> bool {
        self.0.load(Ordering::Relaxed) == this_thread()
    }
}

fn this_thread() -> usize {
    THREAD.try_with(|thread| core::ptr::from_ref(thread).addr()).unwrap_or(usize::MAX)
}
