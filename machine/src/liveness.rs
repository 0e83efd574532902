//! Is the peer still there? (S17, S18)

use crate::fault::Fault;
use crate::units::{Count, Duration, MEASURED, Timestamp, from_micros, micros};

/// When heartbeats leave, and how soon something must arrive.
///
/// Every `interval` a heartbeat leaves, busy or not. If not a single byte arrives within `timeout` of it, the attempt fails
/// with [`Cause::HeartbeatTimeout`](crate::Cause::HeartbeatTimeout).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// From one heartbeat to the next.
    pub interval: Duration,
    /// From a heartbeat to when something must have arrived.
    pub timeout: Duration,
}

impl Heartbeat {
    /// Fails if one of the times is zero.
    pub fn check(&self) -> Result<(), Fault> {
        // The machine counts microseconds.
        if micros(self.interval) == 0.0 {
            return Err("the interval is zero");
        }
        if micros(self.timeout) == 0.0 {
            return Err("the timeout is zero");
        }
        Ok(())
    }
}

/// How many late wake-ups in a row are forgiven while nothing arrives. A machine that slept, or a tab whose timers
/// are throttled, was not there to listen; but a client that is late every time must not trust a dead peer for ever.
const FORGIVEN: u8 = 2;

/// The heartbeat of one open attempt.
#[derive(Debug)]
pub(crate) struct Liveness {
    next_heartbeat: Timestamp,
    /// Until when something must have arrived; `NEVER` while nothing is owed.
    answer_by: Timestamp,
    late: u8,
    sent: Count,
    /// The oldest heartbeat that is not answered is the last one.
    is_oldest: bool,
    /// When the last ones left, by their number modulo `MEASURED`.
    sent_at: [Timestamp; MEASURED as usize],
}

/// What a look at the clock calls for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Send heartbeat number so-and-so.
    Heartbeat(Count),
    /// The peer is gone.
    Dead,
}

impl Liveness {
    pub(crate) fn new(now: Timestamp, config: &Heartbeat) -> Self {
        Self {
            next_heartbeat: now + config.interval,
            answer_by: Timestamp::NEVER,
            late: 0,
            sent: 0,
            is_oldest: true,
            sent_at: [now; MEASURED as usize],
        }
    }

    /// Something arrived, whatever it was.
    pub(crate) fn received(&mut self) {
        self.answer_by = Timestamp::NEVER;
        self.late = 0;
    }

    /// The round trip of heartbeat `number`, or of the last one where the answer names none.
    pub(crate) fn answered(&mut self, now: Timestamp, number: Option<Count>) -> Option<Duration> {
        self.received();
        let number = number.unwrap_or(self.sent);
        let measured = (1..=self.sent).contains(&number) && self.sent - number < MEASURED;
        measured.then(|| now - self.sent_at[slot(number)])
    }

    /// Sends a heartbeat now. An earlier one that may still be answered keeps its deadline, or else a network that
    /// flaps would put off the answer for ever; where it is over, the full timeout is allowed again.
    pub(crate) fn probe(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        if self.is_due(now) {
            self.answer_by = Timestamp::NEVER;
        }
        self.send_heartbeat(now, config)
    }

    pub(crate) fn check(&mut self, now: Timestamp, config: &Heartbeat, listening: bool) -> Due {
        if self.is_due(now) {
            if !listening {
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

    /// Bytes are moving that show the peer alive, while an answer may be behind them: the timeout starts over.
    pub(crate) fn extend(&mut self, now: Timestamp, config: &Heartbeat) {
        if self.answer_by != Timestamp::NEVER {
            self.answer_by = now + config.timeout;
        }
        self.late = 0;
    }

    /// Whether no heartbeat before the last one still waits for an answer.
    pub(crate) fn is_oldest(&self) -> bool {
        self.is_oldest
    }

    /// Whether an answer is overdue.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.answer_by
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.answer_by.min(self.next_heartbeat)
    }

    fn send_heartbeat(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        self.is_oldest = self.answer_by == Timestamp::NEVER;
        if self.is_oldest {
            self.answer_by = now + config.timeout;
        }
        // From now, not from the last deadline: a sleeper does not make up for what it missed.
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

/// By how much a wake-up may miss its deadline before it counts as late. Timers are never exact; but what is more than
/// that was kept from looking, and the answer may be waiting to be seen.
fn slack(config: &Heartbeat) -> Duration {
    from_micros((micros(config.timeout) / 2.0).min(100_000.0))
}
