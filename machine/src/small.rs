//! What a machine counts in that becomes JavaScript: takes the place of `units.rs`.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Sub};

/// Wraps after four billion. The machine only compares differences of these; the number of heartbeats is all that is shown.
pub type Count = u32;

/// What JavaScript counts itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown;

impl AddAssign<Count> for Shown {
    fn add_assign(&mut self, _: Count) {}
}

/// Whole microseconds; an hour and more where it was longer. As it is no larger than the rest of what the machine puts out,
/// that is passed on by less code.
pub type RoundTrip = u32;

pub(crate) fn round_trip(duration: Duration) -> RoundTrip {
    whole(duration.0)
}

/// No answer names its heartbeat here: it is the last one's.
pub(crate) const MEASURED: Count = 1;

/// Bytes that a socket was ever given, or has passed on.
pub type Bytes = f64;

/// Whole microseconds. Never negative, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Duration(f64);

impl Eq for Duration {}

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0.0);

    /// So many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs as f64 * 1e6)
    }

    /// Whether it is no time.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// The lesser one.
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// The greater one.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

/// Whole microseconds since whatever JavaScript's clock starts at.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Timestamp(f64);

impl Timestamp {
    /// No deadline.
    pub const NEVER: Self = Self(f64::INFINITY);

    /// The lesser one.
    pub fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// The greater one.
    pub fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    /// To the nearest microsecond, so that what `as_millis` returned is not earlier than it was.
    pub fn from_millis(millis: f64) -> Self {
        Self(round(millis * 1e3))
    }

    /// Milliseconds on JavaScript's clock.
    pub fn as_millis(self) -> f64 {
        self.0 / 1e3
    }
}

/// A whole number from 0 to four billion, or the nearest to it that is one. What `as` makes of others becomes wrong when
/// it becomes JavaScript.
#[inline(never)]
pub fn whole(number: f64) -> u32 {
    if number < 4e9 { number as u32 } else { 4_000_000_000 }
}

/// Microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.0
}

/// To the nearest one.
pub(crate) fn nearest_micros(micros: f64) -> Duration {
    from_micros(micros)
}

/// Whole microseconds, which are nearest to so many.
pub fn from_micros(micros: f64) -> Duration {
    Duration(round(micros))
}

/// So many milliseconds, to the microsecond.
pub fn from_millis(millis: f64) -> Duration {
    from_micros(millis * 1e3)
}

/// Milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.0 / 1e3
}

/// The nearest whole number. `f64::round` lives in `std`.
fn round(number: f64) -> f64 {
    /// 2^52: from here on there are no fractions.
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

/// A queue that is made of few instructions: a linked list. It is never long, as its owner polls it empty.
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
        // What it replaces is empty, and needs no drop.
        core::mem::forget(core::mem::replace(&mut self.0, next));
        Some(value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn clear(&mut self) {
        // One by one: a long list that drops itself would use as much of the stack.
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

/// A queue of messages that are only counted, as JavaScript has them.
#[derive(Debug)]
pub struct Messages<Message>(usize, PhantomData<Message>);

impl<Message> Messages<Message> {
    /// An empty queue.
    pub fn new() -> Self {
        Self(0, PhantomData)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// No memory is to be given back.
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
