//! When to try again (S7).

use super::Fault;
use super::rng::Rng;
use crate::units::{Duration, from_micros, micros};

/// Whether and when a client comes back after an attempt has ended.
///
/// The default is [`exponential`](Self::exponential) from 1 s to 30 s with full jitter and no limit of attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconnect {
    pub(crate) first: Duration,
    pub(crate) max: Duration,
    pub(crate) factor: f64,
    pub(crate) jitter: f64,
    pub(crate) max_attempts: Option<u32>,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(1), Duration::from_secs(30))
    }
}

impl Reconnect {
    /// One attempt only.
    pub fn never() -> Self {
        Self { max_attempts: Some(0), ..Self::fixed(Duration::ZERO) }
    }

    pub(crate) fn is_never(&self) -> bool {
        self.max_attempts == Some(0)
    }

    /// Always after the same delay.
    pub fn fixed(delay: Duration) -> Self {
        Self { first: delay, max: delay, factor: 1.0, jitter: 0.0, max_attempts: None }
    }

    /// After up to `first`, then up to twice as long each time, never longer than `max`.
    ///
    /// Each delay is drawn evenly from zero to that bound (full jitter), so that the clients of a server that
    /// restarts do not return all at once.
    pub fn exponential(first: Duration, max: Duration) -> Self {
        Self { first, max, factor: 2.0, jitter: 1.0, max_attempts: None }
    }

    /// Gives up after this many attempts in a row that did not last.
    ///
    /// The first dial of the client does not count, nor does what came before an attempt that was open for
    /// [`stable_after`](crate::Builder::stable_after).
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// By how much the delay grows each time. Default 2, at least 1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The share of each delay that is drawn at random, from 0 (none) to 1 (full jitter, the default of
    /// [`exponential`](Self::exponential)).
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.first > self.max {
            return Err("the first delay is longer than the longest");
        }
        if !(self.factor >= 1.0 && self.factor.is_finite()) {
            return Err("the factor is less than 1");
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err("the jitter is not a share from 0 to 1");
        }
        if micros(self.first) == 0.0 && !self.is_never() {
            return Err("the delay is zero: a server that refuses would be dialled without a pause");
        }
        Ok(())
    }

    /// The delay before the retry that follows `retries` earlier ones; `None` when they are used up.
    pub(super) fn delay(&self, retries: u32, rng: &mut Rng) -> Option<Duration> {
        if self.max_attempts.is_some_and(|max| retries >= max) {
            return None;
        }
        Some(self.grown(retries, rng))
    }

    /// The delay before a retry that happens though none are left. [`never`](Self::never) has no delay of its own.
    pub(super) fn pace(&self, retries: u32, fallback: Duration, rng: &mut Rng) -> Duration {
        if self.first.is_zero() { fallback } else { self.grown(retries, rng) }
    }

    pub(super) fn first_or(&self, fallback: Duration) -> Duration {
        if self.first.is_zero() { fallback } else { self.first }
    }

    fn grown(&self, retries: u32, rng: &mut Rng) -> Duration {
        // Doubling 2000 times is infinity, which `min` brings back to `max`.
        let grown = micros(self.first) * pow(self.factor, retries.min(2000));
        let bound = grown.min(micros(self.max));
        let drawn = bound * self.jitter;
        // To the nearest one.
        from_micros(bound - drawn + rng.unit() * drawn + 0.5).min(self.max)
    }
}

/// `f64::powi` lives in `std`.
fn pow(base: f64, exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * base)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn doubles_up_to_the_longest_delay() {
        let policy = Reconnect::exponential(SECOND, 30 * SECOND).jitter(0.0);
        let mut rng = Rng::new(1);
        let delays: [_; 7] = core::array::from_fn(|n| policy.delay(n as u32, &mut rng).unwrap().as_secs());
        assert_eq!(delays, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(policy.delay(u32::MAX, &mut rng), Some(30 * SECOND));
    }

    #[test]
    fn full_jitter_draws_from_zero_to_the_bound() {
        let policy = Reconnect::default();
        let mut rng = Rng::new(1);
        let drawn: [_; 1000] = core::array::from_fn(|_| policy.delay(3, &mut rng).unwrap());
        assert!(drawn.iter().all(|delay| *delay <= 8 * SECOND));
        assert!(drawn.iter().any(|delay| *delay < SECOND) && drawn.iter().any(|delay| *delay > 7 * SECOND));
    }

    #[test]
    fn gives_up_after_max_attempts() {
        let mut rng = Rng::new(1);
        let policy = Reconnect::fixed(SECOND).max_attempts(2);
        assert_eq!(policy.delay(1, &mut rng), Some(SECOND));
        assert_eq!(policy.delay(2, &mut rng), None);
        assert_eq!(Reconnect::never().delay(0, &mut rng), None);
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = [
            Reconnect::exponential(2 * SECOND, SECOND),
            Reconnect::default().factor(0.5),
            Reconnect::default().factor(f64::NAN),
            Reconnect::default().jitter(1.5),
            Reconnect::fixed(Duration::ZERO),
            Reconnect::fixed(Duration::from_nanos(999)),
        ];
        assert!(refused.iter().all(|policy| policy.check().is_err()));
        assert_eq!(Reconnect::never().check(), Ok(()));
    }
}
