//! The send queue (S13 to S15).

use crate::io::Buffered;
use crate::lane::{Lane, Mark};
use crate::units::{Count, Messages, append, split};

/// The capacity, in messages, that an empty queue keeps.
const ROOM: usize = 4096;

/// The send queue: ordered, and bounded by bytes.
///
/// A message is in one of three places: in the queue, in a batch that the driver offers to the socket, or in the socket's
/// own buffer. All three count against the limit.
///
/// What `on_open` sends is ahead of what was queued before (S13). These messages have numbers of their own, so that those of
/// the others do not change.
pub(crate) struct Queue<Message> {
    waiting: Messages<Message>,
    waiting_bytes: usize,
    offered_bytes: usize,
    offered: bool,
    /// What `on_open` sent, which leaves before `waiting`.
    waiting_ahead: Messages<Message>,
    /// The messages of `on_open`: those in `waiting_ahead`, or the first ones that are offered.
    ahead: Lane,
    /// Their bytes.
    ahead_bytes: usize,
    /// The messages behind them.
    normal: Lane,
    /// What the socket holds in its own buffer.
    socket: Buffered,
    limit: usize,
    full: bool,
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
            waiting_ahead: Messages::new(),
            ahead: Lane::default(),
            ahead_bytes: 0,
            normal: Lane::default(),
            socket: Buffered::default(),
            limit,
            full: false,
        }
    }

    /// Queues a message. The message that crosses the limit is accepted, the next one is not.
    ///
    /// One that is `ahead` leaves before those that are not, and only messages of its kind count against its limit.
    #[inline]
    pub(crate) fn push(
        &mut self,
        message: Message,
        bytes: usize,
        ahead: bool,
    ) -> Result<Option<Edge>, SendError<Message>> {
        let load = if ahead { self.ahead_bytes.max(self.waiting_ahead.len()) } else { self.load() };
        if load >= self.limit {
            return Err(SendError { kind: SendErrorKind::Full, message });
        }
        self.waiting_bytes += bytes;
        let (waiting, lane) = if ahead {
            debug_assert!(!self.offered);
            self.ahead_bytes += bytes;
            (&mut self.waiting_ahead, &mut self.ahead)
        } else {
            (&mut self.waiting, &mut self.normal)
        };
        waiting.push_back(message);
        lane.accept();
        Ok(self.edge())
    }

    /// Moves everything into `batch`, which must be empty, and returns its bytes of payload. The driver returns the batch
    /// by [`restore`](Self::restore).
    pub(crate) fn offer(&mut self, batch: &mut Messages<Message>) -> usize {
        debug_assert!(batch.is_empty() && !self.offered);
        if !self.waiting_ahead.is_empty() {
            append(&mut self.waiting_ahead, &mut self.waiting);
            core::mem::swap(&mut self.waiting_ahead, &mut self.waiting);
        }
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
        // All that the socket took is from ahead, unless it took all of that.
        let ahead = messages.min(self.ahead.queued());
        self.ahead.give(ahead);
        self.ahead_bytes = if self.ahead.queued() == 0 { 0 } else { self.ahead_bytes - bytes };
        self.normal.give(messages - ahead);
        if !batch.is_empty() {
            split(batch, self.ahead.queued(), &mut self.waiting_ahead);
            append(batch, &mut self.waiting);
            core::mem::swap(&mut self.waiting, batch);
        } else if batch.capacity() > ROOM {
            // The messages of an outage needed more memory than normal operation does.
            *batch = Messages::new();
        }
        self.socket_holds(socket)
    }

    /// Puts back what is left of a batch that was not restored. `bytes` are those that it has left.
    pub(crate) fn reclaim(&mut self, batch: &mut Messages<Message>, bytes: usize) {
        if self.offered {
            let waiting = self.waiting.len() + self.waiting_ahead.len() + batch.len();
            let taken = self.queued() - waiting as Count;
            let Buffered { messages, .. } = self.socket;
            let socket = Buffered { messages: messages + taken, ..self.socket };
            self.restore(batch, taken, self.offered_bytes - bytes, socket);
        }
    }

    pub(crate) fn socket_holds(&mut self, socket: Buffered) -> Option<Edge> {
        // The last messages that it was given. The first ones may be those of a set-up, which do not count here.
        let others = self.normal.socket_holds(socket.messages);
        self.ahead.socket_holds(others);
        self.socket = socket;
        self.edge()
    }

    /// The socket is gone, with what it held. Returns how many messages were lost.
    pub(crate) fn socket_gone(&mut self) -> (Count, Option<Edge>) {
        let lost = self.ahead.socket_gone() + self.normal.socket_gone();
        (lost, self.socket_holds(Buffered::default()))
    }

    /// Removes and returns all messages.
    pub(crate) fn take(&mut self) -> Messages<Message> {
        debug_assert!(!self.offered);
        self.ahead.take_back();
        self.normal.take_back();
        (self.waiting_bytes, self.ahead_bytes) = (0, 0);
        self.full = false;
        append(&mut self.waiting_ahead, &mut self.waiting);
        core::mem::take(&mut self.waiting_ahead)
    }

    /// Returns whether there is no message in the queue or in an offered batch.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued() == 0
    }

    /// Returns whether there is something to offer.
    pub(crate) fn has_waiting(&self) -> bool {
        !(self.waiting.is_empty() && self.waiting_ahead.is_empty() || self.offered)
    }

    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.queued()).unwrap_or(usize::MAX)
    }

    fn queued(&self) -> Count {
        self.ahead.queued() + self.normal.queued()
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

    /// Returns how many times messages of `on_open` were lost.
    pub(crate) fn losses_ahead(&self) -> Count {
        self.ahead.losses()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark::new(&self.ahead, &self.normal)
    }

    pub(crate) fn extend(&self, mark: &mut Mark) {
        mark.extend(&self.ahead, &self.normal);
    }

    pub(crate) fn has_left(&self, mark: Mark) -> bool {
        mark.has_left(&self.ahead, &self.normal)
    }

    pub(crate) fn is_lost(&self, mark: Mark) -> bool {
        mark.is_lost(&self.ahead, &self.normal)
    }

    /// Frees the memory that a burst of messages needed.
    pub(crate) fn shrink(&mut self) {
        if self.waiting.is_empty() {
            self.waiting = Messages::new();
        }
        if self.waiting_ahead.is_empty() {
            self.waiting_ahead = Messages::new();
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
