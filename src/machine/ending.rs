//! How an attempt ends, what follows it (S7, S8), and how a client ends.

use core::time::Duration;

use super::state::{Next, Phase};
use super::{Event, Machine};
use crate::close::{CloseEvent, End, EndReason, Initiator};
use crate::error::{Error, Phase as ErrorPhase};

impl Machine {
    /// The attempt failed: `on_error`, then `on_close`.
    pub(super) fn fail(&mut self, error: Error) {
        self.fail_as(CloseEvent::abnormal(Initiator::Failure), error);
    }

    pub(super) fn fail_as(&mut self, event: CloseEvent, error: Error) {
        let phase = if matches!(self.phase, Phase::Connecting { .. }) { ErrorPhase::Opening } else { ErrorPhase::Open };
        let error = error.at(&self.config.url).during(phase);
        self.event(Event::Error(error.clone()));
        let next = self.phase.next();
        self.finish(event, Some(error), next);
    }

    /// The socket is gone; `on_close` is owed.
    pub(super) fn finish(&mut self, mut event: CloseEvent, error: Option<Error>, next: Next) {
        let lasted = self.opened_at.take().is_some_and(|since| self.now - since >= self.config.stable_after);
        if lasted {
            self.retries = 0;
        }
        self.writable = false;
        let (lost, edge) = self.queue.socket_gone();
        self.tell(edge);
        event.lost = lost;
        self.stats.messages_lost += lost;
        self.last_error = error;
        self.phase = Phase::Ending { event, next, asked: false, verdict: None };
    }

    /// Decides what follows an attempt and tells its end.
    pub(super) fn conclude(&mut self) {
        let ended = core::mem::replace(&mut self.phase, Phase::Closed { told: false });
        let Phase::Ending { mut event, next, verdict, .. } = ended else {
            return;
        };
        let decision = match next {
            Next::Policy => self.policy(&event, verdict),
            Next::Retry(delay) => Ok(delay),
            Next::End => Err(EndReason::Closed),
        };
        match decision {
            Ok(delay) => {
                event.retry_in = Some(delay);
                self.phase = Phase::Waiting { until: (!self.frozen).then(|| self.now + delay) };
            }
            Err(reason) => self.end_reason = reason,
        }
        self.last_close = Some(event.clone());
        self.event(Event::Close(event));
    }

    /// S7 and S8: after which delay to try again, or why not.
    fn policy(&mut self, event: &CloseEvent, verdict: Option<bool>) -> Result<Duration, EndReason> {
        let refused = event.initiator == Initiator::Remote && matches!(event.code.get(), 1008 | 1010);
        let hopeless = self.last_error.as_ref().is_some_and(Error::is_fatal) && !self.config.has_provider;
        match verdict {
            Some(false) => return Err(EndReason::Declined),
            None if refused || hopeless => return Err(EndReason::Fatal),
            _ => {}
        }
        let delay = self.config.reconnect.delay(self.retries, &mut self.rng).ok_or(EndReason::Exhausted)?;
        self.retries = self.retries.saturating_add(1);
        let asked = self.last_error.as_ref().and_then(Error::retry_after).unwrap_or_default();
        Ok(delay.max(asked))
    }

    /// The end, as `on_end` is about to tell it.
    pub(super) fn end(&mut self) -> End {
        // A retry that was told may have been cancelled since.
        if let Some(close) = &mut self.last_close {
            close.retry_in = None;
        }
        let end = End {
            reason: self.end_reason,
            unsent: self.queue.len(),
            close: self.last_close.clone(),
            error: self.last_error.clone(),
        };
        self.ends += 1;
        self.last_end = Some(end.clone());
        end
    }
}
