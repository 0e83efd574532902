//! The buffer that an open connection reads into. It adapts to the traffic: an idle connection has none.

use core::mem::{MaybeUninit, take};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// Bytes read at a time while little arrives, into memory on the stack.
pub(super) const IDLE: usize = 4 * 1024;
/// The most bytes read at a time. Larger reads do not save system calls.
pub(super) const BUSY: usize = 64 * 1024;
/// Frames with up to this many bytes of payload are collected in the buffer, however small it is.
pub(super) const WHOLE: usize = 16 * 1024;
/// Payloads of up to this many bytes are copied to memory that they share.
const SMALL: usize = 256;
/// Size of the memory that small payloads share, in bytes.
const SHARED: usize = 4 * 1024;
/// Number of reads during which payloads are copied after the program was seen to keep one.
const KEPT: u32 = 1024;

/// Bytes that were read and not yet consumed.
pub(super) struct ReadBuffer {
    pub(super) bytes: BytesMut,
    /// How many bytes to read at once: [`IDLE`] to [`BUSY`].
    pub(super) size: usize,
    /// Bytes of the latest reads in a row that filled all the room they had.
    run: usize,
    /// Reads since the last [`tidy`](Self::tidy) that needed more than [`IDLE`] bytes.
    large_reads: u32,
    /// Memory that small payloads share.
    small: BytesMut,
    /// Remaining reads during which payloads are copied.
    kept: u32,
}

impl ReadBuffer {
    /// Starts with bytes that were read before.
    pub(super) fn new(read: &[u8]) -> Self {
        Self { bytes: BytesMut::from(read), size: IDLE, run: 0, large_reads: 0, small: BytesMut::new(), kept: 0 }
    }

    /// Returns the most bytes of payload of a frame that is collected in the buffer: as much as is read at once, or less
    /// while the program keeps messages.
    #[inline]
    pub(super) fn largest(&self) -> usize {
        self.bytes.len().max(if self.kept == 0 { self.size } else { 0 }).max(WHOLE)
    }

    /// Takes a payload from the front of the buffer. Copies it where a slice would keep alive much more memory than the
    /// payload is long.
    #[inline]
    pub(super) fn payload(&mut self, length: usize) -> Bytes {
        // While little arrives a copy costs next to nothing, and an idle connection keeps its buffer.
        if self.kept == 0 && (self.size != IDLE || length > SMALL) {
            return self.bytes.split_to(length).freeze();
        }
        let payload = if length <= SMALL && self.size != IDLE {
            if self.small.capacity() < length && !self.small.try_reclaim(SHARED) {
                self.small = BytesMut::with_capacity(SHARED);
            }
            self.small.extend_from_slice(&self.bytes[..length]);
            self.small.split().freeze()
        } else {
            Bytes::copy_from_slice(&self.bytes[..length])
        };
        self.bytes.advance(length);
        payload
    }

    /// Reads once. Returns the number of bytes, 0 at the end of the stream.
    #[inline]
    pub(super) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let (read, room) = if self.size == IDLE {
            let mut scratch = [MaybeUninit::uninit(); IDLE];
            let mut scratch = ReadBuf::uninit(&mut scratch);
            ready!(Pin::new(stream).poll_read(cx, &mut scratch))?;
            self.bytes.extend_from_slice(scratch.filled());
            (scratch.filled().len(), IDLE)
        } else {
            self.make_room();
            let room = self.bytes.capacity() - self.bytes.len();
            (ready!(pin!(stream.read_buf(&mut self.bytes)).poll(cx))?, room)
        };
        self.adapt(read, room);
        Poll::Ready(Ok(read))
    }

    /// Counts a read that went past this buffer because it was large.
    pub(super) fn count_large_read(&mut self) {
        self.large_reads = self.large_reads.saturating_add(1);
    }

    /// Uses the memory again if no message keeps it, else what is left of it, else new memory.
    fn make_room(&mut self) {
        self.kept = self.kept.saturating_sub(1);
        let spare = self.bytes.capacity() - self.bytes.len();
        let room = self.size.saturating_sub(self.bytes.len()).max(IDLE);
        if !self.bytes.try_reclaim(room) && spare < IDLE {
            let mut fresh = BytesMut::with_capacity(self.size + self.bytes.len().max(WHOLE));
            fresh.extend_from_slice(&self.bytes);
            let before = core::mem::replace(&mut self.bytes, fresh).freeze();
            if !before.is_unique() {
                self.kept = KEPT;
            }
        }
    }

    /// Grows the next reads when the latest filled all the room they had.
    fn adapt(&mut self, read: usize, room: usize) {
        if read > IDLE {
            self.count_large_read();
        }
        self.run = if read == room { self.run.saturating_add(read) } else { 0 };
        if self.run >= IDLE && self.size < BUSY {
            self.count_large_read();
            self.size = (self.size * 4).min(BUSY);
        }
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(super) fn is_large(&self) -> bool {
        self.size != IDLE
    }

    /// Frees the memory if it was not needed since the last call. Called about once a second.
    pub(super) fn tidy(&mut self) {
        if take(&mut self.large_reads) == 0 {
            // The peer may never send the rest of a frame, so what has arrived of it does not keep the memory.
            self.bytes = BytesMut::from(&self.bytes[..]);
            self.small = BytesMut::new();
            self.size = IDLE;
        }
    }
}
