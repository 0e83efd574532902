//! What happens to the client's messages.

use std::collections::BTreeMap;

use homing::{SendErrorKind, State};

use super::{Checked, demand};
use crate::trace::{Id, Look};

pub(super) struct Messages {
    limit: usize,
    /// Every message that was accepted and not returned, in the order in which they leave, with its length.
    taken: Vec<(usize, usize)>,
    /// How many of these were handed to sockets.
    sent: usize,
    /// How many messages of set-ups were.
    by_set_ups: usize,
    /// The messages that set-ups sent, by their attempts.
    set_ups: BTreeMap<usize, Vec<usize>>,
    /// The codes with which set-ups have failed.
    failed: BTreeMap<usize, u16>,
    /// How many of the first that were not, `on_open` sent.
    ahead: usize,
    /// `on_open` sent something.
    was_ahead: bool,
    /// By which of these each attempt was over.
    attempts: Vec<usize>,
    /// Attempts closed by this side, the closing handshake complete, and with which code.
    closed: Vec<(usize, Option<u16>)>,
    /// What was sent could no longer be observed.
    unseen: bool,
    /// Messages that were reported as lost with their socket.
    pub(super) lost: u64,
    /// How often messages were lost with their socket, or handed back.
    losses: u64,
    /// How many messages were seen to be lost with their socket.
    seen_lost: u64,
    /// The last notification about the limit; `None` where it can no longer be known.
    full: Option<bool>,
    flushes: Vec<Flush>,
}

struct Flush {
    /// The last message before it.
    last: Option<usize>,
    /// One of those was lost, or handed back.
    lost: bool,
    /// How often messages had been lost when it was looked at.
    losses: u64,
    over: bool,
}

/// How many losses the client remembers.
const REMEMBERED: u64 = 4;

impl Messages {
    pub(super) fn new(limit: usize) -> Self {
        let (taken, attempts, closed, flushes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            limit,
            taken,
            sent: 0,
            by_set_ups: 0,
            set_ups: BTreeMap::new(),
            failed: BTreeMap::new(),
            ahead: 0,
            was_ahead: false,
            attempts,
            closed,
            unseen: false,
            lost: 0,
            losses: 0,
            seen_lost: 0,
            full: Some(false),
            flushes,
        }
    }

    /// What may be buffered at most, in bytes: what `on_open` sends has the limit to itself.
    pub(super) fn bound(&self) -> usize {
        let largest = self.taken.iter().map(|(_, len)| *len).max().unwrap_or(1);
        (self.limit + largest) * if self.was_ahead { 2 } else { 1 }
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    pub(super) fn unsent(&self) -> usize {
        self.taken.len() - self.sent
    }

    fn queued_bytes(&self) -> usize {
        self.taken[self.sent..].iter().map(|(_, len)| len).sum()
    }

    fn load(&self, look: &Look) -> usize {
        look.buffered.max(self.unsent())
    }

    /// So many were lost with their sockets by now: the last ones that these were given.
    pub(super) fn lost(&mut self, lost: u64) {
        let more = lost - std::mem::replace(&mut self.seen_lost, lost);
        let first = self.sent.saturating_sub(usize::try_from(more).unwrap_or(0));
        self.lose(first..self.sent);
    }

    /// These of the messages in their order were lost, or handed back.
    fn lose(&mut self, range: std::ops::Range<usize>) {
        let lost = &self.taken[range];
        self.losses += u64::from(!lost.is_empty());
        for flush in &mut self.flushes {
            flush.lost |= lost.iter().any(|(id, _)| Some(*id) <= flush.last);
        }
    }

    pub(super) fn unseen(&mut self) {
        self.unseen = true;
    }

    /// So many were handed to sockets by now, all that are new by a set-up. Returns how many these are.
    pub(super) fn sent_by_set_up(&mut self, sent: usize) -> usize {
        let more = sent - self.sent - self.by_set_ups;
        self.by_set_ups += more;
        more
    }

    /// The set-up of this attempt sends a message.
    pub(super) fn of_set_up(&mut self, attempt: usize, id: usize) {
        self.set_ups.entry(attempt).or_default().push(id);
    }

    /// The set-up of this attempt fails, and its peer gets this code.
    pub(super) fn failed(&mut self, attempt: usize, code: u16) {
        self.failed.insert(attempt, code);
    }

    /// So many were handed to sockets by now. Returns whether these are more than before.
    pub(super) fn sent(&mut self, sent: usize, open: bool) -> Result<bool, String> {
        self.unseen = false;
        let sent = sent - self.by_set_ups;
        demand!(sent <= self.taken.len(), "S13: {sent} were sent of {}", self.taken.len());
        demand!(sent == self.sent || (sent > self.sent && open), "S13: sent {sent} after {}, open: {open}", self.sent);
        self.ahead = self.ahead.saturating_sub(sent - self.sent);
        Ok(std::mem::replace(&mut self.sent, sent) < sent)
    }

    pub(super) fn send(
        &mut self,
        id: usize,
        len: usize,
        result: Result<(), SendErrorKind>,
        accepts: Option<bool>,
        look: &Look,
        ahead: bool,
    ) -> Checked {
        let queued: usize = self.taken[self.sent..][..self.ahead].iter().map(|(_, len)| len).sum();
        let load = if ahead { queued.max(self.ahead) } else { self.load(look) };
        let room = load < self.limit;
        match result {
            Ok(()) => {
                demand!(room && accepts != Some(false), "S14: {id} was taken; room: {room}, accepts: {accepts:?}");
                if ahead {
                    self.taken.insert(self.sent + self.ahead, (id, len));
                    self.ahead += 1;
                    self.was_ahead = true;
                } else {
                    self.taken.push((id, len));
                }
            }
            Err(SendErrorKind::Full) => demand!(!room && accepts != Some(false), "S14: {id} was refused as if full"),
            Err(SendErrorKind::Closed) => demand!(accepts != Some(true), "S13: {id} was refused as if closed"),
            Err(other) => return Err(format!("{id} was refused: {other:?}")),
        }
        Ok(())
    }

    pub(super) fn take(&mut self, unsent: &[Id], closed: bool) -> Checked {
        let queued = self.taken[self.sent..].iter().map(|(id, _)| Id::Client(*id));
        let expected: Vec<_> = if closed { queued.collect() } else { Vec::new() };
        demand!(unsent == expected, "S15: {unsent:?} are handed back, not {expected:?}");
        if !unsent.is_empty() {
            self.lose(self.sent..self.taken.len());
            self.taken.truncate(self.sent);
            self.ahead = 0;
            self.full = None;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) {
        let last = self.taken.iter().map(|(id, _)| *id).max();
        self.flushes.push(Flush { last, lost: false, losses: self.losses, over: false });
    }

    /// The results of flushes: succeeded, failed, or pending. `ended`: the client has ended at some time.
    pub(super) fn flushed(&mut self, results: &[Option<bool>], ended: bool, prompt: bool) -> Checked {
        let unsent = self.taken[self.sent..].iter().map(|(id, _)| *id).min();
        for (flush, result) in self.flushes.iter_mut().zip(results).filter(|(flush, _)| !flush.over) {
            flush.over = result.is_some();
            let forgotten = self.losses - std::mem::replace(&mut flush.losses, self.losses) > REMEMBERED;
            let left = unsent.is_none_or(|unsent| Some(unsent) > flush.last);
            match result {
                Some(true) => demand!(!flush.lost && (left || self.unseen), "S15: flushed what has not left"),
                Some(false) => demand!(ended || flush.lost || forgotten, "S15: a flush failed while the client lives"),
                None => demand!(!(flush.lost || prompt && left), "S15: all has left or is lost, but the flush waits"),
            }
        }
        Ok(())
    }

    pub(super) fn edge(&mut self, full: bool) -> Checked {
        demand!(self.full != Some(full), "S14: notified twice: full is {full}");
        self.full = self.full.map(|_| full);
        Ok(())
    }

    pub(super) fn attempt_over(&mut self, lost: u64) -> Checked {
        let handed = self.sent - self.attempts.last().copied().unwrap_or(0);
        demand!(lost <= handed as u64, "S15: {lost} lost of {handed}");
        self.attempts.push(self.sent);
        self.lost += lost;
        Ok(())
    }

    pub(super) fn closed_by(&mut self, attempt: usize, code: Option<u16>) {
        self.closed.push((attempt, code));
    }

    /// `prompt`: the socket takes everything; `none`: there is no socket.
    pub(super) fn settled(&mut self, look: &Look, prompt: bool, none: bool) -> Checked {
        let queued = self.queued_bytes();
        if prompt && look.state == State::Open {
            demand!(self.unsent() == 0, "S13: {} wait, though the socket takes them", self.unsent());
        }
        let exact = prompt || none;
        demand!(
            look.buffered == queued || (!exact && look.buffered > queued),
            "S14: {} are buffered, {queued} are queued",
            look.buffered
        );
        let load = self.load(look);
        match self.full {
            Some(true) => demand!(load > self.limit / 2, "S14: {load} are below half, without a notification"),
            Some(false) => demand!(load < self.limit, "S14: {load} are full, without a notification"),
            // All notifications have been delivered by now.
            None if load <= self.limit / 2 => self.full = Some(false),
            None if load >= self.limit => self.full = Some(true),
            None => {}
        }
        Ok(())
    }

    /// The place of a message among all that leave.
    pub(super) fn place(&self, id: Id) -> Option<(bool, usize)> {
        match id {
            Id::Client(id) => self.taken.iter().position(|(taken, _)| *taken == id).map(|place| (true, place)),
            Id::Session(id) => self.set_ups.values().flatten().position(|sent| *sent == id).map(|place| (false, place)),
            Id::Peer(_) | Id::Heartbeat => None,
        }
    }

    /// What each peer received: the start of what its attempt was handed, all of it after a whole closing handshake.
    pub(super) fn check(&self, received: &[(Vec<Id>, Option<u16>)]) -> Checked {
        let mut start = 0;
        for (number, (received, close)) in received.iter().enumerate() {
            let sent = if self.unseen { self.taken.len() } else { self.sent };
            let end = self.attempts.get(number).copied().unwrap_or(sent);
            let queued = self.taken[start..end].iter().map(|(id, _)| Id::Client(*id));
            let by_set_up = self.set_ups.get(&number).into_iter().flatten().map(|id| Id::Session(*id));
            let handed: Vec<_> = by_set_up.chain(queued).collect();
            let code = self.failed.get(&number);
            demand!(code.is_none() || code == close.as_ref(), "S27: peer {number} got code {close:?}, not {code:?}");
            demand!(handed.starts_with(received), "S13: peer {number} got {received:?} of {handed:?}");
            if let Some((_, code)) = self.closed.iter().find(|(attempt, _)| *attempt == number) {
                demand!(
                    handed == *received,
                    "S10: peer {number} got {received:?} of {handed:?} and then a Close frame"
                );
                demand!(code.is_none() || code == close, "S10: peer {number} got code {close:?}, not {code:?}");
            }
            start = end;
        }
        Ok(())
    }
}
