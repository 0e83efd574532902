//! What the model knows of the present attempt.

use std::time::Duration;

use homing::memory::Dial;
use homing::{ErrorKind, State};

use super::by_hand::Span;
use super::session::SetUp;
use crate::trace::{Did, PeerDid};

pub(super) struct Attempt {
    pub(super) number: usize,
    pub(super) dialled: Duration,
    pub(super) outcome: Dial,
    pub(super) latency: Duration,
    /// The largest latency since it was dialled, and whether there were several.
    pub(super) slowest: Duration,
    pub(super) varies: bool,
    pub(super) connected: bool,
    pub(super) set_up: Option<SetUp>,
    pub(super) opened: Option<Duration>,
    pub(super) error: Option<ErrorKind>,
    pub(super) next: Decision,
    /// This side ends it.
    pub(super) local: bool,
    /// That was requested inside a callback about the send buffer: it may have failed before.
    late: bool,
    /// It was dropped without a closing handshake.
    pub(super) dropped: bool,
    /// Since when, and by which code.
    pub(super) closing: Option<(Duration, u16)>,
    /// How many messages had been taken by then, if these leave before the Close frame.
    pub(super) drains: Option<usize>,
    pub(super) peer_closed: Option<u16>,
    pub(super) cut: bool,
    pub(super) violated: bool,
    pub(super) reading: bool,
    /// The peer did not read at some time.
    pub(super) held_up: bool,
    /// The peer started to read again while the client was closing, which extended the timeout.
    pub(super) resumed: bool,
    /// The client was paused at some time.
    pub(super) paused: bool,
    /// The peer was silent at some time.
    pub(super) was_silent: bool,
    /// When a heartbeat was first asked for.
    pub(super) pinged: Option<Duration>,
    /// All timers fired on time so far.
    pub(super) steady: bool,
    pub(super) from_peer: Vec<FromPeer>,
    /// Bytes a second in each direction.
    rate: Option<u64>,
    /// When the link from the peer has room for the next message, if nothing else uses it.
    free: Duration,
    /// Other messages may use it as well.
    pub(super) echoes: bool,
    /// When it was seen last that messages were handed over.
    pub(super) handed: Option<Duration>,
    /// When the connection was cut.
    pub(super) broken: Option<Duration>,
    pub(super) delivered: usize,
    pub(super) last_echo: Option<(bool, usize)>,
    pub(super) last_received: Duration,
}

/// A message of the peer's.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromPeer {
    pub(super) id: usize,
    pub(super) len: usize,
    /// When its first byte leaves the peer, and its last.
    pub(super) begins: Duration,
    pub(super) ends: Duration,
}

/// How long so many bytes take on such a link, and in how many parts they travel.
fn travels(bytes: usize, rate: Option<u64>) -> Duration {
    let Some(rate) = rate else { return Duration::ZERO };
    let (part, bytes) = ((rate / 100).max(1), bytes as u64);
    let takes = |bytes: u64| (bytes * 1_000_000).div_ceil(rate);
    Duration::from_micros(bytes / part * takes(part) + takes(bytes % part))
}

/// What follows an attempt, as far as it was requested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decision {
    Policy,
    /// After a delay in this span.
    Retry(Span),
    End,
    /// Depends on what cannot be observed.
    Unknown,
}

impl Attempt {
    pub(super) fn new(
        number: usize,
        dialled: Duration,
        outcome: Dial,
        (latency, rate): (Duration, Option<u64>),
        paused: bool,
    ) -> Self {
        Self {
            number,
            dialled,
            outcome,
            latency,
            slowest: latency,
            varies: false,
            connected: false,
            set_up: None,
            opened: None,
            error: None,
            next: Decision::Policy,
            local: false,
            late: false,
            dropped: false,
            closing: None,
            drains: None,
            peer_closed: None,
            cut: false,
            violated: false,
            reading: true,
            held_up: rate.is_some(),
            resumed: rate.is_some(),
            paused,
            was_silent: false,
            pinged: None,
            steady: true,
            from_peer: Vec::new(),
            rate,
            free: Duration::ZERO,
            echoes: false,
            handed: None,
            broken: None,
            delivered: 0,
            last_echo: None,
            last_received: Duration::ZERO,
        }
    }

    pub(super) fn state(&self) -> State {
        match self.opened {
            _ if self.local || self.error.is_some() => State::Closing,
            Some(_) => State::Open,
            None => State::Connecting,
        }
    }

    /// The opening handshake has succeeded.
    pub(super) fn is_up(&self) -> bool {
        self.opened.is_some() || self.set_up.is_some()
    }

    pub(super) fn has_no_rate(&self) -> bool {
        self.rate.is_none()
    }

    /// The next message that must have arrived by now and was not received, if there is one.
    pub(super) fn due(&self, now: Duration, has_rate: bool) -> Option<&FromPeer> {
        // They travel in order, so that each may be as slow as the slowest before it.
        let next = self.from_peer.get(self.delivered).filter(|_| !self.echoes || !has_rate);
        next.filter(|due| now >= due.ends + self.slowest && self.broken.is_none_or(|at| due.ends <= at))
    }

    pub(super) fn may_send(&self) -> bool {
        self.opened.is_some()
    }

    /// Whether the socket takes everything.
    pub(super) fn sends_at_once(&self) -> bool {
        let takes = self.rate.is_none() && self.reading;
        self.state() == State::Open && takes && self.peer_closed.is_none() && !self.cut && !self.violated
    }

    /// Whether messages are accepted while it ends, if that can be known.
    pub(super) fn accepts(&self) -> Option<bool> {
        match self.next {
            Decision::End => Some(false),
            Decision::Unknown => None,
            Decision::Policy | Decision::Retry(_) => Some(true),
        }
    }

    /// `taken`: how many messages were, so far.
    pub(super) fn wish(
        &mut self,
        now: Duration,
        wish: &Did,
        delay: Option<Span>,
        state: State,
        behind: bool,
        taken: usize,
    ) {
        let code = match wish {
            Did::Close(code) => *code,
            _ => 1000,
        };
        match (wish, delay) {
            (Did::Cancel, _) => {
                self.next = match self.next {
                    Decision::Retry(_) => Decision::End,
                    // It has ended, but the notification is still to come.
                    Decision::Policy if self.error.is_some() => Decision::End,
                    Decision::Policy if behind && state == State::Closing => Decision::Unknown,
                    next => next,
                };
                return;
            }
            (_, Some(delay)) => {
                self.next = Decision::Retry(delay);
                // What is still queued is for the next connection.
                self.drains = None;
            }
            _ => self.next = Decision::End,
        }
        let graceful = state == State::Open && !matches!(wish, Did::Abort);
        if graceful && self.closing.is_none() {
            self.closing = Some((now, code));
            self.drains = matches!(wish, Did::Close(_)).then_some(taken);
        }
        self.dropped |= matches!(wish, Did::Abort) || state == State::Connecting;
        self.late |= behind && !self.local;
        self.local = true;
    }

    /// Whether it was open for so long. The closing handshake does not count.
    pub(super) fn lasted(&self, now: Duration, stable_after: Duration) -> bool {
        let until = self.closing.map_or(now, |(since, _)| since);
        self.opened.is_some_and(|opened| until.saturating_sub(opened) >= stable_after)
    }

    /// Whether it was ended on this side before anything could fail now.
    pub(super) fn was_ended(&self) -> bool {
        self.local && !self.late
    }

    /// `never` is whether the policy never reconnects.
    pub(super) fn freeze(&mut self, never: bool) {
        if self.dropped || self.error.is_some() {
            return;
        }
        self.dropped = true;
        self.local = true;
        self.next = match self.next {
            Decision::End => Decision::End,
            asked @ (Decision::Policy | Decision::Unknown) if never => asked,
            _ => Decision::Retry((Duration::ZERO, Duration::ZERO)),
        };
    }

    pub(super) fn peer_did(&mut self, now: Duration, did: &PeerDid) {
        match did {
            PeerDid::Send { id, len } => {
                let begins = self.free.max(now);
                self.free = begins + travels(*len, self.rate);
                self.from_peer.push(FromPeer { id: *id, len: *len, begins, ends: self.free });
            }
            PeerDid::Close(code) => self.peer_closed = Some(*code),
            PeerDid::Cut => {
                self.cut = true;
                self.broken = Some(now);
            }
            PeerDid::Violate => {
                self.violated = true;
                self.broken = Some(now);
            }
            PeerDid::Read(on) => {
                self.reading = *on;
                self.held_up |= !*on;
                self.resumed |= *on && self.closing.is_some();
                if *on && self.held_up {
                    // A heartbeat that was held up leaves only now.
                    self.handed = Some(now);
                }
            }
            PeerDid::Echo => self.echoes = true,
            PeerDid::Silence(on) => self.was_silent |= *on,
        }
    }

    /// When the heartbeat must fail if nothing more arrives, at the earliest and at the latest.
    pub(super) fn times_out(&self, interval: Duration, timeout: Duration) -> Option<(Duration, Duration)> {
        // A round trip longer than the interval has answers that are received but not reported.
        // A ping postpones the next heartbeat.
        let is_regular = self.steady && self.pinged.is_none();
        if !is_regular || self.paused || self.slowest * 2 >= interval || self.rate.is_some() {
            return None;
        }
        let opened = self.opened?;
        let beats = (self.last_received.saturating_sub(opened)).as_nanos().div_ceil(interval.as_nanos()).max(1);
        let beat = opened + interval * u32::try_from(beats).ok()?;
        // What arrives at the very instant of a heartbeat may come before or after it.
        let mut later = if beat == self.last_received { beat + interval } else { beat };
        // What was handed over before it may still move, which restarts the timeout.
        let delivered = self.handed.map_or(Duration::ZERO, |handed| handed + self.slowest);
        if delivered >= beat {
            later = delivered.max(later) + interval + 2 * timeout;
        }
        Some((beat + timeout, later + timeout))
    }

    /// Whether parts of messages arrived all the time between these two, so that something arrived.
    pub(super) fn arrived_between(&self, from: Duration, to: Duration) -> bool {
        let certain = self.rate.is_some() && !self.echoes && !self.varies && self.broken.is_none();
        // A part takes a hundredth of a second, or as long as a byte does.
        let part = Duration::from_millis(11);
        certain
            && self.from_peer.iter().any(|message| {
                let first = (message.begins + self.latency).max(from) + part;
                first < (message.ends + self.latency).min(to)
            })
    }
}
