//! The configuration of a machine.

use crate::backoff::Backoff;
use crate::liveness::Heartbeat;
use crate::units::Duration;

/// The part of a client's configuration that the machine uses.
#[derive(Debug, Clone)]
pub struct Config<Text> {
    /// The delays between attempts.
    pub backoff: Backoff,
    /// The heartbeat; `None` for none.
    pub heartbeat: Option<Heartbeat>,
    /// The limit for dialling and handshake together; `None` for no limit.
    pub open_timeout: Option<Duration>,
    /// The limit for the set-up of a connection, counted from its handshake (S27); `None` if there is no set-up.
    pub setup_timeout: Option<Duration>,
    /// The limit for the closing handshake, counted from the last progress.
    pub close_timeout: Duration,
    /// How long an attempt must have been open for the count of retries to start again.
    pub stable_after: Duration,
    /// The longest delay that a server's `Retry-After` can ask for.
    pub max_retry_after: Duration,
    /// The limit of the send queue, in bytes of payload.
    pub max_send_buffer: usize,
    /// A request provider is set: the next request may differ from the one that was refused.
    pub has_provider: bool,
    /// A retry predicate is set, and is asked before each retry.
    pub has_predicate: bool,
    /// The seed of the jitter.
    pub seed: u32,
    /// The URL without credentials and query, for errors.
    pub url: Text,
}
