//! The pace of reconnects by hand (S8a).

use crate::close::Initiator;
use crate::machine::Machine;
use crate::types::Types;
use crate::units::{Duration, Timestamp};

/// The delay of a policy that has none, and the longest delay between dials from outside of callbacks.
const SECOND: Duration = Duration::from_secs(1);

impl<T: Types> Machine<T> {
    /// Returns how long a reconnect by hand waits that asked for this delay.
    pub(crate) fn paced(&mut self, delay: Duration, in_callback: bool) -> Duration {
        let is_up = self.phase.has_socket();
        self.by_hand.next = !is_up || (in_callback && self.opened_at.is_none());
        if !self.by_hand.next || (!is_up && self.was_stable) {
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

    /// Returns when the policy would dial if it had no limit.
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
