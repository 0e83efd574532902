//! The end of attempts and clients, and the decision whether to retry (S7, S8).

use crate::close::{CloseEvent, EndReason, Initiator};
use crate::io::{Notify, Output};
use crate::machine::Machine;
use crate::state::{Next, Phase, Stage};
use crate::types::{Cause, Failure, Types};
use crate::units::{Duration, Timestamp};

impl<T: Types> Machine<T> {
    /// Ends the attempt with an error: `on_error`, then `on_close`.
    pub(crate) fn fail(&mut self, error: T::Error) {
        let is_open = !self.phase.is_before_open();
        self.last_close = Some(CloseEvent::abnormal(Initiator::Failure));
        self.finish(Some(T::located(error, &self.config.url, is_open)), self.phase.next());
    }

    /// Drops the socket, and ends the attempt with an error.
    pub(crate) fn abandon(&mut self, cause: Cause) {
        self.put(Output::Abort);
        self.fail(T::error(cause));
    }

    /// Drops the socket, and ends the attempt without an error.
    pub(crate) fn drop_attempt(&mut self, next: Next) {
        self.put(Output::Abort);
        self.end_attempt(next);
    }

    /// Returns when to dial after this delay. While the page is frozen, that is never.
    pub(crate) fn after(&self, delay: Duration) -> Timestamp {
        if self.frozen { Timestamp::NEVER } else { self.now + delay }
    }

    /// Ends the attempt without an error. If no Close frame arrived, this side ended it.
    pub(crate) fn end_attempt(&mut self, next: Next) {
        if !matches!(self.phase, Phase::Closing { stage: Stage::AwaitingEnd, .. }) {
            self.last_close = Some(CloseEvent::abnormal(Initiator::Local));
        }
        self.finish(None, next);
    }

    /// Notes whether the attempt was open for `stable_after`, before it closes or ends. The time of the closing handshake does not
    /// count.
    #[inline(never)]
    pub(crate) fn note_stability(&mut self) {
        if !matches!(self.phase, Phase::Closing { .. }) {
            self.was_stable = self.opened_at.is_some_and(|since| self.now - since >= self.config.stable_after);
        }
    }

    /// The socket is gone, and `on_close` is due.
    fn finish(&mut self, error: Option<T::Error>, next: Next) {
        if error.is_some() {
            self.notify(Notify::Error);
        }
        self.last_error = error;
        self.note_stability();
        self.opened_at = None;
        if self.was_stable {
            self.retries = 0;
            self.by_hand.was_stable();
        }
        self.writable = false;
        self.stats.bytes_held = 0;
        self.lose_socket();
        self.phase = Phase::Ending { next, asked: false, answer: None };
    }

    /// Counts what the socket held as lost.
    pub(crate) fn lose_socket(&mut self) {
        let (lost, edge) = self.queue.socket_gone();
        self.notify_edge(edge);
        self.stats.messages_lost += lost;
        if let Some(event) = &mut self.last_close {
            event.lost += lost;
        }
    }

    /// Decides what follows the attempt, and emits `on_close`.
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

    /// Returns the delay before the next attempt by policy (S7), or why there is none (S8).
    fn policy(&mut self, answer: Option<bool>) -> Result<Duration, EndReason> {
        let is_rejected = self
            .last_close
            .as_ref()
            .is_some_and(|event| event.initiator == Initiator::Remote && matches!(event.code.get(), 1008 | 1010));
        let failure = self.last_error.as_ref().map(T::failure);
        let is_fatal = match failure {
            // A request that succeeded before is not wrong: gateways answer 404 while the server behind them restarts.
            Some(Failure::RefusedForGood) => !self.opened_before,
            Some(Failure::Unsupported) => true,
            _ => false,
        };
        let is_fatal = is_fatal && !self.config.has_provider || failure == Some(Failure::Fatal);
        match answer {
            Some(false) => return Err(EndReason::Declined),
            None if is_rejected || is_fatal => return Err(EndReason::Fatal),
            _ => {}
        }
        let delay =
            self.config.backoff.delay(self.retries, self.is_starting, &mut self.rng).ok_or(EndReason::Exhausted)?;
        self.retries = self.retries.saturating_add(1);
        Ok(delay.max(self.asked_delay()))
    }

    /// The client has opened. The attempts until the first time are counted apart (S28).
    pub(crate) fn has_started(&mut self) {
        if core::mem::take(&mut self.is_starting) && self.config.backoff.max_initial_attempts.is_some() {
            self.retries = 0;
        }
    }

    /// Returns the delay that the server asked for with `Retry-After`.
    pub(crate) fn asked_delay(&self) -> Duration {
        let asked = self.last_error.as_ref().and_then(T::retry_after);
        asked.map_or(Duration::ZERO, |asked| asked.min(self.config.max_retry_after))
    }

    /// Counts the end of the client.
    pub(crate) fn end(&mut self) {
        // A retry that `on_close` reported may have been cancelled since.
        if let Some(close) = &mut self.last_close {
            close.retry_in = None;
        }
        self.ends += 1;
    }
}
