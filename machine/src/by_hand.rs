//! Reconnects by hand (S8a): whether a callback may begin anew, and how soon.
//!
//! A callback runs for each attempt. One that always reconnects would dial a peer that is down in a loop and could not be
//! closed, so it keeps to the pace of the policy, and does not undo a close. A caller from outside, such as a person who
//! presses a button, dials at once, unless such a dial has just failed. An open connection is replaced at once by either.

use crate::units::Timestamp;

#[derive(Debug)]
pub(crate) struct ByHand {
    /// The client was closed on this side, and not revived from outside since.
    pub(crate) closed: bool,
    /// The next attempt is one by hand.
    pub(crate) next: bool,
    /// When the last attempt was dialled, if it was one by hand; else `NEVER`.
    pub(crate) dialled: Timestamp,
    /// No callback dials before then. Decided once after each attempt; `NEVER` until then.
    pub(crate) earliest: Timestamp,
    /// How often callbacks have reconnected since an attempt was_stable.
    pub(crate) retries: u32,
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

    pub(crate) fn was_stable(&mut self) {
        self.retries = 0;
    }
}
