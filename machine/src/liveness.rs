//! The heartbeat: detects unresponsive peers (S17, S18).

use crate::fault::Fault;
use crate::units::{Count, Duration, MEASURED, Timestamp, from_micros, micros};

/// The times of the heartbeat.
///
/// A heartbeat is sent every `interval`, whether or not there is other traffic. If no byte arrives within `timeout` of it,
/// the attempt fails with [`Cause::HeartbeatTimeout`](crate::Cause::HeartbeatTimeout).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// The time from one heartbeat to the next.
    pub interval: Duration,
    /// The time from a heartbeat until something must have arrived.
    pub timeout: Duration,
}

impl Heartbeat {
    /// Checks the times. Fails if one of them is zero.
    pub fn check(&self) -> Result<(), Fault> {
        // Less than a microsecond is zero for the machine.
        if micros(self.interval) == 0.0 {
            return Err("the interval is zero");
        }
        if micros(self.timeout) == 0.0 {
            return Err("the timeout is zero");
        }
        Ok(())
    }
}

/// How many late wake-ups in a row extend the deadline while nothing arrives. A computer that slept, or a tab with throttled
/// timers, could not receive the answer. But a client that is late every time must still detect a dead peer.
pub(crate) const FORGIVEN: u8 = 2;

/// How many microseconds after a deadline a wake-up is late, at most.
pub(crate) const LATE_MICROS: f64 = 100_000.0;

/// The heartbeat that [`Machine::ping`](crate::Machine::ping) starts if none is configured.
pub(crate) const ON_REQUEST: Heartbeat =
    Heartbeat { interval: Duration::from_secs(20), timeout: Duration::from_secs(20) };

/// The state of the heartbeat of one open attempt.
#[derive(Debug)]
pub(crate) struct Liveness {
    next_heartbeat: Timestamp,
    /// When something must have arrived; `NEVER` while no heartbeat is unanswered.
    answer_by: Timestamp,
    /// Late wake-ups in a row.
    late: u8,
    /// How many heartbeats were sent; the number of the last one.
    sent: Count,
    /// The highest number of a heartbeat that was answered.
    answered: Count,
    /// The last heartbeat is the oldest unanswered one.
    is_oldest: bool,
    /// When the last heartbeats were sent, by their number modulo `MEASURED`.
    sent_at: [Timestamp; MEASURED as usize],
}

/// What [`Liveness::check`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Send the heartbeat with this number.
    Heartbeat(Count),
    /// The peer did not answer in time.
    Dead,
}

impl Liveness {
    pub(crate) fn new(now: Timestamp, config: &Heartbeat) -> Self {
        Self {
            next_heartbeat: now + config.interval,
            answer_by: Timestamp::NEVER,
            late: 0,
            sent: 0,
            answered: 0,
            is_oldest: true,
            sent_at: [now; MEASURED as usize],
        }
    }

    /// Something arrived: the peer is alive.
    pub(crate) fn received(&mut self) {
        self.answer_by = Timestamp::NEVER;
        self.late = 0;
    }

    /// A heartbeat was answered: that with this `number`, or the last one if the answer contains no number. Returns the
    /// round-trip time if it was measured.
    pub(crate) fn answered(&mut self, now: Timestamp, number: Option<Count>) -> Option<Duration> {
        self.received();
        let number = number.unwrap_or(self.sent);
        if !(1..=self.sent).contains(&number) {
            return None;
        }
        self.answered = self.answered.max(number);
        (self.sent - number < MEASURED).then(|| now - self.sent_at[slot(number)])
    }

    /// Sends no more heartbeats until the next [`probe`](Self::probe), and awaits no answer.
    pub(crate) fn rest(&mut self) {
        (self.next_heartbeat, self.answer_by) = (Timestamp::NEVER, Timestamp::NEVER);
    }

    /// Undoes [`rest`](Self::rest). The next heartbeat is an interval away.
    pub(crate) fn resume(&mut self, now: Timestamp, config: &Heartbeat) {
        self.next_heartbeat = now + config.interval;
    }

    /// Returns whether this heartbeat or a later one was answered.
    pub(crate) fn has_answered(&self, number: Count) -> bool {
        self.answered >= number
    }

    /// Returns the number of the last heartbeat.
    pub(crate) fn last(&self) -> Count {
        self.sent
    }

    /// Sends a heartbeat now, and returns its number. The deadline of an earlier one stays if it has not passed: otherwise a
    /// network that flaps would extend it without end. If it has passed, the full timeout starts again.
    pub(crate) fn probe(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        if self.is_due(now) {
            self.answer_by = Timestamp::NEVER;
        }
        self.send_heartbeat(now, config)
    }

    /// Compares the time with the deadlines. While the socket is not read, a missing answer means nothing.
    pub(crate) fn check(&mut self, now: Timestamp, config: &Heartbeat, is_reading: bool) -> Due {
        if self.is_due(now) {
            if !is_reading {
                self.answer_by = Timestamp::NEVER;
            } else if now > self.answer_by + slack(config) && self.late < FORGIVEN {
                self.late += 1;
                return Due::Heartbeat(self.probe(now, config));
            } else {
                return Due::Dead;
            }
        }
        if now < self.next_heartbeat {
            return Due::Nothing;
        }
        Due::Heartbeat(self.send_heartbeat(now, config))
    }

    /// The peer accepts bytes, and its answer may have to wait behind them: the timeout starts again.
    pub(crate) fn extend(&mut self, now: Timestamp, config: &Heartbeat) {
        if self.answer_by != Timestamp::NEVER {
            self.answer_by = now + config.timeout;
        }
        self.late = 0;
    }

    /// Returns whether the last heartbeat is the oldest unanswered one.
    pub(crate) fn is_oldest(&self) -> bool {
        self.is_oldest
    }

    /// Returns whether an answer is overdue.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.answer_by
    }

    /// The next time at which [`check`](Self::check) has something to do.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.answer_by.min(self.next_heartbeat)
    }

    fn send_heartbeat(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        self.is_oldest = self.answer_by == Timestamp::NEVER;
        if self.is_oldest {
            self.answer_by = now + config.timeout;
        }
        // From now, not from the last deadline: heartbeats that were missed during sleep are not made up for.
        self.next_heartbeat = now + config.interval;
        self.sent += 1;
        self.sent_at[slot(self.sent)] = now;
        self.sent
    }
}

#[allow(clippy::modulo_one, reason = "`MEASURED` is 1 with the feature `small`")]
fn slot(number: Count) -> usize {
    (number % MEASURED) as usize
}

/// How long after its deadline a wake-up is still on time. Timers are never exact. After a longer delay the program was
/// suspended or blocked, and the answer may already be in the receive buffer.
fn slack(config: &Heartbeat) -> Duration {
    from_micros((micros(config.timeout) / 2.0).min(LATE_MICROS))
}
