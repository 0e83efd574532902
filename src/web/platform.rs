//! The names that every platform exports, as [`platform`](crate::driver::platform) lists them.

use super::events::EventSink;
use super::registry;
use super::timer::BrowserTimer;
use super::transport::BrowserTransport;
use crate::builder::{Heartbeat, Settings};
use crate::client::WebSocket;
use crate::driver::Pump;
use crate::error::ConfigError;
use crate::request::Source;

pub(crate) use super::facts::Facts;
pub(crate) use super::options::Options;
pub(crate) use super::protocols::Offering;
pub(crate) use super::sync::{BoxFuture, MaybeSend, lock};
pub(crate) use super::target::{Target, resolve};

/// None: without Ping frames there is no heartbeat that every server answers.
pub(crate) fn default_heartbeat() -> Option<Heartbeat> {
    None
}

pub(crate) fn seed() -> u64 {
    js_sys::Math::random().to_bits()
}

pub(crate) fn connect(settings: Box<Settings>, source: Source) -> Result<WebSocket, ConfigError> {
    let event_loop = registry::new_event_loop();
    let worker_timer = settings.options.worker_timer.map(|start| start(event_loop.id()));
    let callback = event_loop.callback();
    let function = callback.as_ref().clone();
    let timer = BrowserTimer::new(callback, worker_timer);
    let blobs = settings.options.blobs;
    let transport =
        |settings: &Settings| Ok(BrowserTransport::new(settings, source, blobs, event_loop.clone(), function));
    let (ws, pump) = Pump::start(settings, transport, timer)?;
    registry::add(&event_loop);
    event_loop.start(pump);
    Ok(ws)
}
