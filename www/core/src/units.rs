//! What the machine counts in here. Takes the place of `src/units.rs`, as JavaScript has no integers of 64 bits.

use core::ops::{Add, AddAssign, Sub};

/// Wraps after four billion. The machine only compares differences of these; the number of heartbeats is all that is shown.
pub(crate) type Count = u32;

/// What JavaScript counts itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown;

impl AddAssign<Count> for Shown {
    fn add_assign(&mut self, _: Count) {}
}

/// Whole microseconds; an hour and more where it was longer. As it is no larger than the rest of what the machine puts out,
/// that is passed on by less code.
pub(crate) type RoundTrip = u32;

pub(crate) fn round_trip(duration: Duration) -> RoundTrip {
    whole(duration.0)
}

/// No answer names its heartbeat here: it is the last one's.
pub(crate) const MEASURED: Count = 1;

pub(crate) type Bytes = f64;

/// Whole microseconds. Never negative, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Duration(f64);

impl Eq for Duration {}

impl Duration {
    pub const ZERO: Self = Self(0.0);

    pub const fn from_secs(secs: u64) -> Self {
        Self(secs as f64 * 1e6)
    }

    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

/// Whole microseconds since whatever JavaScript's clock starts at.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Timestamp(f64);

impl Timestamp {
    pub(crate) const NEVER: Self = Self(f64::INFINITY);

    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// To the nearest microsecond, so that what `as_millis` returned is not earlier than it was.
    pub(crate) fn from_millis(millis: f64) -> Self {
        Self(floor(millis * 1e3 + 0.5))
    }

    pub(crate) fn as_millis(self) -> f64 {
        self.0 / 1e3
    }
}

/// A whole number from 0 to four billion, or the nearest to it that is one. What `as` makes of others becomes wrong when
/// it becomes JavaScript.
#[inline(never)]
pub(crate) fn whole(number: f64) -> u32 {
    if number < 4e9 { number as u32 } else { 4_000_000_000 }
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.0
}

pub(crate) fn from_micros(micros: f64) -> Duration {
    Duration(floor(micros))
}

pub(crate) fn from_millis(millis: f64) -> Duration {
    from_micros(millis * 1e3)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.0 / 1e3
}

unsafe extern "C" {
    /// `f64::floor` lives in `std`. The compiler knows this one by its name and makes one instruction of it.
    safe fn floor(number: f64) -> f64;
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration.0)
    }
}

/// Zero if `earlier` is later.
impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration(self.0 - earlier.0).max(Duration::ZERO)
    }
}
