//! The zlib states of all connections that are not in use.

use std::sync::Mutex;

use crate::native::sync::lock;

/// The most unused states of each direction that are kept.
const POOL_SIZE: usize = 4;

/// A pool of zlib states that idle connections do not need. Setting one up takes longer than compressing a
/// short message, and allocating it for every message would fragment the heap.
pub(super) struct Pool<K, S>(Mutex<Vec<(K, Box<S>)>>);

impl<K: PartialEq, S> Pool<K, S> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn take(&self, kind: K) -> Option<Box<S>> {
        let mut pool = lock(&self.0);
        let position = pool.iter().position(|(known, _)| *known == kind)?;
        Some(pool.swap_remove(position).1)
    }

    /// Returns a state that was reset to the pool.
    pub(super) fn put(&self, kind: K, state: Option<Box<S>>) {
        let Some(state) = state else { return };
        let mut pool = lock(&self.0);
        // The oldest is dropped, so that unused kinds do not stay.
        if pool.len() == POOL_SIZE {
            pool.remove(0);
        }
        pool.push((kind, state));
    }
}
