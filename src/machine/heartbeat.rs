//! Is the peer still there? (S17, S18)

use core::fmt;

use super::Fault;
use crate::message::Message;
use crate::units::{Count, Duration, MEASURED, Timestamp, from_micros, micros};

/// What is sent to a peer so that silence can be told from death.
///
/// Every `interval` a heartbeat leaves, busy or not. If not a single byte arrives within `timeout` of it, the attempt
/// fails with `HeartbeatTimeout`.
///
/// On a slow link a heartbeat may wait behind a large message. So the timeout starts over whenever the peer takes bytes
/// after the socket was full, and counts only from when what was sent before the heartbeat has left. Natively "left"
/// means written to the operating system and, on Linux, acknowledged by the peer; parts of a message that is arriving
/// count as well. A browser shows whole messages and its `bufferedAmount` only: there choose a `timeout` longer than
/// the largest message takes on the slowest link, and than what the system's own send buffer holds takes to leave.
///
/// A timeout that is shorter than the link is long would end every connection: on Linux three round trips, as TCP
/// measures them, must have passed since bytes last moved, and as long as TCP itself waits for an acknowledgement.
///
/// Browsers cannot send Ping: there a message is needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) ping: bool,
    pub(crate) message: Option<Message>,
}

/// Without the message, which can hold a token.
impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("ping", &self.ping)
            .field("message", &self.message.as_ref().map(|_| format_args!("..")))
            .finish()
    }
}

impl Heartbeat {
    /// Ping frames. Not available in browsers, unless [`or_message`](Self::or_message) names a substitute.
    pub fn ping(interval: Duration, timeout: Duration) -> Self {
        Self { interval, timeout, ping: true, message: None }
    }

    /// An ordinary message that the peer answers, on both targets.
    pub fn message(interval: Duration, timeout: Duration, message: impl Into<Message>) -> Self {
        Self { interval, timeout, ping: false, message: Some(message.into()) }
    }

    /// The message to send where Ping frames cannot be sent.
    #[must_use]
    pub fn or_message(mut self, message: impl Into<Message>) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(crate) fn check(&self) -> Result<(), Fault> {
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
pub(super) struct Pulse {
    next_beat: Timestamp,
    /// Until when something must have arrived; `NEVER` while nothing is owed.
    answer_by: Timestamp,
    late: u8,
    beats: Count,
    /// The oldest heartbeat that is not answered is the last one.
    is_oldest: bool,
    /// When the last ones left, by their number modulo `MEASURED`.
    sent_at: [Timestamp; MEASURED as usize],
}

/// What a look at the clock calls for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Send heartbeat number so-and-so.
    Beat(Count),
    /// The peer is gone.
    Dead,
}

impl Pulse {
    pub(super) fn new(now: Timestamp, config: &Heartbeat) -> Self {
        Self {
            next_beat: now + config.interval,
            answer_by: Timestamp::NEVER,
            late: 0,
            beats: 0,
            is_oldest: true,
            sent_at: [now; MEASURED as usize],
        }
    }

    /// Something arrived, whatever it was.
    pub(super) fn received(&mut self) {
        self.answer_by = Timestamp::NEVER;
        self.late = 0;
    }

    /// The round trip of heartbeat `beat`, or of the last one where the answer names none.
    pub(super) fn answered(&mut self, now: Timestamp, beat: Option<Count>) -> Option<Duration> {
        self.received();
        let beat = beat.unwrap_or(self.beats);
        let measured = (1..=self.beats).contains(&beat) && self.beats - beat < MEASURED;
        measured.then(|| now - self.sent_at[slot(beat)])
    }

    /// Sends a heartbeat now. An earlier one that may still be answered keeps its deadline, or else a network that
    /// flaps would put off the verdict for ever; where it is over, the full timeout is allowed again.
    pub(super) fn probe(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        if self.is_due(now) {
            self.answer_by = Timestamp::NEVER;
        }
        self.beat(now, config)
    }

    pub(super) fn check(&mut self, now: Timestamp, config: &Heartbeat, listening: bool) -> Due {
        if self.is_due(now) {
            if !listening {
                self.answer_by = Timestamp::NEVER;
            } else if now > self.answer_by + slack(config) && self.late < FORGIVEN {
                self.late += 1;
                return Due::Beat(self.probe(now, config));
            } else {
                return Due::Dead;
            }
        }
        if now < self.next_beat {
            return Due::Nothing;
        }
        Due::Beat(self.beat(now, config))
    }

    /// Bytes are moving that show the peer alive, while an answer may be behind them: the timeout starts over.
    pub(super) fn put_off(&mut self, now: Timestamp, config: &Heartbeat) {
        if self.answer_by != Timestamp::NEVER {
            self.answer_by = now + config.timeout;
        }
        self.late = 0;
    }

    /// Whether no heartbeat before the last one still waits for an answer.
    pub(super) fn is_oldest(&self) -> bool {
        self.is_oldest
    }

    /// Whether an answer is overdue.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.answer_by
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.answer_by.min(self.next_beat)
    }

    fn beat(&mut self, now: Timestamp, config: &Heartbeat) -> Count {
        self.is_oldest = self.answer_by == Timestamp::NEVER;
        if self.is_oldest {
            self.answer_by = now + config.timeout;
        }
        // From now, not from the last deadline: a sleeper does not make up for what it missed.
        self.next_beat = now + config.interval;
        self.beats += 1;
        self.sent_at[slot(self.beats)] = now;
        self.beats
    }
}

fn slot(beat: Count) -> usize {
    (beat % MEASURED) as usize
}

/// By how much a wake-up may miss its deadline before it counts as late. Timers are never exact; but what is more than
/// that was kept from looking, and the answer may be waiting to be seen.
fn slack(config: &Heartbeat) -> Duration {
    from_micros((micros(config.timeout) / 2.0).min(100_000.0))
}
