//! What the machine counts in: time, and the numbers of things.
//!
//! The feature `small` brings its own version of this file (`small.rs`).

use core::ops::{Add, Sub};
pub use core::time::Duration;

pub(crate) use alloc::collections::VecDeque as Outputs;
pub use alloc::collections::VecDeque as Messages;

/// The number of messages, bytes, attempts or heartbeats. Never overflows, whatever the size of an address is.
pub type Count = u64;

/// What is only counted to be shown, and not on npm, where JavaScript counts it.
pub type Shown = Count;

/// What the machine says of a round trip. On npm it takes less room.
pub type RoundTrip = Duration;

pub(crate) fn round_trip(duration: Duration) -> RoundTrip {
    duration
}

/// How many heartbeats' round trips are measured at a time: a slow answer may come after the next ones have left.
pub(crate) const MEASURED: Count = 8;

/// Bytes that a socket was ever given, or has passed on.
pub type Bytes = u64;

/// Moves all messages of the second queue behind those of the first. Not by `append`, which a web app would load for this
/// alone.
pub(crate) fn append<Message>(messages: &mut Messages<Message>, others: &mut Messages<Message>) {
    while let Some(message) = others.pop_front() {
        messages.push_back(message);
    }
}

/// An instant on the clock of a `Timer`: microseconds since whatever that clock starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// No deadline, or one that is too far away to ever come.
    pub const NEVER: Self = Self(u64::MAX);

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

/// Whole microseconds, which are what a [`Timestamp`] counts. Exact up to 2^53, which are 285 years.
#[allow(clippy::cast_precision_loss)]
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs() as f64 * 1e6 + f64::from(duration.subsec_micros())
}

/// The whole ones of so many microseconds. Saturates.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn from_micros(micros: f64) -> Duration {
    Duration::from_micros(micros as u64)
}

/// To the nearest one. Saturates.
pub(crate) fn nearest_micros(micros: f64) -> Duration {
    from_micros(micros + 0.5)
}

/// Saturates: a deadline that far away never comes.
impl Add<Duration> for Timestamp {
    type Output = Self;

    // Once rather than at each deadline. Not by `Duration::as_micros`, as wasm has no arithmetic of 128 bits.
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
