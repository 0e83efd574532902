//! The state of reconnects by hand: calls of `reconnect` and `reconnect_after` (S8a).
//!
//! A callback runs for each attempt. One that always reconnects would dial a dead server in a tight loop, and the client
//! could not be closed. So a callback dials no sooner than the policy would, and does not undo a close. A call from outside
//! of callbacks, for example because the user pressed a button, dials at once, unless such a dial has just failed. Both
//! replace an open connection at once.

use crate::units::Timestamp;

#[derive(Debug)]
pub(crate) struct ByHand {
    /// The client was closed on this side, and no call from outside of callbacks has reconnected it since.
    pub(crate) closed: bool,
    /// The next attempt is a reconnect by hand.
    pub(crate) next: bool,
    /// When the last attempt was dialled, if it was a reconnect by hand; `NEVER` otherwise.
    pub(crate) dialled: Timestamp,
    /// The earliest time at which a callback may dial. Decided once after each attempt; `NEVER` until then.
    pub(crate) earliest: Timestamp,
    /// Reconnects by callbacks since the last attempt that was open for `stable_after`.
    pub(crate) retries: u32,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        let (dialled, earliest) = (Timestamp::NEVER, Timestamp::NEVER);
        Self { closed: false, next: false, dialled, earliest, retries: 0 }
    }

    /// The policy decided when the next attempt starts.
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
