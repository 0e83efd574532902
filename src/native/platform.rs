//! The names that every platform exports, as [`platform`](crate::driver::platform) describes them.

use core::time::Duration;

use crate::builder::{Heartbeat, Settings};
use crate::client::WebSocket;
use crate::driver::Pump;
use crate::error::ConfigError;
use crate::native::task::Task;
use crate::native::timer::NativeTimer;
use crate::native::transport::NativeTransport;
use crate::request::Source;

pub(crate) use crate::native::facts::Facts;
pub(crate) use crate::native::options::Options;
pub(crate) use crate::native::sync::{BoxFuture, MaybeSend, lock};
pub(crate) use crate::native::target::{Target, resolve};

pub(crate) fn default_heartbeat() -> Option<Heartbeat> {
    Some(Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(20)))
}

pub(crate) fn seed() -> u64 {
    let mut seed = [0; 8];
    // Used for jitter only, so the time is good enough if the system has no random numbers.
    match getrandom::fill(&mut seed) {
        Ok(()) => u64::from_ne_bytes(seed),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64),
    }
}

pub(crate) fn connect(settings: Box<Settings>, source: Source) -> Result<WebSocket, ConfigError> {
    let runtime = crate::native::run::current_runtime(&settings.options)?;
    let (ws, pump) = Pump::start(settings, |settings| NativeTransport::new(settings, source), NativeTimer::new())?;
    runtime.spawn(Task::new(pump));
    Ok(ws)
}
