//! What the writer has passed on: buffered messages, progress, memory.

use bytes::Bytes;

use super::{SMALL, Writer};
use crate::driver::Buffered;
use crate::native::wire::deflate::Deflater;

/// The most bytes that TLS buffers.
const TLS_BUFFER: usize = 64 * 1024;

impl Writer {
    /// Whether Pongs wait to be written.
    pub(crate) fn is_corked(&self) -> bool {
        self.corked
    }

    /// Whether the stream was full when it was last written to.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.corked && self.error.is_none() && (!self.buffer.is_empty() || self.unflushed)
    }

    /// Bytes of the buffer that were not passed to the operating system.
    fn unwritten(&self) -> usize {
        self.buffer.len() - if self.is_direct { self.written } else { 0 }
    }

    /// Returns the number of bytes that the stream has taken in all. It may buffer some of them.
    pub(crate) fn taken(&self) -> u64 {
        self.in_flight.taken() - (self.buffer.len() - self.written) as u64
    }

    /// Returns the messages and bytes that were taken but have not left.
    pub(crate) fn buffered(&mut self) -> Buffered {
        let unwritten = self.unwritten();
        let rest = self.rest.as_ref().map_or(0, Bytes::len);
        Buffered {
            messages: self.in_flight.held(unwritten) + u64::from(self.rest.is_some() || self.abandoned),
            bytes: self.payload.min(unwritten) + rest,
        }
    }

    /// See [`Transport::mark`](crate::driver::Transport::mark). So many bytes were `written` below the stream and its TLS, and
    /// the peer's system has so many `delivered` to it.
    ///
    /// Over TLS it is not known how many bytes come before the mark: the most that it buffers is added, and what its records
    /// add to the payload. Some bytes behind the mark may count as well then.
    pub(crate) fn mark(&mut self, written: u64, delivered: u64) -> bool {
        let held = self.buffer.len() - self.written + self.rest.as_ref().map_or(0, Bytes::len);
        let unknown = if self.is_direct { 0 } else { held / 128 + if self.unflushed { TLS_BUFFER } else { 0 } };
        self.delivery.mark(written + (held + unknown) as u64, delivered)
    }

    /// See [`Transport::progress`](crate::driver::Transport::progress).
    pub(crate) fn progress(&mut self, delivered: u64) -> bool {
        self.delivery.progress(delivered)
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.capacity() > SMALL || self.deflater.as_ref().is_some_and(Deflater::is_large)
    }

    /// Frees the buffer if it was not needed since the last call.
    pub(crate) fn tidy(&mut self) {
        if !core::mem::take(&mut self.was_large) && self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
        if let Some(deflater) = &mut self.deflater {
            deflater.tidy();
        }
    }
}
