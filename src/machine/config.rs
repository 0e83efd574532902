//! What a user configured, as far as the machine goes by it.

use alloc::string::String;

use super::{Heartbeat, Reconnect};
use crate::units::Duration;

/// What the machine needs to know of a client's configuration.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) reconnect: Reconnect,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) close_timeout: Duration,
    pub(crate) stable_after: Duration,
    /// The longest delay that a server's `Retry-After` can ask for.
    pub(crate) max_retry_after: Duration,
    pub(crate) max_send_buffer: usize,
    /// The next request may differ from the one that was refused.
    pub(crate) has_provider: bool,
    /// Somebody wants to be asked before each retry.
    pub(crate) has_predicate: bool,
    pub(crate) seed: u32,
    /// The URL without credentials and query, for errors.
    pub(crate) url: String,
}

/// What is wrong with an option's value.
pub(crate) type Fault = &'static str;

pub(crate) const ZERO: Fault = "is zero";
