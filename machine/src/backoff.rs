//! The delays between attempts (S7).

use crate::fault::Fault;
use crate::rng::Rng;
use crate::units::{Duration, micros, nearest_micros};

/// The delays between attempts: `first`, then `factor` times as long each time, at most `max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Backoff {
    /// The first delay.
    pub first: Duration,
    /// The longest delay.
    pub max: Duration,
    /// The growth of the delay from one retry to the next; at least 1.
    pub factor: f64,
    /// The share of each delay that is random, from 0 to 1.
    pub jitter: f64,
    /// The limit of consecutive retries that were not open for `stable_after`; `None` for no limit.
    pub max_attempts: Option<u32>,
    /// The limit of attempts until the first one opens, which replaces `max_attempts` until then (S28). The first attempt counts.
    /// `None` for no limit of its own.
    pub max_initial_attempts: Option<u32>,
}

impl Backoff {
    /// Returns whether the policy never retries.
    pub fn is_never(&self) -> bool {
        self.max_attempts == Some(0)
    }

    /// Checks the values. Fails if they contradict each other, or if retries would have no delay at all.
    pub fn check(&self) -> Result<(), Fault> {
        if self.first > self.max {
            return Err("the first delay is longer than the longest");
        }
        if !(self.factor >= 1.0 && self.factor.is_finite()) {
            return Err("the factor is less than 1");
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err("the jitter is not a share from 0 to 1");
        }
        if self.max_initial_attempts == Some(0) {
            return Err("there must be at least one initial attempt");
        }
        let retries = !self.is_never() || self.max_initial_attempts.is_some_and(|max| max > 1);
        if micros(self.first) == 0.0 && retries {
            return Err("the delay is zero: a server that refuses would be dialled without a pause");
        }
        Ok(())
    }

    /// Returns the delay before the retry that follows `retries` earlier ones; `None` if the limit is reached. `is_starting`
    /// means that no attempt has opened.
    pub(crate) fn delay(&self, retries: u32, is_starting: bool, rng: &mut Rng) -> Option<Duration> {
        let is_last = match self.max_initial_attempts {
            Some(max) if is_starting => retries >= max.saturating_sub(1),
            _ => self.max_attempts.is_some_and(|max| retries >= max),
        };
        if is_last { None } else { Some(self.grown(retries, rng)) }
    }

    /// Returns the same, without the limit. A policy without a delay has `fallback`.
    pub(crate) fn pace(&self, retries: u32, fallback: Duration, rng: &mut Rng) -> Duration {
        if self.first.is_zero() { fallback } else { self.grown(retries, rng) }
    }

    pub(crate) fn first_or(&self, fallback: Duration) -> Duration {
        if self.first.is_zero() { fallback } else { self.first }
    }

    fn grown(&self, retries: u32, rng: &mut Rng) -> Duration {
        // Doubling 2000 times is infinity, which `min` brings back to `max`.
        let grown = micros(self.first) * pow(self.factor, retries.min(2000));
        let bound = grown.min(micros(self.max));
        let drawn = bound * self.jitter;
        nearest_micros(bound - drawn + rng.unit() * drawn).min(self.max)
    }
}

/// `f64::powi` lives in `std`.
fn pow(base: f64, exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{exponential, fixed, never, standard};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn doubles_up_to_the_longest_delay() {
        let policy = Backoff { jitter: 0.0, ..exponential(SECOND, 30 * SECOND) };
        let mut rng = Rng::new(1);
        let delays: [_; 7] = core::array::from_fn(|n| policy.delay(n as u32, false, &mut rng).unwrap().as_secs());
        assert_eq!(delays, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(policy.delay(u32::MAX, false, &mut rng), Some(30 * SECOND));
    }

    #[test]
    fn full_jitter_draws_from_zero_to_the_bound() {
        let policy = standard();
        let mut rng = Rng::new(1);
        let drawn: [_; 1000] = core::array::from_fn(|_| policy.delay(3, false, &mut rng).unwrap());
        assert!(drawn.iter().all(|delay| *delay <= 8 * SECOND));
        assert!(drawn.iter().any(|delay| *delay < SECOND) && drawn.iter().any(|delay| *delay > 7 * SECOND));
    }

    #[test]
    fn gives_up_after_max_attempts() {
        let mut rng = Rng::new(1);
        let policy = Backoff { max_attempts: Some(2), ..fixed(SECOND) };
        assert_eq!(policy.delay(1, false, &mut rng), Some(SECOND));
        assert_eq!(policy.delay(2, false, &mut rng), None);
        assert_eq!(never().delay(0, false, &mut rng), None);
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = [
            exponential(2 * SECOND, SECOND),
            Backoff { factor: 0.5, ..standard() },
            Backoff { factor: f64::NAN, ..standard() },
            Backoff { jitter: 1.5, ..standard() },
            fixed(Duration::ZERO),
            fixed(Duration::from_nanos(999)),
        ];
        assert!(refused.iter().all(|policy| policy.check().is_err()));
        assert_eq!(never().check(), Ok(()));
    }
}
