//! When a client tries again (S7).

use core::time::Duration;

use homing_machine::Backoff;

/// Whether and when a client comes back after an attempt has ended.
///
/// The default is [`exponential`](Self::exponential) from 1 s to 30 s with full jitter and no limit of attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconnect(pub(crate) Backoff);

impl Default for Reconnect {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(1), Duration::from_secs(30))
    }
}

impl Reconnect {
    /// One attempt only.
    pub fn never() -> Self {
        Self::fixed(Duration::ZERO).max_attempts(0)
    }

    /// Always after the same delay.
    pub fn fixed(delay: Duration) -> Self {
        Self(Backoff { first: delay, max: delay, factor: 1.0, jitter: 0.0, max_attempts: None })
    }

    /// After up to `first`, then up to twice as long each time, never longer than `max`.
    ///
    /// Each delay is drawn evenly from zero to that bound (full jitter), so that the clients of a server that
    /// restarts do not return all at once.
    pub fn exponential(first: Duration, max: Duration) -> Self {
        Self(Backoff { first, max, factor: 2.0, jitter: 1.0, max_attempts: None })
    }

    /// Gives up after this many attempts in a row that did not last.
    ///
    /// The first dial of the client does not count, nor does what came before an attempt that was open for
    /// [`stable_after`](crate::Builder::stable_after).
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.max_attempts = Some(attempts);
        self
    }

    /// By how much the delay grows each time. Default 2, at least 1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.0.factor = factor;
        self
    }

    /// The share of each delay that is drawn at random, from 0 (none) to 1 (full jitter, the default of
    /// [`exponential`](Self::exponential)).
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.0.jitter = share;
        self
    }
}
