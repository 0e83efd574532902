//! What the handle must show, and what must have happened by now.

use homing::State;
use homing::memory::Dial;

use super::session::SetUp;
use super::{Checked, Model, Next, demand};
use crate::plan::MAX_MESSAGE;
use crate::trace::Look;

impl Model<'_> {
    /// Checks what the handle shows, at any time.
    pub(super) fn look(&self, look: &Look) -> Checked {
        let set_up = self.attempt.as_ref().and_then(|attempt| attempt.set_up.as_ref());
        demand!(
            look.buffered < self.messages.bound() + set_up.map_or(0, SetUp::bytes),
            "S14: {} bytes are buffered, the limit is {}",
            look.buffered,
            self.setup.limit
        );
        demand!(look.attempts == self.dials as u64, "S25: {} attempts", look.attempts);
        if self.is_behind() {
            return Ok(());
        }
        let expected = self.state();
        let peer_closes = self.attempt.as_ref().is_some_and(|attempt| attempt.peer_closed.is_some());
        let holds = look.state == expected || (peer_closes && look.state == State::Closing);
        demand!(holds, "S2: the state is {:?}, not {expected:?}", look.state);
        Ok(())
    }

    pub(super) fn settled(&mut self, look: Option<&Look>) -> Checked {
        let now = self.now;
        match self.next {
            Next::At(due) | Next::Between(_, due) => demand!(now < due, "S7: no dial, though it was due at {due:?}"),
            Next::Never | Next::Thaw => {}
        }
        demand!(self.owed.is_none(), "S4: closed without an end");
        self.attempt_is_in_time(look)?;
        let Some(look) = look else {
            return Ok(());
        };
        demand!(look.lost == self.messages.lost, "S25: {} lost, not {}", look.lost, self.messages.lost);
        demand!(look.reconnects == self.opens.saturating_sub(1), "S25: {} reconnects", look.reconnects);
        let prompt = match &self.attempt {
            Some(attempt) if look.state == State::Open => {
                let open_for = attempt.opened.map(|opened| now - opened);
                demand!(look.open_for == open_for, "S25: open for {:?}, not {open_for:?}", look.open_for);
                attempt.sends_at_once()
            }
            Some(_) => false,
            None => {
                demand!(look.open_for.is_none(), "S25: open for {:?} without an attempt", look.open_for);
                false
            }
        };
        self.messages.settled(look, prompt, self.attempt.is_none())
    }

    fn attempt_is_in_time(&self, look: Option<&Look>) -> Checked {
        let Some(attempt) = &self.attempt else {
            return Ok(());
        };
        let now = self.now;
        demand!(attempt.error.is_none() && !attempt.dropped, "S3: it has ended, without a notification");
        if let Some((since, _)) = attempt.closing {
            let due = self.runs_out(since, self.setup.close_timeout);
            // What was handed over may still be on its way, which extends the timeout.
            let moved = attempt.handed.map(|handed| handed + attempt.slowest).filter(|at| *at >= since);
            let in_time = |at| !attempt.steady || now < at + 2 * self.setup.close_timeout;
            let moves = attempt.resumed || moved.is_some_and(in_time);
            demand!(moves || now < due, "S10: still closing, though given up at {due:?}");
            return Ok(());
        }
        if let (None, Some(set_up)) = (attempt.opened, &attempt.set_up) {
            return self.set_up_is_in_time(set_up, look.map(|look| look.state));
        }
        if attempt.opened.is_none() {
            let arrives = attempt.dialled + attempt.latency;
            let stalls = matches!(attempt.outcome, Dial::Stall | Dial::StallHandshake);
            demand!(stalls || now < arrives, "{:?} had no effect", attempt.outcome);
            let timeout = self.setup.open_timeout.map(|timeout| self.runs_out(attempt.dialled, timeout));
            demand!(timeout.is_none_or(|due| now < due), "S8d: still connecting, though given up at {timeout:?}");
            return Ok(());
        }
        if let Some(beat) = self.setup.heartbeat {
            let times_out = attempt.times_out(beat.interval, beat.timeout);
            demand!(
                times_out.is_none_or(|(_, latest)| now < latest),
                "S17: still open, though due to fail at {times_out:?}"
            );
        }
        if !self.paused {
            let due = attempt.due(now, self.setup.rate.is_some());
            demand!(due.is_none_or(|due| due.len > MAX_MESSAGE), "{due:?} was not delivered");
            demand!(due.is_none(), "S21: {due:?} is too large and had no effect");
        }
        Ok(())
    }
}
