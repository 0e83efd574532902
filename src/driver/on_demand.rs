//! Futures that resolve to a value: what it is, is decided when their condition becomes true, and kept until they are polled.
//!
//! A client knows them as a trait object, which the first one creates. So a web app that uses none of them does not load
//! their code.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};
use core::mem::replace;
use core::num::NonZero;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use homing_machine::{Ping, State};

use super::{Machine, Shared};
use crate::close::End;
use crate::error::PingError;
use crate::sync::{Mutex, lock};

/// The pending futures of a client.
pub(super) trait OnDemand: Send {
    /// Returns [`Shared::wake_on_demand`] while there are any. So it is part of programs that have such futures only.
    fn resolver(&self) -> Option<fn(&Shared)>;

    /// Resolves futures whose condition is true, up to the first one that has a waker. Returns that.
    fn next_met(&mut self, machine: &mut Machine, end: Option<&End>) -> Option<Waker>;

    /// Returns the number of the heartbeat that was answered, if one was: by a message that the predicate recognized
    /// (`is_reply`), or by one that answers if an answer is awaited (`may_reply`).
    ///
    /// Of a type that is returned in a register: in a web app, a pointer to the result as a fifth parameter would give this the
    /// signature of unused functions of `js-sys`, which `wasm-opt` could then not remove.
    fn answered(&self, machine: &Machine, is_reply: bool, may_reply: bool) -> Option<NonZero<u64>>;

    fn opened(&mut self, machine: &mut Machine, end: Option<&End>) -> Awaited<Result<(), End>>;

    fn pinged(&mut self, ping: Ping, machine: &mut Machine) -> Awaited<Result<Duration, PingError>>;

    #[cfg(test)]
    fn pending(&self) -> usize;
}

pub(super) struct Asked {
    opened: Queue<HasOpened>,
    pings: Queue<IsAnswered>,
}

impl Asked {
    pub(super) fn boxed() -> Box<dyn OnDemand> {
        Box::new(Self { opened: Queue::default(), pings: Queue::default() })
    }
}

impl OnDemand for Asked {
    fn resolver(&self) -> Option<fn(&Shared)> {
        let is_needed = !(self.opened.0.is_empty() && self.pings.0.is_empty());
        is_needed.then_some(Shared::wake_on_demand)
    }

    fn next_met(&mut self, machine: &mut Machine, end: Option<&End>) -> Option<Waker> {
        self.opened.next_met(machine, end).or_else(|| self.pings.next_met(machine, end))
    }

    fn answered(&self, machine: &Machine, is_reply: bool, may_reply: bool) -> Option<NonZero<u64>> {
        let last = machine.last_heartbeat();
        // One of a callback that is running has not left yet: the message answers an earlier heartbeat, if any.
        let is_awaited = may_reply && self.pings.0.front().is_some_and(|(ping, _)| ping.0.number() <= last);
        if is_reply || is_awaited { NonZero::new(last) } else { None }
    }

    fn opened(&mut self, machine: &mut Machine, end: Option<&End>) -> Awaited<Result<(), End>> {
        self.opened.add(HasOpened { opens: opens(machine), ends: machine.ends() }, machine, end)
    }

    fn pinged(&mut self, ping: Ping, machine: &mut Machine) -> Awaited<Result<Duration, PingError>> {
        self.pings.add(IsAnswered(ping), machine, None)
    }

    #[cfg(test)]
    fn pending(&self) -> usize {
        self.opened.0.len() + self.pings.0.len()
    }
}

/// A condition that a future waits for.
trait Condition {
    type Output: Clone;

    /// Returns the value, once the condition is true. `end` is the latest end of the client.
    fn outcome(&self, machine: &mut Machine, end: Option<&End>) -> Poll<Self::Output>;
}

/// Returns how often the client has opened.
fn opens(machine: &Machine) -> u64 {
    machine.stats(machine.now()).reconnects + u64::from(machine.has_opened())
}

/// How often the client had opened and ended when the future was made.
struct HasOpened {
    opens: u64,
    ends: u64,
}

impl Condition for HasOpened {
    type Output = Result<(), End>;

    fn outcome(&self, machine: &mut Machine, end: Option<&End>) -> Poll<Self::Output> {
        if machine.state() == State::Open || opens(machine) > self.opens {
            return Poll::Ready(Ok(()));
        }
        match end {
            Some(end) if machine.is_over() || machine.ends() > self.ends => Poll::Ready(Err(end.clone())),
            _ => Poll::Pending,
        }
    }
}

struct IsAnswered(Ping);

impl Condition for IsAnswered {
    type Output = Result<Duration, PingError>;

    fn outcome(&self, machine: &mut Machine, _: Option<&End>) -> Poll<Self::Output> {
        machine.pong(&self.0).map(|round_trip| round_trip.ok_or(PingError::Lost))
    }
}

/// Conditions and their futures, in the order in which they become true: none does before an earlier one.
struct Queue<C: Condition>(VecDeque<(C, Weak<Slot<C::Output>>)>);

type Slot<T> = Mutex<Progress<T>>;

enum Progress<T> {
    Pending(Option<Waker>),
    Done(T),
}

impl<C: Condition> Default for Queue<C> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<C: Condition> Queue<C> {
    fn add(&mut self, condition: C, machine: &mut Machine, end: Option<&End>) -> Awaited<C::Output> {
        if let Poll::Ready(value) = condition.outcome(machine, end) {
            return Awaited::done(value);
        }
        let slot = Arc::new(Mutex::new(Progress::Pending(None)));
        // A program that drops its futures at once does not fill the memory.
        if self.0.len() == self.0.capacity() {
            self.0.retain(|(_, slot)| slot.strong_count() > 0);
        }
        // The new one stays, even if it is dropped before it is resolved: `Machine::pong` wants to be asked.
        self.0.push_back((condition, Arc::downgrade(&slot)));
        Awaited(slot)
    }

    fn next_met(&mut self, machine: &mut Machine, end: Option<&End>) -> Option<Waker> {
        while let Some((condition, _)) = self.0.front() {
            let Poll::Ready(value) = condition.outcome(machine, end) else { break };
            let Some((_, slot)) = self.0.pop_front() else { break };
            let before = slot.upgrade().map(|slot| replace(&mut *lock(&slot), Progress::Done(value)));
            if let Some(Progress::Pending(Some(waker))) = before {
                return Some(waker);
            }
        }
        None
    }
}

/// A future that resolves to a value.
pub(crate) struct Awaited<T>(Arc<Slot<T>>);

impl<T: Clone> Awaited<T> {
    /// A future that is resolved already.
    pub(crate) fn done(value: T) -> Self {
        Self(Arc::new(Mutex::new(Progress::Done(value))))
    }

    /// Returns the value once it is there, also when polled again.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<T> {
        // Declared before the lock, so that the waker is dropped after it.
        let _unneeded;
        let mut progress = lock(&self.0);
        match &mut *progress {
            Progress::Done(value) => Poll::Ready(value.clone()),
            Progress::Pending(Some(known)) if known.will_wake(cx.waker()) => Poll::Pending,
            Progress::Pending(waker) => {
                _unneeded = waker.replace(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
