//! Heartbeats on request (S30).

use std::time::Duration;

use homing::{PingError, State};

use super::{Checked, Model, demand};

/// The heartbeat of a client that has none, once it pings.
const ON_REQUEST: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(super) struct Pings {
    pings: Vec<Ping>,
}

struct Ping {
    /// The dial of its attempt, and when it was sent; `None` if the client was not open.
    sent: Option<(usize, Duration)>,
    /// It has a result, which cannot change.
    over: bool,
}

impl Model<'_> {
    pub(super) fn ping(&mut self, state: State) {
        let sent = self.attempt.as_mut().filter(|_| state == State::Open).map(|attempt| {
            attempt.pinged.get_or_insert(self.now);
            (attempt.number, self.now)
        });
        self.pings.pings.push(Ping { sent, over: false });
    }

    /// What became of each.
    pub(super) fn pinged(&mut self, results: &[Option<Result<Duration, PingError>>]) -> Checked {
        let now = self.now;
        let by_message = self.setup.heartbeat.is_some_and(|beat| beat.message);
        for (ping, result) in self.pings.pings.iter_mut().zip(results).filter(|(ping, _)| !ping.over) {
            ping.over = result.is_some();
            let Some((dial, at)) = ping.sent else {
                demand!(*result == Some(Err(PingError::NotOpen)), "S30: {result:?} of a client that was not open");
                continue;
            };
            let attempt = self.attempt.as_ref().filter(|attempt| attempt.number == dial);
            let is_open =
                attempt.is_some_and(|attempt| attempt.state() == State::Open && attempt.peer_closed.is_none());
            match result {
                Some(Ok(round_trip)) => {
                    demand!(*round_trip <= now - at, "S30: a round trip of {round_trip:?} in {:?}", now - at)
                }
                Some(Err(PingError::Lost)) => demand!(!is_open, "S30: lost though the connection is open"),
                Some(Err(error)) => return Err(format!("S30: {error:?} of a client that was open")),
                None => {
                    let Some(attempt) = attempt else { return Err("S30: a ping outlives its attempt".to_string()) };
                    let answers = !(attempt.was_silent || attempt.held_up || attempt.paused || by_message);
                    let due = at + 2 * attempt.slowest;
                    let is_prompt = answers && attempt.steady && is_open && attempt.broken.is_none();
                    demand!(!is_prompt || now < due, "S30: no answer, though it was due at {due:?}");
                }
            }
        }
        Ok(())
    }

    /// Whether an attempt without a heartbeat may fail as if it had one.
    pub(super) fn ping_times_out(&self) -> Checked {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let since = attempt.pinged.filter(|_| attempt.opened.is_some() && !attempt.local && !self.paused);
        demand!(since.is_some_and(|at| self.now >= at + ON_REQUEST), "S17: there is no heartbeat");
        Ok(())
    }
}
