//! Instants without a clock.

use core::ops::{Add, Sub};
use core::time::Duration;

/// An instant on the clock of a [`Timer`](crate::driver::Timer): microseconds since whatever that clock starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The instant `micros` microseconds after the clock's start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the clock's start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it is later than this.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// The machine counts in microseconds, as wasm has no arithmetic of 128 bits and `Duration` is made of two numbers.
/// Saturates.
// Once rather than at each deadline.
#[inline(never)]
pub(crate) fn micros(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()))
}

/// Saturates: a deadline that far away never comes.
impl Add<Duration> for Timestamp {
    type Output = Self;

    // As `micros`.
    #[inline(never)]
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}
