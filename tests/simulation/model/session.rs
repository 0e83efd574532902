//! Set-ups of connections, and sessions that outlive them (S27).

use std::time::Duration;

use homing::{SendErrorKind, State};

use super::{Checked, Model, demand};
use crate::plan::Ending;
use crate::trace::{Id, Look, SessionDid};

/// The set-up of the present attempt.
pub(super) struct SetUp {
    pub(super) since: Duration,
    /// What it returned, and when.
    pub(super) returned: Option<(Ending, Duration)>,
    /// By then its attempt had been ended on this side.
    was_ended: bool,
    pub(super) dropped: bool,
    /// It waits for a message.
    receives: bool,
    /// It waits for the socket to take what it sent.
    flushes: bool,
    /// The lengths of its messages.
    sent: Vec<usize>,
    /// How many of these were handed to the socket.
    pub(super) handed: usize,
    heartbeats: Option<u64>,
}

impl SetUp {
    fn new(since: Duration, heartbeats: Option<u64>) -> Self {
        let (returned, sent, handed) = (None, Vec::new(), 0);
        let [was_ended, dropped, receives, flushes] = [false; 4];
        Self { since, returned, was_ended, dropped, receives, flushes, sent, handed, heartbeats }
    }

    pub(super) fn is_running(&self) -> bool {
        self.returned.is_none() && !self.dropped
    }

    /// So many more messages were handed to the socket.
    pub(super) fn hands(&mut self, messages: usize) -> Checked {
        self.handed += messages;
        demand!(self.handed <= self.sent.len(), "S27: {} were sent of {} of a set-up", self.handed, self.sent.len());
        Ok(())
    }

    pub(super) fn bytes(&self) -> usize {
        self.sent.iter().sum()
    }

    fn unsent(&self) -> &[usize] {
        &self.sent[self.handed..]
    }

    /// The client opens.
    pub(super) fn opens(&self, heartbeats: Option<u64>) -> Checked {
        let is_done = matches!(self.returned, Some((Ending::Done, _)));
        demand!(is_done && !self.dropped, "S27: opened, but the set-up is not done");
        let unsent = self.unsent();
        demand!(unsent.is_empty(), "S27: opened before {} messages of the set-up have left", unsent.len());
        let beats = self.heartbeats.zip(heartbeats).is_some_and(|(before, now)| before != now);
        demand!(!beats, "S27: a heartbeat during the set-up");
        Ok(())
    }
}

impl Model<'_> {
    pub(super) fn session(&mut self, number: usize, did: &SessionDid, look: Option<&Look>) -> Checked {
        let now = self.now;
        match did {
            SessionDid::Starts => return self.starts(number, look),
            SessionDid::Polled => {
                demand!(self.inside.is_none() && !self.polling, "S5: a set-up continues inside a callback");
                self.polling = true;
            }
            SessionDid::Returned => self.polling = false,
            _ => {}
        }
        let is_local = self.attempt.as_ref().is_some_and(|attempt| attempt.local);
        let attempt = self.attempt.as_mut().filter(|attempt| attempt.number == number);
        let opened = attempt.as_ref().is_some_and(|attempt| attempt.opened.is_some());
        let set_up = attempt.and_then(|attempt| attempt.set_up.as_mut());
        // When it has returned, it is over as soon as all that it sent has left.
        let is_certain = set_up.as_ref().is_none_or(|set_up| set_up.returned.is_none()) || opened;
        let is_over = set_up.as_ref().is_none_or(|set_up| !set_up.is_running()) || opened;
        match (did, set_up) {
            (SessionDid::Sends { id, len, result }, set_up) => {
                if is_over && is_certain {
                    demand!(*result == Err(SendErrorKind::SessionOver), "S27: {result:?} after the session");
                }
                let Some(set_up) = set_up else { return Ok(()) };
                let load = set_up.unsent().iter().sum::<usize>().max(set_up.unsent().len());
                let room = load < self.setup.limit;
                match result {
                    Ok(()) => {
                        demand!(room || look.is_none(), "S27: {id} was taken by a session that is full");
                        set_up.sent.push(*len);
                        self.messages.of_set_up(number, *id);
                    }
                    Err(SendErrorKind::Full) => demand!(!room, "S27: {id} was refused as if the session were full"),
                    Err(SendErrorKind::SessionOver) => demand!(is_over || is_local, "S27: {id} was refused"),
                    Err(other) => return Err(format!("S27: {id} was refused: {other:?}")),
                }
            }
            (SessionDid::Receives(received), Some(set_up)) => {
                demand!(set_up.is_running() && set_up.receives, "S27: a session receives after its end");
                set_up.receives = false;
                return match received {
                    Some(id) => self.arrives(*id),
                    None => Err("S27: the session of a set-up that runs is over".to_string()),
                };
            }
            (SessionDid::Flushed(ok), Some(set_up)) => {
                demand!(set_up.is_running() && set_up.flushes && *ok, "S27: a session flushes after its end");
                set_up.flushes = false;
                demand!(look.is_none() || set_up.unsent().is_empty(), "S27: flushed what has not left");
            }
            (SessionDid::Waits, Some(set_up)) => set_up.receives = true,
            (SessionDid::Flushes, Some(set_up)) => set_up.flushes = true,
            (SessionDid::Glances(received), _) => match received {
                Some(Some(id)) => {
                    demand!(!(is_over && is_certain), "S27: a session receives after its end");
                    return self.arrives(*id);
                }
                Some(None) => demand!(is_over || is_local, "S27: a session is over before its set-up is"),
                None => demand!(!(is_over && is_certain), "S27: a session waits after its end"),
            },
            (SessionDid::GlancesFlush(flushed), _) => {
                let fits = match flushed {
                    Some(true) | None => !(is_over && is_certain),
                    Some(false) => is_over || is_local,
                };
                demand!(fits, "S27: {flushed:?} of a session's flush");
            }
            (SessionDid::Returns(ending), Some(set_up)) => {
                demand!(set_up.is_running(), "S27: a set-up returned that was dropped");
                set_up.returned = Some((*ending, now));
                set_up.was_ended = is_local;
            }
            (SessionDid::Dropped, Some(set_up)) => {
                demand!(set_up.is_running(), "S27: a set-up was dropped that had ended");
                set_up.dropped = true;
                let state = look.map(|look| look.state);
                demand!(state != Some(State::Connecting), "S27: dropped, though the attempt goes on");
            }
            (SessionDid::Polled | SessionDid::Returned, Some(set_up)) => {
                demand!(!set_up.dropped, "S27: a set-up continues that was dropped");
            }
            (SessionDid::Starts, _) => {}
            (_, None) => return Err("S27: a set-up without its attempt".to_string()),
        }
        Ok(())
    }

    fn starts(&mut self, number: usize, look: Option<&Look>) -> Checked {
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.number == number) else {
            return Err("S27: a set-up without an attempt".to_string());
        };
        demand!(attempt.set_up.is_none() && attempt.opened.is_none(), "S27: two set-ups of a connection");
        let due = attempt.dialled + attempt.latency;
        attempt.set_up = Some(SetUp::new(self.now, look.map(|look| look.heartbeats)));
        let opens = attempt.connected && attempt.outcome == homing::memory::Dial::Accept;
        demand!(opens && self.on_time(due), "S27: set up out of time: {due:?}");
        demand!(self.setup.sessions.is_some(), "S27: there is no set-up");
        Ok(())
    }

    /// A message of the peer was received, by a session or `on_message`.
    pub(super) fn arrives(&mut self, id: Id) -> Checked {
        let now = self.now;
        let beats = self.setup.heartbeat.is_some_and(|beat| beat.message);
        let place = self.messages.place(id);
        let Some(attempt) = &mut self.attempt else { return Err("a message without an attempt".to_string()) };
        attempt.last_received = now;
        match id {
            Id::Peer(id) => {
                let due = attempt.from_peer.get(attempt.delivered);
                demand!(due.is_some_and(|due| due.id == id), "{id} arrives, but {due:?} is next");
                demand!(due.is_some_and(|due| due.len <= crate::plan::MAX_MESSAGE), "S21: {id} is too large");
                let early = due.is_some_and(|due| now < due.ends);
                demand!(!early, "{id} arrives before its last byte: {due:?}");
                attempt.delivered += 1;
            }
            Id::Client(_) | Id::Session(_) => {
                demand!(attempt.last_echo < place, "{id:?} comes back after {:?}", attempt.last_echo);
                attempt.last_echo = place;
            }
            Id::Heartbeat => demand!(!beats, "S17: the answer to a heartbeat is delivered"),
        }
        Ok(())
    }

    /// Whether the set-up of this attempt fails now, and which Close frame its peer receives.
    pub(super) fn set_up_fails(&mut self) -> Result<bool, String> {
        let timeout = self.setup.sessions.as_ref().map_or(Duration::MAX, |sessions| sessions.timeout);
        let Some(attempt) = &self.attempt else { return Ok(false) };
        let Some(set_up) = &attempt.set_up else { return Ok(false) };
        demand!(!set_up.is_running(), "S27: a set-up runs after its failure");
        let (fits, code) = match set_up.returned {
            // `on_buffer_full` may be called between, and end the attempt as well.
            Some((Ending::Fails { code, .. }, at)) => (self.now == at && !set_up.was_ended, code.unwrap_or(1000)),
            _ => (self.on_time(self.runs_out(set_up.since, timeout)) && !attempt.was_ended(), 1000),
        };
        self.messages.failed(attempt.number, code);
        Ok(fits && attempt.opened.is_none())
    }

    /// Whether the set-up fails for good.
    pub(super) fn set_up_is_fatal(set_up: Option<&SetUp>) -> bool {
        matches!(set_up, Some(SetUp { returned: Some((Ending::Fails { is_fatal: true, .. }, _)), .. }))
    }

    /// What must have happened to a set-up by now.
    pub(super) fn set_up_is_in_time(&self, set_up: &SetUp, state: Option<State>) -> Checked {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let now = self.now;
        let timeout = self.setup.sessions.as_ref().map_or(Duration::MAX, |sessions| sessions.timeout);
        if set_up.is_running() {
            demand!(state.is_none_or(|state| state == State::Connecting), "S27: a set-up runs, but {state:?}");
        }
        if attempt.peer_closed.is_some() {
            return Ok(());
        }
        let due = self.runs_out(set_up.since, timeout);
        demand!(now < due, "S27: not set up, though given up at {due:?}");
        demand!(!matches!(set_up.returned, Some((Ending::Fails { .. }, _))), "S27: its failure had no effect");
        if attempt.reading && attempt.has_no_rate() && attempt.broken.is_none() {
            demand!(set_up.unsent().is_empty() || state.is_none(), "S27: messages of a set-up wait");
            demand!(!set_up.flushes, "S27: all has left, but the session's flush waits");
            demand!(set_up.returned.is_none(), "S27: the set-up is done, but the client is not open");
        }
        if set_up.receives {
            let due = attempt.due(now, self.setup.rate.is_some());
            demand!(due.is_none(), "S27: {due:?} was not received");
        }
        Ok(())
    }
}
