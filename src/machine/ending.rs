//! How an attempt ends, what follows it (S7, S8), and how a client ends.

use super::state::{Next, Phase, Stage};
use super::{Machine, Output, Tell};
use crate::close::{CloseEvent, End, EndReason, Initiator};
use crate::error::{Error, ErrorKind, Phase as ErrorPhase};
use crate::units::{Duration, Timestamp};

impl Machine {
    /// The attempt failed: `on_error`, then `on_close`.
    pub(super) fn fail(&mut self, error: Error) {
        let phase = if matches!(self.phase, Phase::Connecting { .. }) { ErrorPhase::Opening } else { ErrorPhase::Open };
        self.last_close = Some(CloseEvent::abnormal(Initiator::Failure));
        self.finish(Some(error.at(&self.config.url).during(phase)), self.phase.next());
    }

    /// The attempt took too long. Drops the socket.
    pub(super) fn give_up(&mut self, kind: ErrorKind) {
        self.put(Output::Abort);
        self.fail(Error::new(kind, ""));
    }

    /// Drops the socket at once.
    pub(super) fn drop_attempt(&mut self, next: Next) {
        self.put(Output::Abort);
        self.part(next);
    }

    /// When to dial after this delay: not as long as the page is frozen.
    pub(super) fn after(&self, delay: Duration) -> Timestamp {
        if self.frozen { Timestamp::NEVER } else { self.now + delay }
    }

    /// The attempt is over without a failure. Where no Close frame arrived it was this side that ended it.
    pub(super) fn part(&mut self, next: Next) {
        if !matches!(self.phase, Phase::Closing { stage: Stage::AwaitingEnd, .. }) {
            self.last_close = Some(CloseEvent::abnormal(Initiator::Local));
        }
        self.finish(None, next);
    }

    /// Whether the attempt under way has been open for `stable_after`.
    pub(super) fn lasts(&self) -> bool {
        self.opened_at.is_some_and(|since| self.now - since >= self.config.stable_after)
    }

    /// The socket is gone; `on_close` is owed.
    fn finish(&mut self, error: Option<Error>, next: Next) {
        if error.is_some() {
            self.tell(Tell::Error);
        }
        self.last_error = error;
        self.lasted = self.lasts();
        self.opened_at = None;
        if self.lasted {
            self.retries = 0;
            self.by_hand.lasted();
        }
        self.writable = false;
        self.stats.bytes_held = 0;
        let (lost, edge) = self.queue.socket_gone();
        self.tell_edge(edge);
        self.stats.messages_lost += lost;
        if let Some(event) = &mut self.last_close {
            event.lost = lost;
        }
        self.phase = Phase::Ending { next, asked: false, verdict: None };
    }

    /// Decides what follows an attempt and tells its end.
    pub(super) fn conclude(&mut self) {
        let Phase::Ending { next, verdict, .. } = self.phase else {
            return;
        };
        let decision = match next {
            Next::Policy => self.policy(verdict).inspect(|delay| self.by_hand.left_to_policy(self.now + *delay)),
            Next::Retry(delay) => Ok(delay),
            Next::End => Err(EndReason::Closed),
        };
        self.phase = match decision {
            Ok(delay) => Phase::Waiting { until: self.after(delay) },
            Err(reason) => {
                self.end_reason = reason;
                Phase::Closed { told: false }
            }
        };
        if let Some(event) = &mut self.last_close {
            event.retry_in = decision.ok();
        }
        self.tell(Tell::Close);
    }

    /// S7 and S8: after which delay to try again, or why not.
    fn policy(&mut self, verdict: Option<bool>) -> Result<Duration, EndReason> {
        let refused = self
            .last_close
            .as_ref()
            .is_some_and(|event| event.initiator == Initiator::Remote && matches!(event.code.get(), 1008 | 1010));
        let hopeless = self.last_error.as_ref().is_some_and(|error| {
            // What was right before is not wrong now: gateways answer 404 while what is behind them restarts.
            error.is_fatal() && !(error.is_refusal() && self.opened_before) && !self.config.has_provider
        });
        match verdict {
            Some(false) => return Err(EndReason::Declined),
            None if refused || hopeless => return Err(EndReason::Fatal),
            _ => {}
        }
        let delay = self.config.reconnect.delay(self.retries, &mut self.rng).ok_or(EndReason::Exhausted)?;
        self.retries = self.retries.saturating_add(1);
        Ok(delay.max(self.asked_delay()))
    }

    /// How long the peer asked to be left alone.
    pub(super) fn asked_delay(&self) -> Duration {
        let asked = self.last_error.as_ref().and_then(Error::retry_after);
        asked.map_or(Duration::ZERO, |asked| asked.min(self.config.max_retry_after))
    }

    /// The end, as `on_end` is about to tell it.
    pub(super) fn end(&mut self) {
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
        self.last_end = Some(end);
    }
}
