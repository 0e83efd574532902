//! The timer of a client in memory, and its waker.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;

use crate::driver::{Clock, Timer, Timestamp};

/// A timer that is never armed: the network compares each client's deadline with its own time.
pub(super) struct MemoryTimer {
    clock: Clock,
    flag: Flag,
}

impl MemoryTimer {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, flag: Flag::default() }
    }

    pub(super) fn flag(&self) -> Flag {
        self.flag.clone()
    }
}

impl Timer for MemoryTimer {
    fn clock(&self) -> Clock {
        self.clock.clone()
    }

    fn arm(&mut self, _: Option<Timestamp>) {}
}

/// A flag that the client's waker sets when a handle requests something.
#[derive(Clone, Default)]
pub(super) struct Flag(Arc<Woken>);

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    pub(super) fn take(&self) -> bool {
        self.0.0.swap(false, Ordering::Relaxed)
    }

    pub(super) fn waker(&self) -> Waker {
        self.0.clone().into()
    }
}
