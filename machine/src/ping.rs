//! Heartbeats on request (S30).

use core::task::Poll;

use crate::io::{AttemptId, Output};
use crate::liveness::{Liveness, ON_REQUEST};
use crate::machine::Machine;
use crate::state::Phase;
use crate::types::Types;
use crate::units::{Count, Duration, Timestamp};

/// A heartbeat that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ping {
    attempt: AttemptId,
    number: Count,
    at: Timestamp,
}

impl Ping {
    /// Returns the number of its heartbeat.
    pub fn number(&self) -> Count {
        self.number
    }
}

impl<T: Types> Machine<T> {
    /// Sends a heartbeat now, or joins one that has not left yet. Returns `None` unless the client is open.
    ///
    /// If no heartbeat is configured, heartbeats are sent every 20 s with a timeout of 20 s, until [`pong`](Self::pong) returns
    /// that there is no ping to wait for.
    pub fn ping(&mut self) -> Option<Ping> {
        let (now, attempt) = (self.now, self.attempt);
        let Phase::Open { liveness } = &mut self.phase else {
            return None;
        };
        self.beats_on_request |= self.config.heartbeat.is_none();
        let config = self.config.heartbeat.get_or_insert(ON_REQUEST);
        let liveness = liveness.get_or_insert_with(|| Liveness::new(now, config));
        if self.outputs.iter().any(is_heartbeat) {
            return Some(Ping { attempt, number: liveness.last(), at: now });
        }
        let number = liveness.probe(now, config);
        self.send_heartbeat(number);
        Some(Ping { attempt, number, at: now })
    }

    /// Returns how long the answer to a ping took, or `None` if its attempt is no longer open.
    ///
    /// To be called after each input for the oldest ping, also if its result is not wanted any more, and again for the next one
    /// when this returns a result: the time of the last input counts, and heartbeats without a configuration stop here.
    pub fn pong(&mut self, ping: &Ping) -> Poll<Option<Duration>> {
        let mut round_trip = None;
        if let (Phase::Open { liveness: Some(liveness) }, true) = (&mut self.phase, self.attempt == ping.attempt) {
            if !liveness.has_answered(ping.number) {
                if self.config.heartbeat.is_none() {
                    // They stopped for an earlier ping.
                    self.beats_on_request = true;
                    liveness.resume(self.now, self.config.heartbeat.insert(ON_REQUEST));
                }
                return Poll::Pending;
            }
            if self.beats_on_request {
                liveness.rest();
            }
            round_trip = Some(self.now - ping.at);
        }
        if core::mem::take(&mut self.beats_on_request) {
            self.config.heartbeat = None;
        }
        Poll::Ready(round_trip)
    }

    /// Returns the number of the last heartbeat of this attempt that has left; 0 if none has. For answers that contain no number.
    pub fn last_heartbeat(&self) -> Count {
        match &self.phase {
            Phase::Open { liveness: Some(liveness) } => {
                liveness.last() - self.outputs.iter().filter(|output| is_heartbeat(output)).count() as Count
            }
            _ => 0,
        }
    }
}

fn is_heartbeat(output: &Output) -> bool {
    matches!(output, Output::Heartbeat(_))
}
