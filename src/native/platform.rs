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

/// Nothing: natively the names are enough.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Offering;

impl Offering {
    pub(crate) const NEW: Self = Self;
}

pub(crate) fn default_heartbeat() -> Option<Heartbeat> {
    Some(Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(20)))
}

pub(crate) fn seed() -> u64 {
    rand::random()
}

pub(crate) fn connect(settings: Box<Settings>, source: Source) -> Result<WebSocket, ConfigError> {
    let runtime = crate::native::run::current_runtime(&settings.options)?;
    let timer = NativeTimer::new(settings.config.close_timeout);
    let (ws, pump) = Pump::start(settings, |settings| NativeTransport::new(settings, source), timer)?;
    runtime.spawn(Task::new(pump));
    Ok(ws)
}
