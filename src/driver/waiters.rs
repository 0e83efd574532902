//! The wakers of pending futures, in one queue for each kind of condition.
//!
//! A queue is sorted by the order in which its conditions become true. A drive therefore looks at the first entry of
//! each queue only, however many futures are pending.

use alloc::collections::VecDeque;
use core::mem::replace;
use core::task::{Poll, Waker};

use crate::error::FlushError;
use crate::machine::Machine;

/// An empty queue keeps memory for at most this many wakers.
const ROOM: usize = 64;

/// What a future waits for.
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
    /// Whether messages have to leave for it.
    pub(super) fn is_for_sends(self) -> bool {
        !matches!(self, Self::Ended(_))
    }

    /// The result, once the condition is true.
    pub(crate) fn outcome(self, machine: &Machine) -> Poll<Result<(), FlushError>> {
        let (is_met, result) = match self {
            Self::Ready => (!machine.is_full() || machine.is_over(), Ok(())),
            Self::Ended(ends) => (machine.ends().0 > ends, Ok(())),
            Self::Flushed(mark) if mark.is_lost(machine) => (true, Err(FlushError::Lost)),
            Self::Flushed(mark) if mark.has_left(machine) => (true, Ok(())),
            Self::Flushed(_) => (machine.is_over(), Err(FlushError::Ended)),
        };
        if is_met { Poll::Ready(result) } else { Poll::Pending }
    }

    /// Sorts a queue: a condition never becomes true before one of its kind with a lower threshold.
    fn threshold(self) -> u64 {
        match self {
            Self::Ready => 0,
            Self::Flushed(mark) => mark.accepted,
            Self::Ended(ends) => ends,
        }
    }
}

/// A point in the sequence of messages: what was queued before it, and what was lost since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// The number of the last message before it.
    accepted: u64,
    /// How often messages had been lost.
    losses: u64,
}

impl Mark {
    pub(crate) fn new(machine: &Machine) -> Self {
        Self { accepted: machine.accepted(), losses: machine.losses() }
    }

    /// Moves the mark behind what was queued meanwhile. What was lost meanwhile still counts.
    pub(crate) fn extend(&mut self, machine: &Machine) {
        self.accepted = machine.accepted();
    }

    pub(crate) fn has_left(self, machine: &Machine) -> bool {
        machine.has_left(self.accepted)
    }

    /// Whether a message before the mark was lost since.
    ///
    /// EXACTNESS: every loss counts as one of these messages. With `machine.first_lost()`, a single loss since then
    /// counts only if `first_lost() <= accepted`.
    pub(crate) fn is_lost(self, machine: &Machine) -> bool {
        machine.losses() != self.losses
    }
}

/// The key of an entry. Number 0 is no entry.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    threshold: u64,
    number: u64,
}

/// The entries of one [`Waiter`](super::Waiter), one for each kind.
#[derive(Default)]
pub(crate) struct Places {
    ready: Place,
    flushed: Place,
    ended: Place,
}

impl Places {
    /// Whether there never was an entry, or it was removed by its waiter.
    pub(super) fn is_empty(&self) -> bool {
        [self.ready, self.flushed, self.ended].iter().all(|place| place.number == 0)
    }
}

struct Waiting {
    wait: Wait,
    place: Place,
    waker: Waker,
}

#[derive(Default)]
pub(super) struct Waiters {
    ready: VecDeque<Waiting>,
    flushed: VecDeque<Waiting>,
    ended: VecDeque<Waiting>,
    /// The number of the latest entry.
    number: u64,
    /// How many conditions were evaluated.
    #[cfg(test)]
    pub(super) looks: u64,
}

impl Waiters {
    /// Adds an entry or updates its waker. Returns a waker to be dropped after the lock, as a drop runs foreign code.
    pub(super) fn wait(&mut self, wait: Wait, places: &mut Places, waker: &Waker) -> Option<Waker> {
        let threshold = wait.threshold();
        self.number += 1;
        let number = self.number;
        let (queue, place) = self.queue(wait, places);
        let mut before = None;
        if let Some(at) = find(queue, *place) {
            match queue.get_mut(at) {
                Some(known) if place.threshold == threshold => {
                    known.wait = wait;
                    let is_same = known.waker.will_wake(waker);
                    return (!is_same).then(|| replace(&mut known.waker, waker.clone()));
                }
                _ => before = take(queue, at),
            }
        }
        *place = Place { threshold, number };
        let at = queue.partition_point(|other| other.place < *place);
        queue.insert(at, Waiting { wait, place: *place, waker: waker.clone() });
        before
    }

    /// Removes the entry of this kind. Returns its waker, as [`wait`](Self::wait) does.
    pub(super) fn leave(&mut self, wait: Wait, places: &mut Places) -> Option<Waker> {
        let (queue, place) = self.queue(wait, places);
        let place = core::mem::take(place);
        let at = find(queue, place)?;
        take(queue, at)
    }

    /// Removes all entries.
    pub(super) fn leave_all(&mut self, places: &mut Places) -> [Option<Waker>; 3] {
        [Wait::Ready, Wait::Flushed(Mark { accepted: 0, losses: 0 }), Wait::Ended(0)]
            .map(|wait| self.leave(wait, places))
    }

    /// Removes an entry whose condition is true.
    pub(super) fn next_met(&mut self, machine: &Machine) -> Option<Waker> {
        for queue in [&mut self.ready, &mut self.flushed, &mut self.ended] {
            let Some(first) = queue.front() else { continue };
            #[cfg(test)]
            {
                self.looks += 1;
            }
            if first.wait.outcome(machine).is_ready() {
                return take(queue, 0);
            }
        }
        None
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.flushed.len() + self.ended.len()
    }

    /// Whether a future waits for messages to leave.
    pub(super) fn wait_for_sends(&self) -> bool {
        !self.ready.is_empty() || !self.flushed.is_empty()
    }

    fn queue<'a>(&'a mut self, wait: Wait, places: &'a mut Places) -> (&'a mut VecDeque<Waiting>, &'a mut Place) {
        match wait {
            Wait::Ready => (&mut self.ready, &mut places.ready),
            Wait::Flushed(_) => (&mut self.flushed, &mut places.flushed),
            Wait::Ended(_) => (&mut self.ended, &mut places.ended),
        }
    }
}

fn find(queue: &VecDeque<Waiting>, place: Place) -> Option<usize> {
    if place.number == 0 {
        return None;
    }
    queue.binary_search_by(|other| other.place.cmp(&place)).ok()
}

fn take(queue: &mut VecDeque<Waiting>, at: usize) -> Option<Waker> {
    let waiting = queue.remove(at)?;
    if queue.is_empty() && queue.capacity() > ROOM {
        *queue = VecDeque::new();
    }
    Some(waiting.waker)
}
