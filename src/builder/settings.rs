//! The configuration that a builder collects, and its check.

use core::time::Duration;

use homing_machine::Fault;

use super::{Builder, Heartbeat, Reconnect};
use crate::close::CloseEvent;
use crate::driver::Config;
use crate::driver::platform::{self, MaybeSend};
use crate::error::ConfigError;
use crate::handler::{Closures, Handler};
use crate::message::{BinaryType, Message};
use crate::request::{Provider, Request, Source};
use crate::session::SetUp;

/// A predicate of the user.
///
/// It answers by reference. `wasm-opt` cannot distinguish functions that are called by pointer and return a number from
/// those that format text, and would keep all of the latter in a web app that formats nothing.
pub(crate) trait Predicate<T>: MaybeSend + 'static {
    fn ask(&mut self, about: &T, answer: &mut bool);
}

impl<T, F: FnMut(&T) -> bool + MaybeSend + 'static> Predicate<T> for F {
    fn ask(&mut self, about: &T, answer: &mut bool) {
        *answer = self(about);
    }
}

/// The values of all options.
pub(crate) struct Settings {
    pub(crate) config: Config,
    /// Heartbeats are Ping frames, where these can be sent.
    pub(crate) pings: bool,
    /// The message of heartbeats where they are not Ping frames.
    pub(crate) heartbeat_message: Option<Message>,
    pub(crate) request: Request,
    pub(crate) provider: Option<Box<dyn Provider>>,
    pub(crate) setup: Option<Box<dyn SetUp>>,
    pub(super) setup_timeout: Duration,
    pub(crate) retry_if: Option<Box<dyn Predicate<CloseEvent>>>,
    pub(crate) is_reply: Option<Box<dyn Predicate<Message>>>,
    pub(crate) max_message_size: usize,
    pub(super) max_receive_buffer: usize,
    pub(crate) binary_type: BinaryType,
    pub(crate) jitter_seed: Option<u64>,
    pub(crate) closures: Box<Closures>,
    pub(crate) handler: Option<Box<dyn Handler>>,
    pub(crate) options: platform::Options,
    /// The options whose values cannot work, and why.
    pub(super) faults: Vec<(&'static str, Fault)>,
}

impl Settings {
    pub(super) fn new(request: Request) -> Box<Self> {
        let config = Config {
            backoff: Reconnect::default().0,
            heartbeat: None,
            open_timeout: Some(Duration::from_secs(10)),
            setup_timeout: None,
            close_timeout: Duration::from_secs(5),
            stable_after: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(3600),
            max_send_buffer: 1 << 20,
            has_provider: false,
            has_predicate: false,
            seed: 0,
            url: String::new(),
        };
        let mut settings = Box::new(Self {
            config,
            pings: false,
            heartbeat_message: None,
            request,
            provider: None,
            setup: None,
            setup_timeout: Duration::from_secs(10),
            retry_if: None,
            is_reply: None,
            max_message_size: 16 << 20,
            max_receive_buffer: 1 << 20,
            binary_type: BinaryType::default(),
            jitter_seed: None,
            closures: Box::default(),
            handler: None,
            options: platform::Options::default(),
            faults: Vec::new(),
        });
        settings.set_heartbeat(platform::default_heartbeat());
        settings
    }

    pub(super) fn set_heartbeat(&mut self, heartbeat: Option<Heartbeat>) {
        (self.config.heartbeat, self.pings, self.heartbeat_message) = match heartbeat {
            Some(Heartbeat { timing, ping, message }) => (Some(timing), ping, message),
            None => (None, false, None),
        };
    }

    /// Checks all options and returns the source of targets (S1).
    fn check(&mut self) -> Result<Source, ConfigError> {
        let target = platform::resolve(&self.request, &self.options)?;
        let config = &mut self.config;
        if let Some((option, fault)) = self.faults.first() {
            return Err(ConfigError::new(option, *fault));
        }
        if self.is_reply.is_some() && self.heartbeat_message.is_none() {
            return Err(ConfigError::new("heartbeat_reply", "the heartbeat has no message that could be answered"));
        }
        if self.handler.is_some() && !self.closures.is_empty() {
            return Err(ConfigError::new("handler", "closures (`on_*`) are set as well: use either"));
        }
        config.url = target.shown();
        config.has_provider = self.provider.is_some();
        config.has_predicate = self.retry_if.is_some();
        if let Some(setup) = &mut self.setup {
            config.setup_timeout = Some(self.setup_timeout);
            setup.limit(config.max_send_buffer, self.max_receive_buffer);
        }
        let seed = self.jitter_seed.unwrap_or_else(platform::seed);
        config.seed = (seed ^ (seed >> 32)) as u32;
        Ok(match self.provider.take() {
            Some(provider) => Source::Provider(provider),
            None => Source::Fixed(target),
        })
    }
}

impl Builder {
    /// Checks all options and returns them with the source of targets.
    pub(crate) fn check(mut self) -> Result<(Box<Settings>, Source), ConfigError> {
        let source = self.settings.check()?;
        Ok((self.settings, source))
    }
}
