//! What keeps a client alive: its handles, and its stream of events (S6).

use alloc::sync::Arc;

use super::{Request, Shared};
use crate::close::CloseCode;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A handle, which keeps the client alive and can reconnect it after its end.
const HANDLE: usize = 2;
/// The stream of events, which keeps the client alive until its end.
const STREAM: usize = 1;

#[derive(Default)]
pub(super) struct Keepers {
    /// [`HANDLE`] for each handle, and [`STREAM`].
    count: AtomicUsize,
    detached: AtomicBool,
}

impl Shared {
    pub(crate) fn add_handle(&self) {
        self.keepers.count.fetch_add(HANDLE, Ordering::Relaxed);
    }

    /// Adds a handle where there may be none. Returns whether that was possible: a client without handles is closing, unless
    /// it has a stream of events or was detached.
    pub(crate) fn revive_handle(&self) -> bool {
        // Locked, so that the end does not come meanwhile.
        let core = self.lock();
        let least = match (core.machine.is_over(), self.keepers.detached.load(Ordering::Acquire)) {
            (true, _) => HANDLE,
            (false, false) => STREAM,
            (false, true) => 0,
        };
        let add = |keepers| (keepers >= least).then_some(keepers + HANDLE);
        self.keepers.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).is_ok()
    }

    pub(crate) fn drop_handle(&self) {
        self.drop_keeper(HANDLE);
    }

    /// Removes a keeper. The last one closes the client, unless it was detached (S6).
    fn drop_keeper(&self, keeper: usize) {
        let left = self.keepers.count.fetch_sub(keeper, Ordering::AcqRel) - keeper;
        if left >= HANDLE {
            return;
        }
        if left == 0 && !self.keepers.detached.load(Ordering::Acquire) {
            self.request(Request::Close { code: CloseCode::NORMAL, reason: Default::default() });
        }
        // Also if nothing was requested: the pump of a client that has ended is done now.
        self.nudge();
    }

    pub(crate) fn detach(&self) {
        self.keepers.detached.store(true, Ordering::Release);
    }

    /// Returns whether the client has ended and there is no handle that could reconnect it.
    pub(super) fn is_done(&self) -> bool {
        let is_abandoned = || self.keepers.count.load(Ordering::Acquire) < HANDLE;
        // Most of the time there is a handle, and no need for the lock.
        is_abandoned() && {
            let core = self.lock();
            core.machine.is_over() && is_abandoned()
        }
    }
}

/// Keeps the client of a stream of events alive.
pub(crate) struct Keeper(Arc<Shared>);

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        shared.keepers.count.fetch_add(STREAM, Ordering::Relaxed);
        Self(shared)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.drop_keeper(STREAM);
    }
}
