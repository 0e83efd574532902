//! Reconnects by hand (S8a): whether a callback may begin anew, and how soon.
//!
//! A callback runs for each attempt. One that always reconnects would dial a peer that is down in a loop and could not be
//! closed, so it keeps to the pace of the policy, and does not undo a close. A caller from outside, such as a person who
//! presses a button, dials at once, unless such a dial has just failed. An open connection is replaced at once by either.

use crate::close::Initiator;
use crate::machine::Machine;
use crate::types::Types;
use crate::units::{Duration, Timestamp};

/// The shortest interval where the policy has none, and the longest one between dials from outside.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct ByHand {
    /// The client was closed on this side, and not revived from outside since.
    pub(crate) closed: bool,
    /// The next attempt is one by hand.
    next: bool,
    /// When the last attempt was dialled, if it was one by hand; else `NEVER`.
    dialled: Timestamp,
    /// No callback dials before then. Decided once after each attempt; `NEVER` until then.
    earliest: Timestamp,
    /// How often callbacks have reconnected since an attempt lasted.
    retries: u32,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        let (dialled, earliest) = (Timestamp::NEVER, Timestamp::NEVER);
        Self { closed: false, next: false, dialled, earliest, retries: 0 }
    }

    /// The policy chose when the next attempt begins.
    pub(crate) fn left_to_policy(&mut self, until: Timestamp) {
        self.next = false;
        self.earliest = until;
    }

    pub(crate) fn dials(&mut self, now: Timestamp) {
        self.dialled = if core::mem::take(&mut self.next) { now } else { Timestamp::NEVER };
        self.earliest = Timestamp::NEVER;
    }

    pub(crate) fn lasted(&mut self) {
        self.retries = 0;
    }
}

impl<T: Types> Machine<T> {
    /// How long a reconnect by hand waits that asked for this delay.
    pub(crate) fn paced(&mut self, delay: Duration, in_callback: bool) -> Duration {
        let is_up = self.phase.has_socket();
        self.by_hand.next = !is_up || (in_callback && self.opened_at.is_none());
        if !self.by_hand.next || (!is_up && self.lasted) {
            return delay;
        }
        let failed = !is_up && self.last_close.as_ref().is_some_and(|close| close.initiator != Initiator::Local);
        let earliest = match self.by_hand.dialled {
            _ if failed && in_callback => self.earliest(),
            dialled if dialled != Timestamp::NEVER && (failed || in_callback) => {
                dialled + self.config.backoff.first_or(SECOND).min(SECOND)
            }
            _ => return delay,
        };
        delay.max(earliest - self.now)
    }

    /// When the policy would have dialled, had it not chosen to stop.
    fn earliest(&mut self) -> Timestamp {
        if self.by_hand.earliest != Timestamp::NEVER {
            return self.by_hand.earliest;
        }
        let retries = self.retries.max(self.by_hand.retries);
        self.by_hand.retries = retries.saturating_add(1);
        let delay = self.config.backoff.pace(retries, SECOND, &mut self.rng);
        self.by_hand.earliest = self.now + delay.max(self.asked_delay());
        self.by_hand.earliest
    }
}
