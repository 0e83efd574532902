//! The send queue as drivers and handles see it (S13 to S15).

use crate::io::Buffered;
use crate::lane::Mark;
use crate::machine::Machine;
use crate::queue::{SendError, SendErrorKind};
use crate::state::Phase;
use crate::types::Types;
use crate::units::{Count, Messages};

impl<T: Types> Machine<T> {
    /// Queues a message with `bytes` of payload, or returns it in the error.
    #[inline]
    pub fn send(&mut self, message: T::Message, bytes: usize) -> Result<(), SendError<T::Message>> {
        self.enqueue(message, bytes, false)
    }

    /// The same as [`send`](Self::send). A message that is `ahead`, as those of `on_open` are, leaves before what was queued
    /// earlier (S13).
    #[inline]
    pub fn enqueue(&mut self, message: T::Message, bytes: usize, ahead: bool) -> Result<(), SendError<T::Message>> {
        if !self.phase.accepts() {
            return Err(SendError { kind: SendErrorKind::Closed, message });
        }
        let edge = self.queue.push(message, bytes, ahead)?;
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
        if !self.phase.has_socket() {
            // A handle has dropped it meanwhile, with what it took of this batch.
            self.lose_socket();
        } else if messages > 0 {
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

    /// Returns how many times messages of `on_open` were lost. Such a loss concerns later marks, but not earlier ones whose
    /// messages still wait.
    pub fn losses_ahead(&self) -> Count {
        self.queue.losses_ahead()
    }

    /// Returns the end of what is queued now.
    pub fn mark(&self) -> Mark {
        self.queue.mark()
    }

    /// Moves a mark behind what was queued since.
    pub fn extend(&self, mark: &mut Mark) {
        self.queue.extend(mark);
    }

    /// Returns whether every message before the mark has left for the operating system or the browser, or was lost.
    pub fn has_left(&self, mark: Mark) -> bool {
        self.queue.has_left(mark)
    }

    /// Returns whether a message before the mark was lost with its socket, or was taken back, since the mark was made.
    pub fn is_lost(&self, mark: Mark) -> bool {
        self.queue.is_lost(mark)
    }

    /// Frees the memory that a burst of messages needed.
    pub fn shrink(&mut self) {
        self.queue.shrink();
    }

    /// Returns the messages that were still queued when the client ended. Returns none while the client is not closed.
    pub fn take_unsent(&mut self) -> Messages<T::Message> {
        if matches!(self.phase, Phase::Closed { .. }) { self.queue.take() } else { Messages::new() }
    }

    /// Takes back what is left of a batch that the socket was being offered when the user's code panicked in it. `bytes` are
    /// those that are left. To be called before [`driver_gone`](Self::driver_gone), which counts the others as lost.
    pub fn reclaim(&mut self, batch: &mut Messages<T::Message>, bytes: usize) {
        self.queue.reclaim(batch, bytes);
        if !self.phase.has_socket() {
            // Another thread has dropped the attempt meanwhile.
            self.lose_socket();
        }
    }

    /// Returns how many messages are queued.
    pub fn unsent(&self) -> usize {
        self.queue.len()
    }
}
