//! A second implementation of the rules: checks a trace without knowing how the client works.
//!
//! It processes the trace entry by entry and tracks the present attempt, when the next one is due, and what happened to each
//! message. A violation is an error that names its rule.

mod attempt;
mod by_hand;
mod messages;
mod notified;
mod pings;
mod policy;
mod session;
mod settled;

use std::collections::VecDeque;
use std::time::Duration;

use homing::memory::Dial;
use homing::{End, EndReason, State};

use crate::plan::{Page, Setup};
use crate::run::Outcome;
use crate::trace::{Did, Entry, Look, Notified, PeerDid, SessionDid, What};
use attempt::{Attempt, Decision};
use by_hand::{Answer, ByHand, Span};
use messages::Messages;
use pings::Pings;

pub(super) type Checked = Result<(), String>;

/// Returns an error unless the condition holds.
macro_rules! demand {
    ($condition:expr, $($why:tt)*) => {
        if !$condition {
            return Err(format!($($why)*));
        }
    };
}
pub(crate) use demand;

pub(super) struct Model<'a> {
    setup: &'a Setup,
    now: Duration,
    script: VecDeque<Dial>,
    latency: Duration,
    /// The ends of all sleeps. A late wake-up extends a timeout.
    wakes: Vec<Duration>,
    /// The end of the last sleep: what was due before happened then.
    woke: Option<Duration>,
    frozen: bool,
    paused: bool,
    dials: usize,
    closes: usize,
    opens: u64,
    attempt: Option<Attempt>,
    next: Next,
    /// Retries since an attempt was open for `stable_after`, or since a new start.
    retries: u32,
    /// It has not opened since it began, or began anew.
    starting: bool,
    by_hand: ByHand,
    /// Closed without `on_end` so far, and for which reason.
    owed: Option<Option<EndReason>>,
    last_end: Option<End>,
    ends: usize,
    /// The callback that is running.
    inside: Option<Notified>,
    /// What each `opened()` must return.
    opened: Vec<Option<Result<(), End>>>,
    /// Those of which that cannot be known.
    unsure: Vec<bool>,
    pings: Pings,
    /// The set-up is running.
    polling: bool,
    messages: Messages,
}

/// When the next attempt begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    /// There is an attempt, or there will be none.
    Never,
    At(Duration),
    Between(Duration, Duration),
    /// When the page is back.
    Thaw,
}

/// Checks a whole case.
pub(crate) fn check(setup: &Setup, outcome: &Outcome) -> Checked {
    demand!(!outcome.nested, "S5: callbacks nest");
    let mut model = Model {
        setup,
        now: Duration::ZERO,
        script: setup.dials.iter().copied().collect(),
        latency: setup.latency,
        wakes: Vec::new(),
        woke: None,
        frozen: false,
        paused: false,
        dials: 0,
        closes: 0,
        opens: 0,
        attempt: None,
        next: Next::At(Duration::ZERO),
        retries: 0,
        starting: true,
        by_hand: ByHand::default(),
        owed: None,
        last_end: None,
        ends: 0,
        inside: None,
        opened: Vec::new(),
        unsure: Vec::new(),
        pings: Pings::default(),
        polling: false,
        messages: Messages::new(setup.limit),
    };
    for (number, entry) in outcome.trace.iter().enumerate() {
        model.entry(entry).map_err(|why| format!("{why}\nat entry {number} after {:?}: {:?}", entry.at, entry.what))?;
    }
    model.messages.check(&outcome.received)
}

impl Model<'_> {
    fn entry(&mut self, entry: &Entry) -> Checked {
        self.now = entry.at;
        if let Some(look) = &entry.look {
            self.has_tried(look.state);
        }
        self.dialled(entry)?;
        if let Some(look) = &entry.look {
            let more = self.sent(look.sent)?;
            self.messages.lost(look.lost);
            if let (true, Some(attempt)) = (more, &mut self.attempt) {
                attempt.handed = Some(entry.at);
            }
        } else {
            self.messages.unseen();
            if let Some(attempt) = self.attempt.as_mut().filter(|_| self.messages.unsent() > 0) {
                attempt.handed = Some(entry.at);
            }
        }
        if let What::Notified(notified) = &entry.what {
            demand!(self.inside.is_none(), "S5: a callback inside another");
            self.inside = Some(notified.clone());
            let first = match notified {
                Notified::Open => Some(Ok(())),
                Notified::End(end) => Some(Err(end.clone())),
                _ => None,
            };
            self.opened.iter_mut().filter(|opened| opened.is_none()).for_each(|opened| opened.clone_from(&first));
            self.notified(notified, entry.look.as_ref())?;
        }
        // A set-up is dropped when its attempt is over, before the notification of that.
        let is_dropped = matches!(entry.what, What::Session(_, SessionDid::Dropped));
        if let Some(look) = entry.look.as_ref().filter(|_| !is_dropped) {
            self.look(look)?;
        }
        match &entry.what {
            What::Notified(_) => Ok(()),
            What::Returned => {
                self.inside = None;
                Ok(())
            }
            What::Did(did) => self.did(did, entry.look.as_ref()),
            What::Peer(number, did) => self.peer(*number, did),
            What::Session(number, did) => self.session(*number, did, entry.look.as_ref()),
            What::Dials(dials) => {
                self.script.extend(dials);
                Ok(())
            }
            What::Latency(latency) => {
                self.latency = *latency;
                if let Some(attempt) = &mut self.attempt {
                    attempt.slowest = attempt.slowest.max(*latency);
                    attempt.varies |= attempt.latency != *latency;
                }
                Ok(())
            }
            What::Page(page) => {
                self.page(*page);
                Ok(())
            }
            What::Sleep(until) => {
                self.woke = Some(*until);
                self.wakes.push(*until);
                self.disturb();
                Ok(())
            }
            What::Settled { closed, closed_early, flushed, opened, pinged } => {
                let fits = opened.iter().zip(&self.opened).zip(&self.unsure).all(|((found, expected), unsure)| {
                    // A future that was not polled before resolves to the latest end.
                    *unsure || found == expected || matches!((found, expected), (Some(Err(_)), Some(Err(_))))
                });
                demand!(fits, "S28: `opened()` says {opened:?}, not {:?}", self.opened);
                self.settled(entry.look.as_ref())?;
                self.pinged(pinged)?;
                demand!(
                    self.last_end.is_some() == closed_early.is_some(),
                    "S4: the first future is at {closed_early:?}"
                );
                if let Some(closed) = closed {
                    let over = self.state() == State::Closed;
                    demand!(closed.is_some() == over, "S4: late `closed()` is at {closed:?}");
                    demand!(
                        !over || *closed == self.last_end,
                        "S4: `closed()` says {closed:?}, not {:?}",
                        self.last_end
                    );
                }
                let prompt = self.attempt.as_ref().is_some_and(Attempt::sends_at_once);
                self.messages.flushed(flushed, self.ends > 0, prompt)
            }
        }
    }

    /// So many messages were handed to sockets by now, those of set-ups included. Returns whether these are more than before.
    fn sent(&mut self, sent: usize) -> Result<bool, String> {
        let may_send = self.attempt.as_ref().is_some_and(Attempt::may_send);
        let set_up = self.attempt.as_mut().and_then(|attempt| attempt.set_up.as_mut());
        if let Some(set_up) = set_up.filter(|_| !may_send) {
            let more = self.messages.sent_by_set_up(sent);
            set_up.hands(more)?;
            return Ok(more > 0);
        }
        self.messages.sent(sent, may_send)
    }

    /// Whether what is due then happens now: exactly then, or at a late wake-up.
    fn on_time(&self, due: Duration) -> bool {
        self.now == due || (self.now > due && self.woke == Some(self.now))
    }

    /// Returns when a timeout of an attempt runs out, other than that of a heartbeat.
    fn runs_out(&self, since: Duration, timeout: Duration) -> Duration {
        let mut extensions = 2;
        self.wakes.iter().filter(|woke| **woke >= since).fold(since + timeout, |due, woke| {
            if extensions == 0 || *woke <= due + Duration::from_millis(100) {
                return due;
            }
            extensions -= 1;
            *woke + Duration::from_secs(1)
        })
    }

    /// Time that passes without timers firing on time.
    fn disturb(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.steady = false;
        }
    }

    fn dialled(&mut self, entry: &Entry) -> Checked {
        if entry.dials == self.dials {
            return Ok(());
        }
        let at = entry.dialled_at;
        demand!(entry.dials == self.dials + 1 && self.attempt.is_none(), "S3: dialled during an attempt");
        match self.next {
            Next::At(due) if due == at || (at > due && self.woke == Some(at)) => {}
            Next::Between(from, to) if (from..=to).contains(&at) || (at > to && self.woke == Some(at)) => {}
            next => return Err(format!("S7: dialled at {at:?}, but the next dial is {next:?}")),
        }
        self.next = Next::Never;
        let outcome = self.script.pop_front().unwrap_or_default();
        self.by_hand.dials(at);
        self.dials = entry.dials;
        self.attempt = Some(Attempt::new(self.dials - 1, at, outcome, (self.latency, self.setup.rate), self.paused));
        Ok(())
    }

    fn state(&self) -> State {
        match (&self.attempt, self.next) {
            (Some(attempt), _) => attempt.state(),
            (None, Next::Never) => State::Closed,
            (None, _) => State::Waiting,
        }
    }

    /// The edges of the send buffer are notified in their turn, when other things have happened already.
    fn is_behind(&self) -> bool {
        matches!(self.inside, Some(Notified::Full | Notified::Drain))
    }

    fn page(&mut self, page: Page) {
        self.disturb();
        match page {
            Page::Online | Page::Visible => {
                let soon = self.now + Duration::from_millis(500);
                self.next = match self.next {
                    Next::At(due) => Next::Between(self.now.min(due), soon.min(due)),
                    Next::Between(_, latest) => Next::Between(self.now, soon.min(latest)),
                    next => next,
                };
            }
            Page::Frozen => {
                self.frozen = true;
                match &mut self.attempt {
                    Some(attempt) => attempt.freeze(self.setup.policy.max_attempts == Some(0)),
                    None if self.next != Next::Never => self.next = Next::Thaw,
                    None => {}
                }
            }
            Page::Thawed => {
                self.frozen = false;
                if self.next != Next::Never {
                    self.next = Next::At(self.now);
                }
            }
        }
    }

    fn peer(&mut self, number: usize, did: &PeerDid) -> Checked {
        let now = self.now;
        if let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.number == number) {
            attempt.peer_did(now, did);
        }
        Ok(())
    }

    /// A dial in this much time, or as soon as the page is back.
    fn dial_in(&mut self, (from, to): Span) {
        self.next = match (self.frozen, from == to) {
            (true, _) => Next::Thaw,
            (false, true) => Next::At(self.now + from),
            (false, false) => Next::Between(self.now + from, self.now + to),
        };
    }

    fn did(&mut self, did: &Did, look: Option<&Look>) -> Checked {
        let look = look.ok_or("an act without a handle")?;
        match did {
            Did::Send { id, len, result } => {
                let accepts = match (look.state, &self.attempt) {
                    (State::Closed, _) => Some(false),
                    // What comes after an attempt may be undecidable from the outside.
                    (State::Closing, Some(attempt)) => attempt.accepts(),
                    _ => Some(true),
                };
                let ahead = matches!(self.inside, Some(Notified::Open));
                return self.messages.send(*id, *len, *result, accepts, look, ahead);
            }
            Did::TakeUnsent(unsent) => return self.messages.take(unsent, look.state == State::Closed),
            Did::Flush => self.messages.flush(),
            Did::Opened => {
                self.unsure.push(self.is_behind());
                self.opened.push(match look.state {
                    State::Open => Some(Ok(())),
                    State::Closed if self.owed.is_none() => self.last_end.clone().map(Err),
                    _ => None,
                });
            }
            Did::Ping => self.ping(look.state),
            Did::Pause(on) => {
                self.paused = *on;
                if let Some(attempt) = &mut self.attempt {
                    attempt.paused |= *on;
                }
            }
            wish => self.wish(wish, look.state),
        }
        Ok(())
    }

    /// Something that decides over attempts.
    fn wish(&mut self, wish: &Did, state: State) {
        let (behind, taken) = (self.is_behind(), self.messages.taken());
        let is_unknown = self.attempt.as_ref().is_some_and(|attempt| attempt.next == Decision::Unknown);
        let inside = self.inside.is_some() || self.polling;
        if is_unknown && inside && matches!(wish, Did::Reconnect(_)) {
            // It has no effect if there was something to cancel.
            return;
        }
        let delay = match wish {
            Did::Reconnect(delay) => match self.paced(*delay, state) {
                Some(delay) => Some(delay),
                None => return,
            },
            _ => None,
        };
        match (&mut self.attempt, state, delay) {
            (Some(attempt), ..) => {
                attempt.wish(self.now, wish, delay, state, behind, taken);
                // Whether there was something to cancel may be undecidable from the outside.
                let cancelled = attempt.next == Decision::End;
                if cancelled || matches!(wish, Did::Close(_) | Did::Abort) {
                    self.by_hand.closed = Answer::Yes;
                }
            }
            (None, State::Closed, Some(delay)) => self.revives(delay),
            (None, _, Some(delay)) => self.dial_in(delay),
            (None, State::Waiting, None) => {
                self.next = Next::Never;
                self.owed = Some(Some(EndReason::Closed));
                self.by_hand.closed = Answer::Yes;
            }
            (None, _, None) if matches!(wish, Did::Cancel) => {}
            (None, _, None) => self.by_hand.closed = Answer::Yes,
        }
    }
}
