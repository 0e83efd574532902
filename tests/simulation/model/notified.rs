//! What callbacks were called with.

use homing::memory::Dial;
use homing::{CloseEvent, End, ErrorKind, Initiator};

use super::attempt::FromPeer;
use super::session::SetUp;
use super::{Checked, Model, Next, demand};
use crate::plan::MAX_MESSAGE;
use crate::trace::{Look, Notified};

impl Model<'_> {
    pub(super) fn notified(&mut self, notified: &Notified, look: Option<&Look>) -> Checked {
        match notified {
            Notified::Full => return self.messages.edge(true),
            Notified::Drain => return self.messages.edge(false),
            Notified::End(end) => return self.notified_end(end),
            _ => {}
        }
        let Some(attempt) = &mut self.attempt else {
            return Err("S3: notified of an attempt although there is none".to_string());
        };
        demand!(
            attempt.error.is_none() || matches!(notified, Notified::Close(_)),
            "S3: only the close follows an error"
        );
        let now = self.now;
        let runs = attempt.set_up.as_ref().is_some_and(SetUp::is_running);
        demand!(!runs, "S27: {notified:?} while the set-up runs");
        match notified {
            Notified::Connect => {
                demand!(!attempt.connected && attempt.opened.is_none(), "S3: connected twice");
                attempt.connected = true;
                let due = attempt.dialled + attempt.latency;
                let connects = matches!(attempt.outcome, Dial::Accept | Dial::StallHandshake | Dial::Status(_));
                demand!(connects && self.on_time(due), "connected out of time: {due:?}");
            }
            Notified::Open => {
                demand!(attempt.connected && attempt.opened.is_none(), "S3: opened twice, or unconnected");
                attempt.opened = Some(now);
                attempt.last_received = now;
                self.opens += 1;
                // The attempts until then are counted apart (S28).
                if std::mem::take(&mut self.starting) && self.setup.policy.max_initial_attempts.is_some() {
                    self.retries = 0;
                }
                match (&attempt.set_up, look) {
                    (Some(set_up), Some(look)) => {
                        // `on_buffer_full` may be called before this, and ping.
                        let heartbeats = attempt.pinged.is_none().then_some(look.heartbeats);
                        return set_up.opens(heartbeats);
                    }
                    _ => demand!(self.setup.sessions.is_none(), "S27: opened without a set-up"),
                }
                let due = attempt.dialled + attempt.latency;
                let opens = attempt.outcome == Dial::Accept;
                demand!(opens && self.on_time(due), "opened out of time: {due:?}");
            }
            Notified::Message(id) => {
                demand!(attempt.opened.is_some(), "S3: a message before open");
                demand!(!self.paused, "S22: a message while paused");
                demand!(!attempt.local, "a message while closing");
                return self.arrives(*id);
            }
            Notified::Latency => {
                let beats = self.setup.heartbeat.is_some() || attempt.pinged.is_some();
                demand!(attempt.opened.is_some() && beats, "S17: nothing was measured");
                attempt.last_received = now;
            }
            Notified::Error(kind) => {
                attempt.error = Some(kind.clone());
                return self.notified_error(kind);
            }
            Notified::Close(event) => return self.notified_close(event),
            Notified::Full | Notified::Drain | Notified::End(_) => {}
        }
        Ok(())
    }

    fn notified_error(&mut self, kind: &ErrorKind) -> Checked {
        if *kind == ErrorKind::Setup {
            demand!(self.set_up_fails()?, "S27: a set-up failed without a cause");
            return Ok(());
        }
        let Some(attempt) = &self.attempt else {
            return Ok(());
        };
        let opening = !attempt.is_up();
        let arrives = attempt.dialled + attempt.latency;
        let fits = match kind {
            ErrorKind::Connect => opening && attempt.outcome == Dial::Refuse && self.on_time(arrives),
            ErrorKind::Handshake { status: Some(status), .. } => {
                opening && attempt.connected && attempt.outcome == Dial::Status(*status) && self.on_time(arrives)
            }
            ErrorKind::OpenTimeout => {
                let due = self.setup.open_timeout.map(|timeout| self.runs_out(attempt.dialled, timeout));
                opening && due.is_some_and(|due| self.on_time(due))
            }
            ErrorKind::HeartbeatTimeout => {
                let Some(beat) = self.setup.heartbeat else {
                    return self.ping_times_out();
                };
                let times_out = attempt.times_out(beat.interval, beat.timeout);
                let on_time = times_out.is_none_or(|(earliest, latest)| (earliest..=latest).contains(&self.now));
                demand!(on_time, "S17: failed at {:?}, not {times_out:?}", self.now);
                let from = self.now.saturating_sub(beat.timeout);
                let arrived = attempt.steady && attempt.arrived_between(from, self.now);
                demand!(!arrived, "S17: failed at {:?} while bytes were arriving", self.now);
                !opening && !attempt.local && !self.paused
            }
            ErrorKind::Io => !opening && attempt.cut && !attempt.was_ended(),
            ErrorKind::Protocol => !opening && attempt.violated,
            ErrorKind::MessageTooLarge => {
                // While closing nothing is delivered, so that it may be any of them.
                let mut rest = attempt.from_peer.iter().skip(attempt.delivered);
                // Those before it may have arrived without being received by the set-up.
                let cause = rest.position(|message| message.len > MAX_MESSAGE);
                !opening && (attempt.local || cause == Some(0) || (cause.is_some() && attempt.set_up.is_some()))
            }
            _ => false,
        };
        demand!(fits, "S3: {kind:?} has no cause");
        Ok(())
    }

    fn notified_close(&mut self, event: &CloseEvent) -> Checked {
        let Some(attempt) = self.attempt.take() else {
            return Ok(());
        };
        self.closes += 1;
        let local = event.initiator == Initiator::Local;
        demand!((event.initiator == Initiator::Failure) == attempt.error.is_some(), "S3: failed without error or with");
        demand!(event.clean == (event.code.get() != 1006), "S12: {event:?}");
        match event.initiator {
            Initiator::Failure => demand!(!event.clean, "S3: a clean failure"),
            Initiator::Local => demand!(attempt.local, "S12: it was not closed on this side"),
            Initiator::Remote => {
                demand!(attempt.peer_closed == Some(event.code.get()) && event.reason == "bye", "S12: no such close");
            }
        }
        if local && event.clean {
            let code = attempt.closing.map(|(_, code)| code);
            demand!(code == Some(event.code.get()) || attempt.peer_closed.is_some(), "S10: {code:?} was sent");
            if attempt.peer_closed.is_none() {
                self.messages.closed_by(attempt.number, code);
                let left = self.messages.taken() - self.messages.unsent();
                let drained = attempt.drains.is_none_or(|drains| left >= drains);
                demand!(drained, "S10: {:?} were queued before the Close frame, {left} have left", attempt.drains);
            }
        }
        if local && !event.clean {
            match attempt.closing {
                Some((since, _)) if !attempt.dropped && !attempt.cut => {
                    let due = self.runs_out(since, self.setup.close_timeout);
                    let moved =
                        attempt.resumed || attempt.handed.is_some_and(|handed| handed + attempt.slowest >= since);
                    // What has moved restarts the timeout, also at a late wake-up.
                    let on_time = if moved { self.now >= since + self.setup.close_timeout } else { self.on_time(due) };
                    demand!(on_time, "S10: given up at {:?}, not {due:?}", self.now);
                }
                _ => {}
            }
        }
        let by_peer = event.initiator == Initiator::Remote
            || matches!(attempt.error, Some(ErrorKind::Io | ErrorKind::Protocol | ErrorKind::MessageTooLarge));
        if by_peer && !attempt.local && attempt.opened.is_some() {
            let mut lost = attempt.from_peer.iter().skip(attempt.delivered);
            // The first that is too large was the cause, and nothing of it or after it is delivered. What had not left
            // the peer when it was cut off is lost with it.
            let left = |message: &&FromPeer| {
                attempt.broken.is_none_or(|at| message.ends <= at && !(attempt.echoes && self.setup.rate.is_some()))
            };
            let lost = lost.next().filter(|message| message.len <= MAX_MESSAGE).filter(left);
            demand!(lost.is_none(), "{lost:?} was sent before the end and never delivered");
        }
        demand!(event.lost == 0 || attempt.held_up, "S15: {} lost from an empty socket", event.lost);
        self.messages.attempt_over(event.lost)?;
        self.decide(&attempt, event)
    }

    fn notified_end(&mut self, end: &End) -> Checked {
        demand!(self.attempt.is_none() && self.next == Next::Never, "S4: the end of a client that lives");
        let Some(reason) = self.owed.take() else {
            return Err("S4: ended twice".to_string());
        };
        demand!(
            reason.is_none_or(|reason| reason == end.reason),
            "S8: ends because of {:?}, not {reason:?}",
            end.reason
        );
        self.by_hand.ends(end.reason);
        let unsent = self.messages.unsent();
        demand!(end.unsent == unsent, "S15: {} unsent are reported, but there are {unsent}", end.unsent);
        self.last_end = Some(end.clone());
        self.ends += 1;
        Ok(())
    }
}
