//! The wakers of one future or sink.

use alloc::sync::Arc;
use core::task::{Context, Poll};

use super::shared::{Core, Shared};
use super::waiters::{Places, Wait};
use crate::error::FlushError;

/// Registers wakers for a future or a sink, at most one for each kind of condition; unregisters them on drop.
pub(crate) struct Waiter {
    pub(crate) shared: Arc<Shared>,
    places: Places,
    /// Removes the entries of `places`. `None` until the first one.
    leave: Option<fn(&mut Self)>,
}

impl Waiter {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, places: Places::default(), leave: None }
    }

    /// Waits for the condition. Inside a callback messages cannot leave: waiting for them fails there.
    pub(crate) fn poll(&mut self, wait: Wait, cx: &mut Context<'_>) -> Poll<Result<(), FlushError>> {
        self.leave = Some(Self::leave);
        // The waker that is no longer needed is dropped after the lock.
        let (outcome, _unneeded) = {
            let Core { machine, waiters, .. } = &mut *self.shared.lock();
            match wait.outcome(machine) {
                Poll::Pending if wait.is_for_sends() && self.shared.callback().is_running_here() => {
                    (Poll::Ready(Err(FlushError::InCallback)), waiters.leave(wait.kind(), &mut self.places))
                }
                Poll::Pending => (Poll::Pending, waiters.wait(wait, &mut self.places, cx.waker())),
                outcome => (outcome, waiters.leave(wait.kind(), &mut self.places)),
            }
        };
        outcome
    }

    fn leave(&mut self) {
        if !self.places.is_empty() {
            for kind in 0..3 {
                // In a statement of its own: no waker is dropped under the lock.
                let unneeded = self.shared.lock().waiters.leave(kind, &mut self.places);
                drop(unneeded);
            }
        }
    }
}

/// Another one, without wakers.
impl Clone for Waiter {
    fn clone(&self) -> Self {
        Self::new(self.shared.clone())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(leave) = self.leave {
            leave(self);
        }
    }
}
