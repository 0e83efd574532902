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

/// Returns which option cannot work together with others, and why. A function that the option's method adds, so that web apps
/// load no checks of options that they do not use.
pub(super) type Check = fn(&Settings) -> Option<(&'static str, Fault)>;

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
    /// How options are checked that depend on others.
    pub(super) checks: Vec<Check>,
    /// Returns the error of a transport that cannot send the heartbeats.
    pub(crate) no_pings: Option<fn() -> ConfigError>,
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
            checks: Vec::new(),
            no_pings: None,
        });
        if let Some(heartbeat) = platform::default_heartbeat() {
            settings.set_heartbeat(Some(heartbeat));
        }
        settings
    }

    pub(super) fn set_heartbeat(&mut self, heartbeat: Option<Heartbeat>) {
        (self.config.heartbeat, self.pings, self.heartbeat_message, self.no_pings) = match heartbeat {
            Some(Heartbeat { timing, ping, message: None }) => {
                let no_pings: fn() -> ConfigError = no_pings;
                (Some(timing), ping, None, Some(no_pings))
            }
            Some(Heartbeat { timing, ping, message }) => (Some(timing), ping, message, None),
            None => (None, false, None, None),
        };
    }

    /// Checks all options and returns the source of targets (S1).
    fn check(&mut self) -> Result<Source, ConfigError> {
        let target = platform::resolve(&self.request, &self.options)?;
        let fault = self.faults.first().copied();
        if let Some((option, fault)) = fault.or_else(|| self.checks.iter().find_map(|check| check(self))) {
            return Err(ConfigError::new(option, fault));
        }
        let config = &mut self.config;
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

fn no_pings() -> ConfigError {
    ConfigError::new("heartbeat", "Ping frames cannot be sent here: use `or_message`")
}

impl Builder {
    /// Checks all options and returns them with the source of targets.
    pub(crate) fn check(mut self) -> Result<(Box<Settings>, Source), ConfigError> {
        let source = self.settings.check()?;
        Ok((self.settings, source))
    }
}
