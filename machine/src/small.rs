//! Units, counters and queues of a machine that becomes JavaScript. With the feature `small` this takes the place of
//! `units.rs`.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Sub};

/// A number of messages, attempts or heartbeats. Wraps after four billion: the machine only compares differences.
pub type Count = u32;

/// A counter that JavaScript has itself: nothing is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown;

impl AddAssign<Count> for Shown {
    fn add_assign(&mut self, _: Count) {}
}

/// Whole microseconds, at most about an hour. No larger than the rest of an output, which keeps the code small.
pub type RoundTrip = u32;

pub(crate) fn round_trip(duration: Duration) -> RoundTrip {
    whole(duration.0)
}

/// Answers contain no number here: they belong to the last heartbeat.
pub(crate) const MEASURED: Count = 1;

/// The number of bytes that a socket was given, or has passed on, since it was opened.
pub type Bytes = f64;

/// A duration in whole microseconds. Never negative, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Duration(f64);

impl Eq for Duration {}

impl Duration {
    /// A duration of zero.
    pub const ZERO: Self = Self(0.0);

    /// Creates a duration from seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs as f64 * 1e6)
    }

    /// Returns whether the duration is zero.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Returns the lesser one.
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// Returns the greater one.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

/// An instant: whole microseconds since the start of JavaScript's clock.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Timestamp(f64);

impl Timestamp {
    /// No deadline.
    pub const NEVER: Self = Self(f64::INFINITY);

    /// Returns the lesser one.
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// Returns the greater one.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// Creates an instant from milliseconds, rounded to the nearest microsecond: a result of `as_millis` gives the same instant.
    pub fn from_millis(millis: f64) -> Self {
        Self(round(millis * 1e3))
    }

    /// Returns the milliseconds on JavaScript's clock.
    pub fn as_millis(self) -> f64 {
        self.0 / 1e3
    }
}

/// Converts to a whole number from 0 to four billion. The conversion of larger ones would differ in JavaScript.
#[inline(never)]
pub fn whole(number: f64) -> u32 {
    if number < 4e9 { number as u32 } else { 4_000_000_000 }
}

/// Returns the microseconds of a duration.
pub fn micros(duration: Duration) -> f64 {
    duration.0
}

/// The same as [`from_micros`].
pub(crate) fn nearest_micros(micros: f64) -> Duration {
    from_micros(micros)
}

/// Creates a duration from microseconds, rounded to the nearest one.
pub fn from_micros(micros: f64) -> Duration {
    Duration(round(micros))
}

/// Creates a duration from milliseconds, rounded to the nearest microsecond.
pub fn from_millis(millis: f64) -> Duration {
    from_micros(millis * 1e3)
}

/// Returns the milliseconds of a duration.
pub fn millis(duration: Duration) -> f64 {
    duration.0 / 1e3
}

/// Rounds to the nearest whole number. `f64::round` needs `std`.
fn round(number: f64) -> f64 {
    /// 2^52: numbers from here on have no fraction.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    number + WHOLE - WHOLE
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

/// A queue of little code: a linked list. It is never long, as the driver polls it until it is empty.
#[derive(Debug)]
pub(crate) struct Outputs<T>(Option<Box<Node<T>>>);

#[derive(Debug)]
struct Node<T> {
    value: T,
    next: Option<Box<Node<T>>>,
}

impl<T> Outputs<T> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    pub(crate) fn push_back(&mut self, value: T) {
        let mut end = &mut self.0;
        while let Some(node) = end {
            end = &mut node.next;
        }
        *end = Some(Box::new(Node { value, next: None }));
    }

    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let Node { value, next } = *self.0.take()?;
        // The replaced value is empty, and needs no drop.
        core::mem::forget(core::mem::replace(&mut self.0, next));
        Some(value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        core::iter::successors(self.0.as_deref(), |node| node.next.as_deref()).map(|node| &node.value)
    }

    pub(crate) fn clear(&mut self) {
        // One by one: dropping a long list recursively would overflow the stack.
        while self.pop_front().is_some() {}
    }
}

impl<T> Default for Outputs<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for Outputs<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A queue of messages that only counts them. JavaScript has the messages themselves.
#[derive(Debug)]
pub struct Messages<Message>(usize, PhantomData<Message>);

impl<Message> Messages<Message> {
    /// Creates an empty queue.
    pub fn new() -> Self {
        Self(0, PhantomData)
    }

    /// Returns the number of messages.
    pub fn len(&self) -> usize {
        self.0
    }

    /// Returns whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Returns 0: there is no memory to free.
    pub(crate) fn capacity(&self) -> usize {
        0
    }

    pub(crate) fn push_back(&mut self, _: Message) {
        self.0 += 1;
    }
}

impl<Message> Default for Messages<Message> {
    fn default() -> Self {
        Self::new()
    }
}

/// Moves all messages of the second queue behind those of the first.
pub(crate) fn append<Message>(messages: &mut Messages<Message>, others: &mut Messages<Message>) {
    messages.0 += core::mem::take(&mut others.0);
}

/// Moves so many of the first messages behind others.
pub(crate) fn split<Message>(messages: &mut Messages<Message>, count: Count, others: &mut Messages<Message>) {
    messages.0 -= count as usize;
    others.0 += count as usize;
}
