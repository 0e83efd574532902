//! The wakers of pending futures, in one queue for each kind of condition.
//!
//! A queue is sorted by the order in which its conditions become true. A drive therefore looks at the first entry of
//! each queue only, however many futures are pending. Flushes are sorted unless messages of `on_open` are lost, which were
//! queued later but leave first: then a drive looks at all of them.
//!
//! The first future that waits brings the code that wakes it, so that a web app without such futures does not load it.

use alloc::vec::Vec;
use core::mem::replace;
use core::task::{Poll, Waker};

use homing_machine::Mark;

use super::Machine;
use crate::error::FlushError;

/// The index of the queue of flushes.
const FLUSHED: usize = 1;

/// The condition that a future waits for.
#[derive(Clone, Copy)]
pub(crate) enum Wait {
    /// Room in the send buffer, or the end.
    Ready,
    /// Every message up to the mark has left, or one of them was lost, or the end.
    Flushed(Mark),
    /// The client has ended more often than this.
    Ended(u64),
}

impl Wait {
    /// Returns whether messages have to leave for it.
    pub(super) fn is_for_sends(self) -> bool {
        !matches!(self, Self::Ended(_))
    }

    /// Returns the result, once the condition is true.
    pub(crate) fn outcome(self, machine: &Machine) -> Poll<Result<(), FlushError>> {
        let (is_met, result) = match self {
            Self::Ready => (!machine.is_full() || machine.is_over(), Ok(())),
            Self::Ended(ends) => (machine.ends() > ends, Ok(())),
            Self::Flushed(mark) if machine.is_lost(mark) => (true, Err(FlushError::Lost)),
            Self::Flushed(mark) if machine.has_left(mark) => (true, Ok(())),
            Self::Flushed(_) => (machine.is_over(), Err(FlushError::Ended)),
        };
        if is_met { Poll::Ready(result) } else { Poll::Pending }
    }

    /// Returns the index of its queue.
    pub(super) fn kind(self) -> usize {
        match self {
            Self::Ready => 0,
            Self::Flushed(_) => FLUSHED,
            Self::Ended(_) => 2,
        }
    }

    /// Sorts a queue: a condition never becomes true before one of its kind with a lower threshold.
    fn threshold(self) -> u64 {
        match self {
            Self::Ready => 0,
            Self::Flushed(mark) => mark.messages(),
            Self::Ended(ends) => ends,
        }
    }
}

/// The key of an entry. Number 0 is no entry.
#[derive(Clone, Copy, Default)]
struct Place {
    threshold: u64,
    number: u64,
}

impl Place {
    fn is_before(self, other: Self) -> bool {
        self.threshold < other.threshold || (self.threshold == other.threshold && self.number < other.number)
    }
}

/// The entries of one [`Waiter`](super::Waiter), one for each kind.
#[derive(Default)]
pub(crate) struct Places([Place; 3]);

impl Places {
    /// Whether there never was an entry, or it was removed by its waiter.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|place| place.number == 0)
    }
}

struct Waiting {
    wait: Wait,
    place: Place,
    /// `None` once the future was woken or dropped. The entry goes later, with others.
    waker: Option<Waker>,
}

#[derive(Default)]
pub(super) struct Waiters {
    queues: [Queue; 3],
    /// Removes an entry whose condition is true. `None` until the first entry.
    next_met: Option<fn(&mut Self, &Machine) -> Option<Waker>>,
    /// The number of the latest entry.
    number: u64,
    /// How many losses of messages ahead of the queue were looked at.
    losses_ahead: u64,
    /// How many conditions were evaluated.
    #[cfg(test)]
    pub(super) looks: u64,
}

/// Entries in ascending order of their places.
#[derive(Default)]
struct Queue {
    entries: Vec<Waiting>,
    /// How many entries have a waker. None before `first` has.
    alive: usize,
    first: usize,
}

impl Waiters {
    /// Adds an entry or updates its waker. Returns a waker that must be dropped after unlocking, as its drop runs foreign code.
    pub(super) fn wait(&mut self, wait: Wait, places: &mut Places, waker: &Waker) -> Option<Waker> {
        self.next_met = Some(Self::next_of_queues);
        let kind = wait.kind();
        let (Some(queue), Some(place)) = (self.queues.get_mut(kind), places.0.get_mut(kind)) else { return None };
        let threshold = wait.threshold();
        if place.threshold == threshold {
            if let Some(known) = queue.find(*place) {
                known.wait = wait;
                return match &mut known.waker {
                    Some(known) if !known.will_wake(waker) => Some(replace(known, waker.clone())),
                    _ => None,
                };
            }
        }
        let before = queue.take(*place);
        self.number += 1;
        *place = Place { threshold, number: self.number };
        queue.add(Waiting { wait, place: *place, waker: Some(waker.clone()) });
        before
    }

    /// Removes the entry of this kind. Returns its waker, as [`wait`](Self::wait) does.
    pub(super) fn leave(&mut self, kind: usize, places: &mut Places) -> Option<Waker> {
        let place = core::mem::take(places.0.get_mut(kind)?);
        self.queues.get_mut(kind)?.take(place)
    }

    /// Removes an entry whose condition is true.
    #[inline]
    pub(super) fn next_met(&mut self, machine: &Machine) -> Option<Waker> {
        self.next_met?(self, machine)
    }

    fn next_of_queues(&mut self, machine: &Machine) -> Option<Waker> {
        for queue in &mut self.queues {
            let Some(first) = queue.first() else { continue };
            #[cfg(test)]
            {
                self.looks += 1;
            }
            if first.wait.outcome(machine).is_ready() {
                let place = first.place;
                return queue.take(place);
            }
        }
        // The only condition that can become true before one with a lower threshold.
        if machine.losses_ahead() != self.losses_ahead {
            let flushes = self.queues.get_mut(FLUSHED)?;
            if let Some(place) = flushes.first_met(machine) {
                return flushes.take(place);
            }
            self.losses_ahead = machine.losses_ahead();
        }
        None
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(|queue| queue.alive).sum()
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.queues.iter().map(|queue| queue.entries.len()).sum()
    }

    /// Whether a future waits for messages to leave.
    pub(super) fn wait_for_sends(&self) -> bool {
        let [ready, flushed, _] = &self.queues;
        ready.alive + flushed.alive > 0
    }
}

impl Queue {
    /// How many entries come before this place.
    fn position(&self, place: Place) -> usize {
        let (mut from, mut to) = (self.first, self.entries.len());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.entries.get(middle) {
                Some(entry) if entry.place.is_before(place) => from = middle + 1,
                _ => to = middle,
            }
        }
        from
    }

    fn find(&mut self, place: Place) -> Option<&mut Waiting> {
        let at = self.position(place);
        self.entries.get_mut(at).filter(|entry| entry.place.number == place.number && entry.waker.is_some())
    }

    /// Returns the place of an entry whose condition is true, wherever it is.
    fn first_met(&self, machine: &Machine) -> Option<Place> {
        let met = |entry: &&Waiting| entry.waker.is_some() && entry.wait.outcome(machine).is_ready();
        self.entries.iter().find(met).map(|entry| entry.place)
    }

    fn first(&mut self) -> Option<&Waiting> {
        while self.entries.get(self.first).is_some_and(|entry| entry.waker.is_none()) {
            self.first += 1;
        }
        self.entries.get(self.first)
    }

    fn add(&mut self, waiting: Waiting) {
        let mut at = self.position(waiting.place);
        self.entries.push(waiting);
        self.alive += 1;
        // New ones belong to the end, but for futures that were made long before they are polled.
        while at + 1 < self.entries.len() {
            let last = self.entries.len() - 1;
            self.entries.swap(at, last);
            at += 1;
        }
    }

    fn take(&mut self, place: Place) -> Option<Waker> {
        let waker = self.find(place)?.waker.take();
        self.alive -= 1;
        if self.alive == 0 {
            *self = Self::default();
        } else if self.alive * 2 < self.entries.len() {
            self.entries.retain(|entry| entry.waker.is_some());
            self.first = 0;
        }
        waker
    }
}
