//! The buffer that an open connection reads into. It adapts to the traffic: an idle connection has none.

use core::mem::{MaybeUninit, take};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
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
/// The most bytes in front of a payload.
const HEAD: usize = 10;
/// Bytes that are read beyond the end of a frame: the next header, and room that stays empty if nothing follows, by which
/// the runtime knows that the socket has no more.
const BEYOND: usize = 16;

/// Bytes that were read and not yet consumed.
pub(super) struct ReadBuffer {
    pub(super) bytes: BytesMut,
    /// Size of the memory that they are in.
    allocated: usize,
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
        let (bytes, small) = (BytesMut::from(read), BytesMut::new());
        Self { bytes, allocated: read.len(), size: IDLE, run: 0, large_reads: 0, small, kept: 0 }
    }

    /// Returns the most bytes of payload of a frame that is collected in the buffer: as much as is read at once, or less
    /// while the program keeps messages.
    #[inline]
    pub(super) fn largest(&self) -> usize {
        self.bytes.len().max(if self.kept == 0 { self.size } else { 0 }).max(WHOLE)
    }

    /// Takes a payload from the front of the buffer. Copies it while the program keeps messages: a slice may keep alive much
    /// more memory than the payload is long.
    #[inline]
    pub(super) fn payload(&mut self, length: usize) -> Bytes {
        if self.kept == 0 {
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

    /// Reads once. Returns the number of bytes, 0 at the end of the stream. `frame` is the length of the payload that has begun.
    #[inline]
    pub(super) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        frame: Option<usize>,
    ) -> Poll<io::Result<usize>> {
        let (read, room) = if self.size == IDLE {
            let mut scratch = [MaybeUninit::uninit(); IDLE];
            let mut scratch = ReadBuf::uninit(&mut scratch);
            ready!(Pin::new(stream).poll_read(cx, &mut scratch))?;
            self.append(scratch.filled());
            (scratch.filled().len(), IDLE)
        } else {
            let wanted = self.wanted(frame);
            self.make_room(wanted);
            let room = wanted.min(self.bytes.capacity() - self.bytes.len());
            (ready!(pin!(stream.read_buf(&mut (&mut self.bytes).limit(room))).poll(cx))?, room)
        };
        self.adapt(read, room);
        Poll::Ready(Ok(read))
    }

    /// Appends what was read. The memory is no larger than it has to be.
    fn append(&mut self, read: &[u8]) {
        self.kept = self.kept.saturating_sub(1);
        if !self.bytes.try_reclaim(read.len()) {
            let begun = self.bytes.len();
            self.renew((begun + read.len()).max(2 * begun));
        }
        self.bytes.extend_from_slice(read);
    }

    /// Moves the bytes to new memory with this capacity. Notices if a message keeps the memory that they were in.
    fn renew(&mut self, capacity: usize) {
        let mut fresh = BytesMut::with_capacity(capacity);
        fresh.extend_from_slice(&self.bytes);
        let before = core::mem::replace(&mut self.bytes, fresh);
        if core::mem::replace(&mut self.allocated, capacity) > 0 && !before.freeze().is_unique() {
            self.kept = KEPT;
        }
    }

    /// Counts a read that went past this buffer because it was large.
    pub(super) fn count_large_read(&mut self) {
        self.large_reads = self.large_reads.saturating_add(1);
    }

    /// Returns how many bytes to read: as many as fit, but if a frame has begun, up to where it or a later one of its length
    /// ends. What is read of the next one has to be moved to the front of the buffer.
    fn wanted(&self, frame: Option<usize>) -> usize {
        let begun = self.bytes.len();
        let wanted = match frame {
            Some(length) => {
                let others = self.size.saturating_sub(length) / (HEAD + length);
                length.saturating_sub(begun) + others * (HEAD + length) + BEYOND
            }
            None => self.size.saturating_sub(begun),
        };
        wanted.max(IDLE)
    }

    /// Uses the memory again if no message keeps it, else what is left of it, else new memory.
    fn make_room(&mut self, room: usize) {
        self.kept = self.kept.saturating_sub(1);
        let spare = self.bytes.capacity() - self.bytes.len();
        if !self.bytes.try_reclaim(room) && spare < IDLE {
            self.renew(self.size + self.bytes.len().max(WHOLE));
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
            self.allocated = self.bytes.len();
            self.small = BytesMut::new();
            self.size = IDLE;
        }
    }
}
