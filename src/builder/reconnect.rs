//! The reconnect policy (S7).

use core::time::Duration;

use homing_machine::Backoff;

/// Whether and when a client dials again after an attempt has ended. Set by
/// [`Builder::reconnect`](crate::Builder::reconnect).
///
/// The default is [`exponential`](Self::exponential) from 1 s to 30 s, with full jitter and without a limit of attempts. Some
/// failures are not retried, but those of TLS and DNS are, as they may be temporary:
/// [`Builder::retry_if`](crate::Builder::retry_if) has the list, and shows how to give up after such a failure.
///
/// ```
/// use homing::{Reconnect, WebSocket};
/// use std::time::Duration;
///
/// let policy = Reconnect::exponential(Duration::from_millis(500), Duration::from_secs(10)).max_attempts(20);
/// let builder = WebSocket::builder("wss://example.com/feed").reconnect(policy);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reconnect(pub(crate) Backoff);

impl Default for Reconnect {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(1), Duration::from_secs(30))
    }
}

impl Reconnect {
    /// Returns a policy of a single attempt. Equal to `fixed(Duration::ZERO).max_attempts(0)`.
    pub fn never() -> Self {
        Self::fixed(Duration::ZERO).max_attempts(0)
    }

    /// Returns a policy with the same delay before each attempt, without jitter. `connect` refuses a delay of zero unless
    /// there are no retries.
    pub fn fixed(delay: Duration) -> Self {
        Self(Backoff {
            first: delay,
            max: delay,
            factor: 1.0,
            jitter: 0.0,
            max_attempts: None,
            max_initial_attempts: None,
        })
    }

    /// Returns a policy whose delay is at most `first`, then at most twice as long each time, and never longer than `max`.
    ///
    /// Each delay is drawn uniformly from zero to that bound (full jitter), so that the clients of a restarted server do not
    /// reconnect all at once. `connect` refuses a `first` of zero or longer than `max`.
    pub fn exponential(first: Duration, max: Duration) -> Self {
        Self(Backoff { first, max, factor: 2.0, jitter: 1.0, max_attempts: None, max_initial_attempts: None })
    }

    /// Limits the number of consecutive retries. Default: no limit. After the last one the client ends with
    /// [`EndReason::Exhausted`](crate::EndReason::Exhausted).
    ///
    /// The client's first attempt does not count. The count starts over after a connection that was open for
    /// [`stable_after`](crate::Builder::stable_after).
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.max_attempts = Some(attempts);
        self
    }

    /// Limits the number of attempts until the client opens for the first time. Default: only `max_attempts`. After the last
    /// one the client ends with [`EndReason::Exhausted`](crate::EndReason::Exhausted), and
    /// [`opened`](crate::WebSocket::opened) fails.
    ///
    /// A wrong address is then an error at the start of a program, while a connection that is lost later is retried. The first
    /// attempt counts, so that 1 means no retry, and 0 is an error. Until the first open this limit replaces
    /// [`max_attempts`](Self::max_attempts), which applies from then on, with a count of its own. The delays are the same.
    ///
    /// A client that has ended and is [reconnected](crate::WebSocket::reconnect) starts over with all of these attempts. A
    /// failure that is [not retried](crate::Builder::retry_if) ends the client earlier.
    #[must_use]
    pub fn max_initial_attempts(mut self, attempts: u32) -> Self {
        self.0.max_initial_attempts = Some(attempts);
        self
    }

    /// Sets the factor by which the delay grows each time. Default: 2 for [`exponential`](Self::exponential), 1 for
    /// [`fixed`](Self::fixed). A value below 1 is an error.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.0.factor = factor;
        self
    }

    /// Sets the share of each delay that is drawn at random, from 0 (none, the default of [`fixed`](Self::fixed)) to 1 (full
    /// jitter, the default of [`exponential`](Self::exponential)). Other values are an error.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.0.jitter = share;
        self
    }
}
