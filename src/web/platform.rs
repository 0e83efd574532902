//! The names that every platform has; [`platform`](crate::driver::platform) tells what they mean.

use core::pin::Pin;
use std::sync::{Mutex, MutexGuard, TryLockError};

use super::event_loop::EventLoop;
use super::timer::BrowserTimer;
use super::transport::BrowserTransport;
use crate::builder::Setup;
use crate::client::WebSocket;
use crate::driver::Pump;
use crate::error::ConfigError;
use crate::machine::Heartbeat;
use crate::request::Source;

pub(crate) use super::options::Options;
pub(crate) use super::target::{Target, resolve};

/// No bound: everything runs on the thread that connected.
pub trait MaybeSend {}
impl<T: ?Sized> MaybeSend for T {}

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Without Ping frames there is nothing that every server answers.
pub(crate) fn default_heartbeat() -> Option<Heartbeat> {
    None
}

pub(crate) fn seed() -> u64 {
    js_sys::Math::random().to_bits()
}

// Not inlined, as a lock is taken in many places.
/// By trying: the main thread of a page must not wait. Without threads the first try succeeds.
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

pub(crate) fn connect(setup: Box<Setup>, source: Source) -> Result<WebSocket, ConfigError> {
    let client = EventLoop::new();
    let timer = BrowserTimer::new(&client, setup.options.alarm);
    let (ws, pump) = Pump::start(setup, |setup| Ok(BrowserTransport::new(setup, source, &client)), timer)?;
    client.begin(pump);
    Ok(ws)
}
