//! The send queue as drivers and handles see it (S13 to S15).

use crate::io::Buffered;
use crate::machine::Machine;
use crate::queue::{SendError, SendErrorKind};
use crate::state::Phase;
use crate::types::Types;
use crate::units::{Count, Messages};

impl<T: Types> Machine<T> {
    /// Queues a message with `bytes` of payload, or returns it in the error.
    #[inline]
    pub fn send(&mut self, message: T::Message, bytes: usize) -> Result<(), SendError<T::Message>> {
        if !self.phase.accepts() {
            return Err(SendError { kind: SendErrorKind::Closed, message });
        }
        let edge = self.queue.push(message, bytes)?;
        self.notify_edge(edge);
        Ok(())
    }

    /// Answers [`Output::Transmit`](crate::Output::Transmit): moves the queue into `batch`, which must be empty. Returns the
    /// number of messages and their bytes of payload.
    pub fn offer(&mut self, batch: &mut Messages<T::Message>) -> (usize, usize) {
        let bytes = self.queue.offer(batch);
        (batch.len(), bytes)
    }

    /// Reports what the socket did with the batch of [`offer`](Self::offer). It took `messages` with `bytes` of payload; what
    /// is left in `batch` returns to the front of the queue. `socket` is what the socket now holds in its own buffer.
    pub fn restore(&mut self, batch: &mut Messages<T::Message>, messages: Count, bytes: usize, socket: Buffered) {
        self.writable = batch.is_empty();
        self.stats.messages_sent += messages;
        self.stats.bytes_sent += bytes as Count;
        let edge = self.queue.restore(batch, messages, bytes, socket);
        self.notify_edge(edge);
        if messages > 0 {
            self.progress();
        }
    }

    /// Returns how many bytes of payload wait to be sent, including those in the socket's own buffer.
    pub fn buffered(&self) -> usize {
        self.queue.buffered()
    }

    /// Returns whether senders should wait for [`Notify::BufferDrain`](crate::Notify::BufferDrain).
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Returns the number of the last message that was queued, for [`has_left`](Self::has_left).
    pub fn accepted(&self) -> Count {
        self.queue.accepted()
    }

    /// Returns whether every message up to number `accepted` has left for the operating system or the browser.
    pub fn has_left(&self, accepted: Count) -> bool {
        self.queue.left() >= accepted
    }

    /// Returns how many times messages were lost with their socket, or were taken back, instead of being sent.
    pub fn losses(&self) -> Count {
        self.queue.losses()
    }

    /// Returns the number of the first message that was lost since [`losses`](Self::losses) returned `losses`; `None` if none
    /// was. Returns 0 if that was too long ago to be known.
    pub fn first_lost(&self, losses: Count) -> Option<Count> {
        self.queue.first_lost(losses)
    }

    /// Frees the memory that a burst of messages needed.
    pub fn shrink(&mut self) {
        self.queue.shrink();
    }

    /// Returns the messages that were still queued when the client ended. Returns none while the client is not closed.
    pub fn take_unsent(&mut self) -> Messages<T::Message> {
        if matches!(self.phase, Phase::Closed { .. }) { self.queue.take() } else { Messages::new() }
    }

    /// Returns how many messages are queued.
    pub fn unsent(&self) -> usize {
        self.queue.len()
    }
}
