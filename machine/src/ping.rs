//! Heartbeats on request (S30).

use core::task::Poll;

use crate::io::{AttemptId, Output};
use crate::liveness::Liveness;
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

impl<T: Types> Machine<T> {
    /// Sends a heartbeat now, or joins one that has not left yet. Returns `None` unless the client is open.
    ///
    /// If no heartbeat is configured, this starts one of its own (20 s, 20 s), which stops when it is answered.
    pub fn ping(&mut self) -> Option<Ping> {
        let (now, attempt) = (self.now, self.attempt);
        let Phase::Open { liveness } = &mut self.phase else {
            return None;
        };
        let liveness = liveness.get_or_insert_with(|| Liveness::new(now, None));
        let is_queued = self.outputs.iter().any(|output| matches!(output, Output::Heartbeat(_)));
        let number = if is_queued { liveness.last() } else { liveness.probe(now) };
        if !is_queued {
            self.send_heartbeat(number);
        }
        Some(Ping { attempt, number, at: now })
    }

    /// Returns how long the answer to a ping took, or `None` if its attempt is no longer open. To be called after each input,
    /// as the time of the last one counts.
    pub fn pong(&self, ping: &Ping) -> Poll<Option<Duration>> {
        match &self.phase {
            Phase::Open { liveness: Some(liveness) } if self.attempt == ping.attempt => {
                if liveness.has_answered(ping.number) { Poll::Ready(Some(self.now - ping.at)) } else { Poll::Pending }
            }
            _ => Poll::Ready(None),
        }
    }
}
