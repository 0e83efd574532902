//! Bounds and locks of a platform where a client never leaves its thread.

use core::cell::RefCell;
use core::pin::Pin;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread::LocalKey;

/// No bound: everything runs on the thread that connected.
pub trait MaybeSend {}
impl<T: ?Sized> MaybeSend for T {}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

// Not inlined, as a lock is taken in many places.
/// Takes the lock by trying: the main thread of a page must not wait. Without threads the first try succeeds.
#[inline(never)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(error)) => return error.into_inner(),
            Err(TryLockError::WouldBlock) => core::hint::spin_loop(),
        }
    }
}

/// Calls `act` with a value of this thread. `RefCell` and `LocalKey` have methods for this, but the messages of their
/// panics would be part of every app. Neither panic can happen: `act` never runs user code, and a thread that ends has
/// no clients.
pub(super) fn with<T, R: Default>(key: &'static LocalKey<RefCell<T>>, act: impl FnOnce(&mut T) -> R) -> R {
    let act = |value: &RefCell<T>| value.try_borrow_mut().map(|mut value| act(&mut value));
    key.try_with(act).ok().and_then(Result::ok).unwrap_or_default()
}
