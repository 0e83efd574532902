//! Locks and atomics of what handles and the client's task share. In `threads/`, the only package
//! with the feature `shuttle`, they are those of shuttle, which runs the threads of a test in many orders.

cfg_if::cfg_if! {
    if #[cfg(feature = "shuttle")] {
        pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};
        pub(crate) use shuttle::thread_local;

        pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
            mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    } else {
        pub(crate) use core::sync::atomic;
        pub(crate) use std::sync::{Mutex, MutexGuard};
        pub(crate) use std::thread_local;

        pub(crate) use crate::driver::platform::lock;
    }
}
