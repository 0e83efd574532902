//! The numbers of messages on their way through the queue (S13, S15).

use crate::units::Count;

/// How many losses are remembered with their first message.
const LOSSES: Count = 4;

/// Messages that leave in the order in which they were accepted. Each has a number, from 1 on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lane {
    /// How many messages were ever accepted.
    accepted: Count,
    /// How many of them are queued or offered.
    queued: Count,
    /// How many of them the present socket was given.
    given: Count,
    /// How many of those the socket still holds.
    in_socket: Count,
    /// How many times messages were lost with their socket, or taken back.
    losses: Count,
    /// The number of the first message of each of the latest losses.
    first_lost: [Count; LOSSES as usize],
}

impl Lane {
    pub(crate) fn accept(&mut self) {
        self.accepted += 1;
        self.queued += 1;
    }

    pub(crate) fn queued(&self) -> Count {
        self.queued
    }

    /// Returns how many times messages were lost.
    pub(crate) fn losses(&self) -> Count {
        self.losses
    }

    /// The socket was given the first of the queued messages.
    pub(crate) fn give(&mut self, messages: Count) {
        self.queued -= messages;
        self.given += messages;
    }

    /// The socket still holds this many messages: first of this lane, then of others. Returns the number of others.
    pub(crate) fn socket_holds(&mut self, messages: Count) -> Count {
        self.in_socket = messages.min(self.given);
        messages - self.in_socket
    }

    /// The socket is gone, with what it held. Returns how many messages were lost.
    pub(crate) fn socket_gone(&mut self) -> Count {
        let lost = self.in_socket;
        self.note_loss(lost);
        (self.given, self.in_socket) = (0, 0);
        lost
    }

    /// The queued messages were taken back.
    pub(crate) fn take_back(&mut self) {
        self.note_loss(self.queued);
        self.queued = 0;
    }

    /// Remembers a loss. Called before `left` changes because of it.
    fn note_loss(&mut self, messages: Count) {
        if messages > 0 {
            self.losses += 1;
            self.first_lost[(self.losses % LOSSES) as usize] = self.left() + 1;
        }
    }

    /// Returns how many messages have left for the operating system or browser, or were lost. Both happen in order.
    fn left(&self) -> Count {
        self.accepted - self.queued - self.in_socket
    }

    fn position(&self) -> Position {
        Position { accepted: self.accepted, losses: self.losses, had_left: self.left() == self.accepted }
    }

    fn has_left(&self, position: Position) -> bool {
        self.left() >= position.accepted
    }

    /// Returns whether a message before the position was lost since. They leave in order, so the first loss since decides.
    fn is_lost(&self, position: Position) -> bool {
        match self.losses - position.losses {
            _ if position.had_left => false,
            0 => false,
            1..=LOSSES => self.first_lost[((position.losses + 1) % LOSSES) as usize] <= position.accepted,
            // Too long ago to be known.
            _ => true,
        }
    }
}

/// A position in a lane.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// The number of the last message before it.
    accepted: Count,
    /// How many losses there had been.
    losses: Count,
    /// All messages before it had left, so that none of them can be lost.
    had_left: bool,
}

impl Position {
    /// Moves the position behind what was accepted since.
    fn extend(&mut self, lane: &Lane) {
        self.had_left &= self.accepted == lane.accepted;
        self.accepted = lane.accepted;
    }
}

/// What had been queued at some time: see [`Machine::mark`](crate::Machine::mark).
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    ahead: Position,
    normal: Position,
}

impl Mark {
    pub(crate) fn new(ahead: &Lane, normal: &Lane) -> Self {
        Self { ahead: ahead.position(), normal: normal.position() }
    }

    /// Moves the mark behind what was queued since. What was lost since it was made still counts.
    pub(crate) fn extend(&mut self, ahead: &Lane, normal: &Lane) {
        self.ahead.extend(ahead);
        self.normal.extend(normal);
    }

    pub(crate) fn has_left(self, ahead: &Lane, normal: &Lane) -> bool {
        ahead.has_left(self.ahead) && normal.has_left(self.normal)
    }

    pub(crate) fn is_lost(self, ahead: &Lane, normal: &Lane) -> bool {
        ahead.is_lost(self.ahead) || normal.is_lost(self.normal)
    }

    /// Returns how many messages had been queued. Of two marks, the one with less is reached first.
    pub fn messages(self) -> Count {
        self.ahead.accepted + self.normal.accepted
    }
}
