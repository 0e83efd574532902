//! What of the written bytes has left, and the memory that is held for the rest.

use bytes::Bytes;

use super::{SMALL, Writer};
use crate::driver::Buffered;

impl Writer {
    /// Pongs wait to be flushed.
    pub(crate) fn is_corked(&self) -> bool {
        self.corked
    }

    /// The stream took no more when it was last written to.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.corked && self.error.is_none() && (!self.buffer.is_empty() || self.unflushed)
    }

    /// How many bytes of the buffer have not left for the operating system.
    fn unwritten(&self) -> usize {
        self.buffer.len() - if self.is_direct { self.written } else { 0 }
    }

    /// Bytes that the stream has taken, ever. It may hold some of them itself.
    pub(crate) fn taken(&self) -> u64 {
        self.in_flight.taken() - (self.buffer.len() - self.written) as u64
    }

    pub(crate) fn buffered(&mut self) -> Buffered {
        let unwritten = self.unwritten();
        let rest = self.rest.as_ref().map_or(0, Bytes::len);
        Buffered {
            messages: self.in_flight.held(unwritten) + u64::from(self.rest.is_some() || self.abandoned),
            bytes: self.payload.min(unwritten) + rest,
        }
    }

    /// See [`Transport::mark`](crate::driver::Transport::mark). Of what has left, `unacknowledged` bytes are not with
    /// the peer.
    pub(crate) fn mark(&mut self, unacknowledged: usize) {
        let rest = self.rest.as_ref().map_or(0, Bytes::len);
        let delivered = self.taken().saturating_sub(unacknowledged as u64);
        self.delivery.mark(self.in_flight.taken() + rest as u64, delivered);
    }

    /// See [`Transport::progress`](crate::driver::Transport::progress).
    pub(crate) fn progress(&mut self, unacknowledged: usize) -> bool {
        let delivered = self.taken().saturating_sub(unacknowledged as u64);
        self.delivery.progress(delivered)
    }

    /// Whether there is memory that [`tidy`](Self::tidy) may give back.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.capacity() > SMALL
    }

    /// Called now and then: gives the buffer back if there was no use for it since the last time.
    pub(crate) fn tidy(&mut self) {
        if !core::mem::take(&mut self.was_large) && self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
    }
}
