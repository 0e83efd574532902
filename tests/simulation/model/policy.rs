//! What follows an attempt.

use std::time::Duration;

use homing::{CloseEvent, EndReason, ErrorKind, Initiator};

use super::attempt::{Attempt, Decision};
use super::by_hand::Answer;
use super::{Checked, Model, Next, demand};
use crate::run::retries;

impl Model<'_> {
    /// Whether this close decides as it must.
    pub(super) fn decide(&mut self, attempt: &Attempt, event: &CloseEvent) -> Checked {
        let lasted = attempt.lasted(self.now, self.setup.stable_after);
        if lasted {
            self.retries = 0;
        }
        self.by_hand.attempt_over(lasted, event.initiator != Initiator::Local);
        let retry_in = event.retry_in;
        let reason = match attempt.next {
            Decision::End => {
                demand!(retry_in.is_none(), "S8: {retry_in:?} though it was closed here");
                Some(EndReason::Closed)
            }
            Decision::Retry((from, to)) => {
                let fits = retry_in.is_some_and(|retry_in| (from..=to).contains(&retry_in));
                demand!(fits, "S8a: {retry_in:?}, but {from:?} to {to:?} was asked for");
                None
            }
            Decision::Policy => {
                let stops = self.policy(attempt, event)?;
                if let Some(delay) = retry_in {
                    self.by_hand.left_to_policy(self.now + delay);
                }
                stops
            }
            Decision::Unknown => {
                self.by_hand.is_unsure();
                match (retry_in, self.stops(attempt, event)) {
                    (Some(_), _) => {}
                    // The policy would go on, so that it was cancelled.
                    (None, None) => self.by_hand.closed = Answer::Yes,
                    (None, Some(_)) => self.by_hand.closed = Answer::Unknown,
                }
                None
            }
        };
        match retry_in {
            Some(delay) => self.dial_in((delay, delay)),
            None => {
                self.next = Next::Never;
                self.owed = Some(reason);
            }
        }
        Ok(())
    }

    /// Why the policy stops after this close, if it does.
    fn stops(&self, attempt: &Attempt, event: &CloseEvent) -> Option<EndReason> {
        let refused = event.initiator == Initiator::Remote && [1008, 1010].contains(&event.code.get());
        let hopeless =
            self.opens == 0 && matches!(attempt.error, Some(ErrorKind::Handshake { status: Some(401 | 404), .. }));
        let hopeless =
            hopeless || attempt.error == Some(ErrorKind::Setup) && Self::set_up_is_fatal(attempt.set_up.as_ref());
        let stop = match self.setup.predicate {
            Some(predicate) if retries(predicate, event) => None,
            Some(_) => Some(EndReason::Declined),
            None if refused || hopeless => Some(EndReason::Fatal),
            None => None,
        };
        let policy = self.setup.policy;
        let used_up = match policy.max_initial_attempts {
            Some(max) if self.starting => self.retries + 1 >= max,
            _ => policy.max_attempts.is_some_and(|max| self.retries >= max),
        };
        stop.or(used_up.then_some(EndReason::Exhausted))
    }

    /// Checks S7 and S8 where nothing was requested. Returns why the policy stops.
    fn policy(&mut self, attempt: &Attempt, event: &CloseEvent) -> Result<Option<EndReason>, String> {
        let retry_in = event.retry_in;
        let stop = self.stops(attempt, event);
        let policy = self.setup.policy;
        if stop.is_some() {
            demand!(retry_in.is_none(), "S8: retries in {retry_in:?} though {stop:?}");
            return Ok(stop);
        }
        let bound = policy.bound(self.retries);
        let fits = if policy.jitter {
            retry_in.is_some_and(|retry_in| retry_in <= bound)
        } else {
            retry_in.is_some_and(|retry_in| is_close(retry_in, bound))
        };
        demand!(fits, "S7: {retry_in:?} after {} retries, not {bound:?}", self.retries);
        self.retries += 1;
        Ok(None)
    }
}

/// Powers are computed in floating point.
fn is_close(delay: Duration, exact: Duration) -> bool {
    delay.abs_diff(exact) < Duration::from_micros(1)
}
