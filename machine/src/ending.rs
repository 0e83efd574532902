//! How an attempt ends, what follows it (S7, S8), and how a client ends.

use crate::close::{CloseEvent, EndReason, Initiator};
use crate::io::{Notify, Output};
use crate::machine::Machine;
use crate::state::{Next, Phase, Stage};
use crate::types::{Cause, Failure, Types};
use crate::units::{Duration, Timestamp};

impl<T: Types> Machine<T> {
    /// The attempt failed: `on_error`, then `on_close`.
    pub(crate) fn fail(&mut self, error: T::Error) {
        let is_open = !matches!(self.phase, Phase::Connecting { .. });
        self.last_close = Some(CloseEvent::abnormal(Initiator::Failure));
        self.finish(Some(T::located(error, &self.config.url, is_open)), self.phase.next());
    }

    /// The attempt took too long. Drops the socket.
    pub(crate) fn abandon(&mut self, cause: Cause) {
        self.put(Output::Abort);
        self.fail(T::error(cause));
    }

    /// Drops the socket at once.
    pub(crate) fn drop_attempt(&mut self, next: Next) {
        self.put(Output::Abort);
        self.end_attempt(next);
    }

    /// When to dial after this delay: not as long as the page is frozen.
    pub(crate) fn after(&self, delay: Duration) -> Timestamp {
        if self.frozen { Timestamp::NEVER } else { self.now + delay }
    }

    /// The attempt is over without a failure. Where no Close frame arrived it was this side that ended it.
    pub(crate) fn end_attempt(&mut self, next: Next) {
        if !matches!(self.phase, Phase::Closing { stage: Stage::AwaitingEnd, .. }) {
            self.last_close = Some(CloseEvent::abnormal(Initiator::Local));
        }
        self.finish(None, next);
    }

    /// Whether the attempt under way has been open for `stable_after`.
    pub(crate) fn is_stable(&self) -> bool {
        self.opened_at.is_some_and(|since| self.now - since >= self.config.stable_after)
    }

    /// The socket is gone; `on_close` is owed.
    fn finish(&mut self, error: Option<T::Error>, next: Next) {
        if error.is_some() {
            self.notify(Notify::Error);
        }
        self.last_error = error;
        self.was_stable = self.is_stable();
        self.opened_at = None;
        if self.was_stable {
            self.retries = 0;
            self.by_hand.was_stable();
        }
        self.writable = false;
        self.stats.bytes_held = 0;
        let (lost, edge) = self.queue.socket_gone();
        self.notify_edge(edge);
        self.stats.messages_lost += lost;
        if let Some(event) = &mut self.last_close {
            event.lost = lost;
        }
        self.phase = Phase::Ending { next, asked: false, answer: None };
    }

    /// Decides what follows an attempt and tells its end.
    pub(crate) fn conclude(&mut self) {
        let Phase::Ending { next, answer, .. } = self.phase else {
            return;
        };
        let decision = match next {
            Next::Policy => self.policy(answer).inspect(|delay| self.by_hand.left_to_policy(self.now + *delay)),
            Next::Retry(delay) => Ok(delay),
            Next::End => Err(EndReason::Closed),
        };
        self.phase = match decision {
            Ok(delay) => Phase::Waiting { until: self.after(delay) },
            Err(reason) => {
                self.end_reason = reason;
                Phase::Closed { notified: false }
            }
        };
        if let Some(event) = &mut self.last_close {
            event.retry_in = decision.ok();
        }
        self.notify(Notify::Close);
    }

    /// S7 and S8: after which delay to try again, or why not.
    fn policy(&mut self, answer: Option<bool>) -> Result<Duration, EndReason> {
        let refused = self
            .last_close
            .as_ref()
            .is_some_and(|event| event.initiator == Initiator::Remote && matches!(event.code.get(), 1008 | 1010));
        let hopeless = match self.last_error.as_ref().map(T::failure) {
            // What was right before is not wrong now: gateways answer 404 while what is behind them restarts.
            Some(Failure::RefusedForGood) => !self.opened_before,
            Some(Failure::Unsupported) => true,
            _ => false,
        };
        let hopeless = hopeless && !self.config.has_provider;
        match answer {
            Some(false) => return Err(EndReason::Declined),
            None if refused || hopeless => return Err(EndReason::Fatal),
            _ => {}
        }
        let delay = self.config.backoff.delay(self.retries, &mut self.rng).ok_or(EndReason::Exhausted)?;
        self.retries = self.retries.saturating_add(1);
        Ok(delay.max(self.asked_delay()))
    }

    /// How long the peer asked to be left alone.
    pub(crate) fn asked_delay(&self) -> Duration {
        let asked = self.last_error.as_ref().and_then(T::retry_after);
        asked.map_or(Duration::ZERO, |asked| asked.min(self.config.max_retry_after))
    }

    /// The client has ended.
    pub(crate) fn end(&mut self) {
        // A retry that was told may have been cancelled since.
        if let Some(close) = &mut self.last_close {
            close.retry_in = None;
        }
        self.ends += 1;
    }
}
