//! Random choices: configurations that pass the checks of the options, and times.

use arbtest::arbitrary::Unstructured;
use homing_machine::{Backoff, Config, Duration, Heartbeat};

/// Draws from the input. Once that has ended, every choice is the first one.
pub(super) struct Random<'a, 'b>(pub(super) &'a mut Unstructured<'b>);

impl Random<'_, '_> {
    /// A number from 0 to `most`.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.0.int_in_range(0..=most).unwrap_or(0)
    }

    /// Whether the next of `n` equal choices is not the first.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.up_to(n - 1) == n - 1
    }

    pub(super) fn flag(&mut self) -> bool {
        self.one_in(2)
    }

    pub(super) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.up_to(choices.len() as u64 - 1) as usize].clone()
    }

    fn maybe<T>(&mut self, some: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| some(self))
    }

    /// From a microsecond to for ever, never zero. Round values coincide.
    pub(super) fn time(&mut self) -> Duration {
        match self.up_to(9) {
            0..=3 => Duration::from_secs(1 + self.up_to(29)),
            4..=6 => Duration::from_millis(100 * (1 + self.up_to(19))),
            7 => Duration::from_micros(1 + self.up_to(19)),
            8 => Duration::from_micros(1 + self.up_to(1 << 50)),
            _ => Duration::MAX,
        }
    }

    fn backoff(&mut self) -> Backoff {
        let first = self.time();
        let backoff = Backoff {
            first,
            max: first.max(self.time()),
            factor: self.pick(&[1.0, 1.5, 2.0, 1e300]),
            jitter: self.pick(&[0.0, 0.5, 1.0]),
            max_attempts: self.maybe(|random| random.up_to(3) as u32),
            max_initial_attempts: self.maybe(|random| 1 + random.up_to(2) as u32),
        };
        assert_eq!(backoff.check(), Ok(()));
        backoff
    }

    pub(super) fn config(&mut self) -> Config<&'static str> {
        Config {
            backoff: self.backoff(),
            heartbeat: self.maybe(|random| Heartbeat { interval: random.time(), timeout: random.time() }),
            open_timeout: self.maybe(Self::time),
            setup_timeout: self.maybe(Self::time),
            close_timeout: self.time(),
            stable_after: self.time(),
            max_retry_after: self.time(),
            max_send_buffer: self.pick(&[100, 10, 2, 1, usize::MAX]),
            has_provider: self.flag(),
            has_predicate: self.flag(),
            seed: self.up_to(u64::from(u32::MAX)) as u32,
            url: "ws://example.com/",
        }
    }
}
