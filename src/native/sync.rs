//! Thread safety: the bounds of values that move between threads, and a lock.

use core::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bound on everything that the client's task runs: the task may change threads.
pub trait MaybeSend: Send {}
impl<T: Send + ?Sized> MaybeSend for T {}

/// A boxed future that may change threads.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Locks a mutex, also after a panic of another holder: no panic leaves the values of these mutexes inconsistent.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
