//! What a user configured, as far as the machine goes by it.

use crate::backoff::Backoff;
use crate::liveness::Heartbeat;
use crate::units::Duration;

/// What the machine needs to know of a client's configuration.
#[derive(Debug, Clone)]
pub struct Config<Text> {
    /// Whether and when to try again.
    pub backoff: Backoff,
    /// When to send heartbeats, if at all.
    pub heartbeat: Option<Heartbeat>,
    /// How long dialling and handshake may take together.
    pub open_timeout: Option<Duration>,
    /// How long the peer's Close frame is waited for.
    pub close_timeout: Duration,
    /// How long an attempt must have been open for the count of attempts to start over.
    pub stable_after: Duration,
    /// The longest delay that a server's `Retry-After` can ask for.
    pub max_retry_after: Duration,
    /// How many bytes of payload the queue takes.
    pub max_send_buffer: usize,
    /// The next request may differ from the one that was refused.
    pub has_provider: bool,
    /// Somebody wants to be asked before each retry.
    pub has_predicate: bool,
    /// Of the generator of jitter.
    pub seed: u32,
    /// The URL without credentials and query, for errors.
    pub url: Text,
}
