//! The accounts of one client: what happened to each of its messages, from its own counters and from the server's view.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use homing::{CloseCode, CloseEvent, FlushError, Initiator, Message, Stats};

use crate::content::{Contents, UP, client};

/// For how many more attempts one that did not open is remembered. The server may still see it.
const LATER: u64 = 16;

/// The messages of a client are numbered in the order in which `send` took them. Each connection takes the next ones. Those
/// are, in this order: messages that the server received, messages that left for the operating system and were cut off on
/// their way, and messages that were lost with the socket. Messages that no connection took are unsent.
pub(crate) struct Books {
    number: u64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Attempts of which not everything is known yet.
    attempts: BTreeMap<u64, Attempt>,
    /// The latest attempt that is over.
    over: u64,
    /// The numbers of lost messages, each range with the count of messages lost before it.
    losses: Vec<(Range<u64>, u64)>,
    flushes: Vec<Flushed>,
    totals: Totals,
    ended: Option<Stats>,
    faults: Vec<String>,
}

#[derive(Default)]
struct Attempt {
    /// The number of the first message that it took; `None` if it did not open.
    first: Option<u64>,
    closed: Option<Closed>,
    received: u64,
    /// The server has finished with it.
    served: bool,
}

#[derive(Clone, Copy)]
struct Closed {
    /// The number of the first message that the next attempt takes.
    end: u64,
    lost: u64,
    /// The server answered the Close frame, so it has received everything before.
    answered: bool,
}

/// A call of `flush`.
#[derive(Debug)]
pub(crate) struct Flushed {
    /// How many messages had been accepted.
    pub(crate) accepted: u64,
    /// How many messages had been lost immediately before and after the call.
    pub(crate) lost: (u64, u64),
    pub(crate) result: Result<(), FlushError>,
}

#[derive(Default, Clone, Copy, Debug)]
pub(crate) struct Totals {
    pub(crate) connections: u64,
    pub(crate) delivered: u64,
    pub(crate) cut: u64,
    pub(crate) lost: u64,
    pub(crate) unsent: u64,
    pub(crate) received: u64,
    pub(crate) flushed: u64,
    pub(crate) not_flushed: u64,
}

impl Books {
    pub(crate) fn new(number: u64) -> Self {
        Self { number, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opened(&self, stats: Stats) {
        self.lock().attempts.entry(stats.attempts).or_default().first = Some(stats.messages_sent);
    }

    /// The client received the next message of a connection.
    pub(crate) fn received(&self, is_right: bool, attempt: u64, number: u64) {
        let mut inner = self.lock();
        inner.totals.received += 1;
        inner.check(is_right, || format!("message {number} of connection {attempt} differs"));
    }

    pub(crate) fn closed(&self, stats: Stats, event: &CloseEvent, contents: &Contents) {
        let mut inner = self.lock();
        // The Close frames of both sides may cross. Those of the server have other codes.
        let answered = event.clean && event.initiator == Initiator::Local && event.code == CloseCode::NORMAL;
        let (attempt, end, lost) = (stats.attempts, stats.messages_sent, event.lost);
        inner.over = attempt;
        inner.totals.lost += lost;
        if lost > 0 {
            inner.losses.push((end - lost..end, stats.messages_lost - lost));
        }
        inner.attempts.entry(attempt).or_default().closed = Some(Closed { end, lost, answered });
        let reported = inner.totals.lost;
        inner.check(reported == stats.messages_lost, || {
            format!("{} are lost, {reported} were reported", stats.messages_lost)
        });
        self.settle(&mut inner, attempt, contents);
        inner.attempts.retain(|number, attempt| number + LATER > stats.attempts || !attempt.is_nothing());
    }

    /// The server received the next message of a connection.
    pub(crate) fn delivered(&self, attempt: u64, is_text: bool, payload: &[u8], contents: &Contents) {
        let mut inner = self.lock();
        let entry = inner.attempts.entry(attempt).or_default();
        let number = entry.first.map(|first| first + entry.received);
        entry.received += 1;
        let is_right = number.is_some_and(|number| contents.is(client(self.number), number, UP, is_text, payload));
        inner.check(is_right, || {
            format!("the server received something other than message {number:?} on connection {attempt}")
        });
    }

    pub(crate) fn is_over(&self, attempt: u64) -> bool {
        self.lock().over >= attempt
    }

    /// The server has finished with a connection.
    pub(crate) fn served(&self, attempt: u64, contents: &Contents) {
        let mut inner = self.lock();
        inner.attempts.entry(attempt).or_default().served = true;
        self.settle(&mut inner, attempt, contents);
    }

    /// Checks an attempt once both sides have finished with it.
    fn settle(&self, inner: &mut Inner, number: u64, contents: &Contents) {
        let Some(&Attempt { first, closed: Some(closed), received, served: true }) = inner.attempts.get(&number) else {
            return;
        };
        inner.attempts.remove(&number);
        let Closed { end, lost, answered } = closed;
        let given = end - first.unwrap_or(end);
        let what = || format!("connection {number}: {given} taken, {received} arrived, {lost} lost");
        // The server cannot have every byte of a lost message.
        inner.check(received + lost <= given, what);
        inner.check(!answered || received == given, || format!("closed cleanly, but {}", what()));
        let cut = given.saturating_sub(received + lost);
        // The first of them may have arrived except for its last byte.
        let on_its_way = (end - lost - cut + 1..end - lost).map(|number| contents.len(client(self.number), number, UP));
        let bytes: usize = on_its_way.sum();
        inner.check(bytes <= room_on_the_way(), || format!("{bytes} bytes cannot be on their way: {}", what()));
        inner.totals.connections += u64::from(first.is_some());
        inner.totals.delivered += received;
        inner.totals.cut += cut;
    }

    pub(crate) fn flushed(&self, flush: Flushed) {
        let mut inner = self.lock();
        *if flush.result.is_ok() { &mut inner.totals.flushed } else { &mut inner.totals.not_flushed } += 1;
        inner.flushes.push(flush);
    }

    /// Checks the calls of `flush`, all of which have returned. Not immediately, because a loss is reported later.
    pub(crate) fn settle_flushes(&self) {
        let mut inner = self.lock();
        let losses = std::mem::take(&mut inner.losses);
        for flush in std::mem::take(&mut inner.flushes) {
            let lost_since = |earlier: u64| {
                losses.iter().any(|(numbers, before)| *before >= earlier && numbers.start < flush.accepted)
            };
            let (surely, perhaps) = (lost_since(flush.lost.1), lost_since(flush.lost.0));
            match flush.result {
                Ok(()) => inner.check(!surely, || format!("flushed despite a loss: {flush:?}")),
                Err(FlushError::Lost) => {
                    inner.check(perhaps, || format!("loss reported but nothing was lost: {flush:?}"))
                }
                Err(_) => {}
            }
        }
    }

    pub(crate) fn ended(&self, stats: Stats, unsent: &[Message], contents: &Contents) {
        let mut inner = self.lock();
        for (message, number) in unsent.iter().zip(stats.messages_sent..) {
            let is_right = contents.is(client(self.number), number, UP, message.is_text(), message.as_bytes());
            inner.check(is_right, || format!("unsent message differs from message {number}"));
        }
        inner.totals.unsent += unsent.len() as u64;
        inner.ended = Some(stats);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended.is_some()
    }

    /// Whether the client has ended, and both sides have finished with every attempt.
    pub(crate) fn is_settled(&self) -> bool {
        let inner = self.lock();
        inner.ended.is_some() && inner.attempts.values().all(Attempt::is_nothing)
    }

    /// Checks that every message that `send` took is accounted for.
    pub(crate) fn settle_all(&self, accepted: u64) {
        let mut inner = self.lock();
        let Totals { delivered, cut, lost, unsent, received, .. } = inner.totals;
        let stats = inner.ended.unwrap_or_default();
        let all = delivered + cut + lost + unsent;
        inner.check(all == accepted, || format!("{accepted} messages were accepted, {all} are accounted for"));
        inner.check(stats.messages_sent + unsent == accepted, || format!("{accepted}, {unsent} unsent: {stats:?}"));
        inner.check(stats.messages_lost == lost, || format!("{lost} lost: {stats:?}"));
        inner.check(stats.messages_received == received, || format!("{received} received: {stats:?}"));
    }

    pub(crate) fn totals(&self) -> Totals {
        self.lock().totals
    }

    /// Returns the errors found so far.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.lock().faults.iter().map(|fault| format!("client {}: {fault}", self.number)).collect()
    }
}

impl Inner {
    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(fault());
        }
    }
}

impl Attempt {
    /// Whether the connection did not open, as far as the client knows.
    fn is_nothing(&self) -> bool {
        self.first.is_none() && self.closed.is_some() && self.received == 0
    }
}

/// Returns how many bytes fit between a client and the server: the client's socket buffer, and the small ones behind it.
fn room_on_the_way() -> usize {
    let sizes = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").unwrap_or_default();
    let largest = sizes.split_whitespace().last().and_then(|size| size.parse().ok());
    (1 << 20) + largest.unwrap_or(16 << 20)
}

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        self.connections += other.connections;
        self.delivered += other.delivered;
        self.cut += other.cut;
        self.lost += other.lost;
        self.unsent += other.unsent;
        self.received += other.received;
        self.flushed += other.flushed;
        self.not_flushed += other.not_flushed;
    }
}
