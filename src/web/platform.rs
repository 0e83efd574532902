//! The names that every platform has; [`platform`](crate::driver::platform) tells what they mean.

use core::pin::Pin;

use super::client::Client;
use super::timer::WebTimer;
use super::transport::WebTransport;
use crate::builder::Setup;
use crate::client::WebSocket;
use crate::driver::Pump;
use crate::error::ConfigError;
use crate::machine::Heartbeat;

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

pub(crate) fn connect(setup: Setup) -> Result<WebSocket, ConfigError> {
    let client = Client::new();
    let timer = WebTimer::new(&client, setup.options.alarm);
    let (ws, pump) = Pump::start(setup, |setup| WebTransport::new(setup, &client), timer)?;
    client.begin(pump, ws.shared().clone());
    Ok(ws)
}
