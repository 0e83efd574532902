//! Reconnects by hand: whether they have an effect, and their shortest delay.

use std::time::Duration;

use homing::{EndReason, State};

use super::Model;
use super::attempt::Attempt;

const SECOND: Duration = Duration::from_secs(1);

/// From when to when something may happen.
pub(super) type Span = (Duration, Duration);

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum Answer {
    #[default]
    No,
    Yes,
    /// In a callback of the send buffer, the socket may be gone without a notification yet.
    Unknown,
}

#[derive(Default)]
pub(super) struct ByHand {
    /// Closed on this side, and not reconnected from outside of callbacks since. Unknown where the policy stopped as well:
    /// the reason of the end shows it.
    pub(super) closed: Answer,
    /// A reconnect in a callback, which does nothing if the client was closed: the next state shows it.
    tried: Option<Span>,
    /// The next attempt is one by hand.
    next: Answer,
    /// When that attempt was dialled, and whether it is certain that it was one by hand.
    dialled: Option<(Duration, bool)>,
    /// No callback dials before.
    earliest: Option<Span>,
    retries: u32,
    /// What came before cannot be seen from the outside.
    unsure: bool,
    /// Of the attempt before.
    lasted: bool,
    failed: bool,
}

impl ByHand {
    pub(super) fn dials(&mut self, at: Duration) {
        let next = std::mem::take(&mut self.next);
        self.dialled = (next != Answer::No).then_some((at, next == Answer::Yes));
        self.earliest = None;
    }

    pub(super) fn attempt_over(&mut self, lasted: bool, failed: bool) {
        self.lasted = lasted;
        self.failed = failed;
        if lasted {
            self.retries = 0;
            self.unsure = false;
        }
    }

    pub(super) fn left_to_policy(&mut self, until: Duration) {
        self.next = Answer::No;
        self.earliest = Some((until, until));
    }

    pub(super) fn is_unsure(&mut self) {
        self.unsure = true;
    }

    pub(super) fn ends(&mut self, reason: EndReason) {
        self.closed = match self.closed {
            Answer::Unknown if reason == EndReason::Closed => Answer::Yes,
            Answer::Unknown => Answer::No,
            known => known,
        };
    }
}

impl Model<'_> {
    /// How long a reconnect waits that asked for this delay; `None` if it does nothing.
    pub(super) fn paced(&mut self, delay: Duration, state: State) -> Option<Span> {
        // Clocks tick in microseconds.
        let delay = Duration::from_micros(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX));
        let inside = self.inside.is_some() || self.polling;
        match self.by_hand.closed {
            Answer::Yes if inside => return None,
            _ if !inside => self.by_hand.closed = Answer::No,
            _ => {}
        }
        let stable_after = self.setup.stable_after;
        let lasts = |attempt: &Attempt| attempt.lasted(self.now, stable_after);
        // The client may be open before `on_open` is called, inside `on_buffer_full`.
        let opened = self.attempt.as_ref().is_some_and(|attempt| attempt.opened.is_some()) || state == State::Open;
        let may_be_gone = self.is_behind() && state == State::Closing;
        let (is_up, failed, lasted) = match &self.attempt {
            None => (false, self.by_hand.failed, self.by_hand.lasted),
            Some(attempt) if attempt.error.is_some() || attempt.dropped => {
                (false, attempt.error.is_some(), lasts(attempt))
            }
            Some(_) => {
                // Its socket may be gone without a notification yet.
                self.by_hand.unsure |= may_be_gone;
                (true, false, opened)
            }
        };
        self.by_hand.next = match (is_up, may_be_gone) {
            (false, _) => Answer::Yes,
            _ if inside && !opened => Answer::Yes,
            (true, true) => Answer::Unknown,
            (true, false) => Answer::No,
        };
        if self.by_hand.unsure {
            return Some((delay, delay.max(self.setup.policy.max).max(SECOND)));
        }
        let spacing = self.setup.policy.first.min(SECOND);
        let (from, to) = match self.by_hand.dialled {
            _ if lasted => return Some((delay, delay)),
            _ if failed && inside => self.earliest(),
            Some((dialled, is_certain)) if failed || inside => {
                let latest = dialled + spacing;
                (if is_certain { latest } else { Duration::ZERO }, latest)
            }
            _ => return Some((delay, delay)),
        };
        Some((delay.max(from.saturating_sub(self.now)), delay.max(to.saturating_sub(self.now))))
    }

    /// A reconnect while the client is closed.
    pub(super) fn revives(&mut self, delay: Span) {
        if self.by_hand.closed == Answer::Unknown {
            self.by_hand.tried = Some(delay);
            return;
        }
        self.retries = 0;
        self.starting = true;
        self.owed = None;
        self.dial_in(delay);
    }

    /// Whether the reconnect before this look had an effect, where that was unknown.
    pub(super) fn has_tried(&mut self, state: State) {
        let Some(delay) = self.by_hand.tried.take() else { return };
        if state == State::Closed {
            self.by_hand.closed = Answer::Yes;
        } else {
            self.by_hand.closed = Answer::No;
            self.revives(delay);
        }
    }

    fn earliest(&mut self) -> Span {
        let now = self.now;
        let (policy, retries) = (self.setup.policy, self.retries.max(self.by_hand.retries));
        *self.by_hand.earliest.get_or_insert_with(|| {
            self.by_hand.retries = retries + 1;
            let bound = policy.bound(retries);
            (if policy.jitter { now } else { now + bound }, now + bound)
        })
    }
}
