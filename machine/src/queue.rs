//! The send queue (S13 to S15).

use crate::io::Buffered;
use crate::units::{Count, Messages, append};

/// How many losses are remembered with their first message.
const LOSSES: Count = 4;

/// The capacity, in messages, that an empty queue keeps.
const ROOM: usize = 4096;

/// The send queue: strictly ordered, and bounded by bytes.
///
/// A message is in one of three places: in the queue, in a batch that the driver offers to the socket, or in the socket's
/// own buffer. All three count against the limit.
pub(crate) struct Queue<Message> {
    waiting: Messages<Message>,
    waiting_bytes: usize,
    offered_bytes: usize,
    offered: bool,
    /// What the socket holds in its own buffer.
    socket: Buffered,
    limit: usize,
    full: bool,
    /// How many messages were ever queued.
    accepted: Count,
    /// How many messages are queued or offered.
    held: Count,
    /// How many times messages were lost with their socket, or taken back.
    losses: Count,
    /// The number of the first message of each of the latest losses.
    first_lost: [Count; LOSSES as usize],
}

/// The limit was reached, or there is room again. Each is reported once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Full,
    Drain,
}

/// A message was not queued. The error contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError<Message> {
    /// Why it was not queued.
    pub kind: SendErrorKind,
    /// The message.
    pub message: Message,
}

/// Why a message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendErrorKind {
    /// The queue has reached its limit.
    Full,
    /// The client is closed, or is to be closed.
    Closed,
}

impl<Message> Queue<Message> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            waiting: Messages::new(),
            waiting_bytes: 0,
            offered_bytes: 0,
            offered: false,
            socket: Buffered::default(),
            limit,
            full: false,
            accepted: 0,
            held: 0,
            losses: 0,
            first_lost: [0; LOSSES as usize],
        }
    }

    /// Queues a message. The message that crosses the limit is accepted, the next one is not.
    #[inline]
    pub(crate) fn push(&mut self, message: Message, bytes: usize) -> Result<Option<Edge>, SendError<Message>> {
        if self.load() >= self.limit {
            return Err(SendError { kind: SendErrorKind::Full, message });
        }
        self.waiting_bytes += bytes;
        self.waiting.push_back(message);
        self.accepted += 1;
        self.held += 1;
        Ok(self.edge())
    }

    /// Moves everything into `batch`, which must be empty, and returns its bytes of payload. The driver returns the batch
    /// by [`restore`](Self::restore).
    pub(crate) fn offer(&mut self, batch: &mut Messages<Message>) -> usize {
        debug_assert!(batch.is_empty() && !self.offered);
        core::mem::swap(&mut self.waiting, batch);
        self.offered_bytes = core::mem::take(&mut self.waiting_bytes);
        self.offered = true;
        self.offered_bytes
    }

    /// Puts what the socket did not take of a batch back to the front. `messages` and `bytes` are what it took, and
    /// `socket` is what it now holds.
    pub(crate) fn restore(
        &mut self,
        batch: &mut Messages<Message>,
        messages: Count,
        bytes: usize,
        socket: Buffered,
    ) -> Option<Edge> {
        self.waiting_bytes += self.offered_bytes - bytes;
        self.offered_bytes = 0;
        self.offered = false;
        self.held -= messages;
        if !batch.is_empty() {
            append(batch, &mut self.waiting);
            core::mem::swap(&mut self.waiting, batch);
        } else if batch.capacity() > ROOM {
            // The messages of an outage needed more memory than normal operation does.
            *batch = Messages::new();
        }
        self.socket_holds(socket)
    }

    pub(crate) fn socket_holds(&mut self, socket: Buffered) -> Option<Edge> {
        // A transport may report more than it was given.
        let messages = socket.messages.min(self.accepted - self.held);
        self.socket = Buffered { messages, ..socket };
        self.edge()
    }

    /// The socket is gone, with what it held. Returns how many messages were lost.
    pub(crate) fn socket_gone(&mut self) -> (Count, Option<Edge>) {
        let lost = self.socket.messages;
        self.note_loss(lost > 0);
        (lost, self.socket_holds(Buffered::default()))
    }

    /// Remembers a loss. Called before `left` changes because of it.
    fn note_loss(&mut self, some: bool) {
        if some {
            self.losses += 1;
            self.first_lost[(self.losses % LOSSES) as usize] = self.left() + 1;
        }
    }

    /// Removes and returns all messages.
    pub(crate) fn take(&mut self) -> Messages<Message> {
        debug_assert!(!self.offered);
        self.note_loss(self.held > 0);
        self.waiting_bytes = 0;
        self.held = 0;
        self.full = false;
        core::mem::take(&mut self.waiting)
    }

    /// Returns whether there is no message in the queue or in an offered batch.
    pub(crate) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Returns whether there is something to offer.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty() && !self.offered
    }

    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.held).unwrap_or(usize::MAX)
    }

    pub(crate) fn buffered(&self) -> usize {
        self.waiting_bytes + self.offered_bytes + self.socket.bytes
    }

    /// Returns whether the limit was reached, and [`Edge::Drain`] was not reported since.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn socket(&self) -> Buffered {
        self.socket
    }

    pub(crate) fn accepted(&self) -> Count {
        self.accepted
    }

    pub(crate) fn losses(&self) -> Count {
        self.losses
    }

    /// Returns the number of the first message that was lost since there had been `losses`; 0 if that is too long ago.
    pub(crate) fn first_lost(&self, losses: Count) -> Option<Count> {
        match self.losses - losses {
            0 => None,
            1..=LOSSES => Some(self.first_lost[((losses + 1) % LOSSES) as usize]),
            _ => Some(0),
        }
    }

    /// Returns how many messages have left for the operating system or browser, or were lost. Both happen in order.
    pub(crate) fn left(&self) -> Count {
        self.accepted - self.held - self.socket.messages
    }

    /// Frees the memory that a burst of messages needed.
    pub(crate) fn shrink(&mut self) {
        if self.waiting.is_empty() {
            self.waiting = Messages::new();
        }
    }

    /// Returns what counts against the limit. Empty messages need memory as well, so that each counts as at least one byte.
    fn load(&self) -> usize {
        self.buffered().max(self.len())
    }

    /// Reports room only at half of the limit: closer to it, a fast sender would be woken for each message.
    fn edge(&mut self) -> Option<Edge> {
        if !self.full && self.load() >= self.limit {
            self.full = true;
            Some(Edge::Full)
        } else if self.full && self.load() <= self.limit / 2 {
            self.full = false;
            Some(Edge::Drain)
        } else {
            None
        }
    }
}
