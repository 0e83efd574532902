//! What happens to the client's messages.

use homing::{SendErrorKind, State};

use super::{Checked, demand};
use crate::trace::{Id, Look};

pub(super) struct Messages {
    limit: usize,
    /// Every message that was accepted and not returned, in order, with its length.
    taken: Vec<(usize, usize)>,
    /// How many of these were handed to sockets.
    sent: usize,
    /// By which of these each attempt was over.
    attempts: Vec<usize>,
    /// Attempts closed by this side, the closing handshake complete, and with which code.
    closed: Vec<(usize, Option<u16>)>,
    /// What was sent could no longer be observed.
    unseen: bool,
    /// Messages that were reported as lost with their socket.
    pub(super) lost: u64,
    /// Messages that were seen to be lost with their socket, and how often some were handed back.
    losses: u64,
    seen_lost: u64,
    /// The last notification about the limit; `None` where it can no longer be known.
    full: Option<bool>,
    flushes: Vec<Flush>,
}

struct Flush {
    /// How many messages were taken before.
    taken: usize,
    /// All of these had been handed to a socket.
    sent: bool,
    losses: u64,
    over: bool,
}

impl Messages {
    pub(super) fn new(limit: usize) -> Self {
        let (taken, attempts, closed, flushes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            limit,
            taken,
            sent: 0,
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

    pub(super) fn largest(&self) -> usize {
        self.taken.iter().map(|(_, len)| *len).max().unwrap_or(1)
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

    /// So many were lost by now.
    pub(super) fn lost(&mut self, lost: u64) {
        self.losses += lost - std::mem::replace(&mut self.seen_lost, lost);
    }

    pub(super) fn unseen(&mut self) {
        self.unseen = true;
    }

    /// So many were handed to sockets by now. Returns whether these are more than before.
    pub(super) fn sent(&mut self, sent: usize, open: bool) -> Result<bool, String> {
        self.unseen = false;
        demand!(sent <= self.taken.len(), "S13: {sent} were sent of {}", self.taken.len());
        demand!(sent == self.sent || (sent > self.sent && open), "S13: sent {sent} after {}, open: {open}", self.sent);
        Ok(std::mem::replace(&mut self.sent, sent) < sent)
    }

    pub(super) fn send(
        &mut self,
        id: usize,
        len: usize,
        result: Result<(), SendErrorKind>,
        accepts: Option<bool>,
        look: &Look,
    ) -> Checked {
        let room = self.load(look) < self.limit;
        match result {
            Ok(()) => {
                demand!(room && accepts != Some(false), "S14: {id} was taken; room: {room}, accepts: {accepts:?}");
                self.taken.push((id, len));
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
            self.taken.truncate(self.sent);
            self.losses += 1;
            self.full = None;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) {
        let (taken, sent) = (self.taken.len(), self.unsent() == 0);
        self.flushes.push(Flush { taken, sent, losses: self.losses, over: false });
    }

    /// The results of flushes: succeeded, failed, or pending. `ended`: the client has ended at some time.
    pub(super) fn flushed(&mut self, results: &[Option<bool>], ended: bool, prompt: bool) -> Checked {
        for (flush, result) in self.flushes.iter_mut().zip(results).filter(|(flush, _)| !flush.over) {
            flush.over = result.is_some();
            let lost = flush.losses != self.losses;
            match result {
                Some(true) => {
                    let left = self.unseen || self.sent >= flush.taken;
                    demand!(flush.sent || left, "S15: flushed what has not left");
                }
                Some(false) => demand!(ended || lost, "S15: a flush failed while the client lives"),
                None => demand!(!prompt && !lost, "S15: all has left, but the flush waits"),
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

    /// What each peer received: the start of what its attempt was handed, all of it after a whole closing handshake.
    pub(super) fn check(&self, received: &[(Vec<Id>, Option<u16>)]) -> Checked {
        let mut start = 0;
        for (number, (received, close)) in received.iter().enumerate() {
            let sent = if self.unseen { self.taken.len() } else { self.sent };
            let end = self.attempts.get(number).copied().unwrap_or(sent);
            let handed: Vec<_> = self.taken[start..end].iter().map(|(id, _)| Id::Client(*id)).collect();
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
