//! Units of time, counters, and queues.
//!
//! With the feature `small`, `small.rs` takes the place of this file.

use core::ops::{Add, Sub};
pub use core::time::Duration;

pub(crate) use alloc::collections::VecDeque as Outputs;
pub use alloc::collections::VecDeque as Messages;

/// A number of messages, bytes, attempts or heartbeats. 64 bits on every target, so that it does not overflow.
pub type Count = u64;

/// A counter that only statistics read. With the feature `small` it is not counted.
pub type Shown = Count;

/// A round-trip time as an output contains it. With the feature `small` it is smaller.
pub type RoundTrip = Duration;

pub(crate) fn round_trip(duration: Duration) -> RoundTrip {
    duration
}

/// How many round trips are measured at a time: a slow answer may arrive after the next heartbeats were sent.
pub(crate) const MEASURED: Count = 8;

/// The number of bytes that a socket was given, or has passed on, since it was opened.
pub type Bytes = u64;

/// Moves all messages of the second queue behind those of the first. `VecDeque::append` would add more code to a web app.
pub(crate) fn append<Message>(messages: &mut Messages<Message>, others: &mut Messages<Message>) {
    while let Some(message) = others.pop_front() {
        messages.push_back(message);
    }
}

/// Moves so many of the first messages behind others.
pub(crate) fn split<Message>(messages: &mut Messages<Message>, count: Count, others: &mut Messages<Message>) {
    for _ in 0..count {
        if let Some(message) = messages.pop_front() {
            others.push_back(message);
        }
    }
}

/// An instant: microseconds since the start of the driver's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// No deadline, or one that is too far away to be reached.
    pub const NEVER: Self = Self(u64::MAX);

    /// Creates an instant from microseconds since the clock's start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since the clock's start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Returns the time since `earlier`; zero if `earlier` is later than this instant.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// Returns the whole microseconds of a duration. Exact up to 2^53, which is 285 years.
#[allow(clippy::cast_precision_loss)]
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs() as f64 * 1e6 + f64::from(duration.subsec_micros())
}

/// Creates a duration from microseconds, without their fraction. Saturates.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn from_micros(micros: f64) -> Duration {
    Duration::from_micros(micros as u64)
}

/// Creates a duration from microseconds, rounded to the nearest one. Saturates.
pub(crate) fn nearest_micros(micros: f64) -> Duration {
    from_micros(micros + 0.5)
}

/// Saturates: such a deadline is never reached.
impl Add<Duration> for Timestamp {
    type Output = Self;

    // Not inlined at each deadline. Not by `Duration::as_micros`: wasm has no arithmetic of 128 bits.
    #[inline(never)]
    fn add(self, duration: Duration) -> Self {
        let micros = duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()));
        Self(self.0.saturating_add(micros))
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}
