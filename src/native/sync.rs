//! What it takes to share values between threads: bounds, and a lock.

use core::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bound on everything that the client's task runs.
pub trait MaybeSend: Send {}
impl<T: Send + ?Sized> MaybeSend for T {}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Locks, also after a panic: it cannot leave what is behind these locks half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
