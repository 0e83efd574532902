//! A read buffer that is small while idle and grows under load.
//!
//! Tungstenite's own buffer has one size for life and is filled with zeros before each read: large, it costs every
//! idle connection as much memory; small, it costs a busy one ten times the system calls. So tungstenite's is small,
//! and this stream under it reads ahead as much as a busy connection is worth.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What tungstenite reads at a time. An idle connection has only this.
pub(super) const IDLE: usize = 4 * 1024;
/// What is read ahead at most: more than a socket buffer holds at once does not save any system calls.
const BUSY: usize = 128 * 1024;

pub(super) struct ReadAhead<S> {
    inner: S,
    /// Empty while idle.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// How much to read at once.
    size: usize,
    /// What the latest reads brought that filled all the room they had.
    run: usize,
    /// Reads since the last [`settle`](Self::settle) that filled more than an idle connection's buffer.
    large_reads: u32,
    /// What had been read before this stream was made.
    before: Bytes,
}

impl<S> ReadAhead<S> {
    pub(super) fn new(inner: S, before: Bytes) -> Self {
        // Nothing at all can still be a part of hyper's buffer, and keep it.
        let before = if before.is_empty() { Bytes::new() } else { before };
        Self { inner, buffer: Box::default(), start: 0, end: 0, size: IDLE, run: 0, large_reads: 0, before }
    }

    pub(super) fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Called now and then: gives the buffer back when there was no use for it since the last time.
    pub(super) fn settle(&mut self) {
        if core::mem::take(&mut self.large_reads) == 0 && self.start == self.end {
            self.buffer = Box::default();
            self.size = IDLE;
        }
    }

    /// Reads that fill all the room they have tell of more to come; but tungstenite may have had little room.
    fn adapt(&mut self, read: usize, room: usize) {
        if read > IDLE {
            self.large_reads = self.large_reads.saturating_add(1);
        }
        self.run = if read == room { self.run.saturating_add(read) } else { 0 };
        if self.run >= IDLE && self.size < BUSY {
            self.large_reads = self.large_reads.saturating_add(1);
            self.size = (self.size * 4).min(BUSY);
        }
    }
}

impl<S: AsyncRead + Unpin> ReadAhead<S> {
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.buffer.len() < self.size {
            self.buffer = vec![0; self.size].into();
        }
        let mut ahead = ReadBuf::new(&mut self.buffer);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut ahead))?;
        (self.start, self.end) = (0, ahead.filled().len());
        self.adapt(self.end, self.buffer.len());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.before.is_empty() {
            let length = this.before.len().min(out.remaining());
            out.put_slice(&this.before.split_to(length));
            return Poll::Ready(Ok(()));
        }
        if this.start == this.end {
            // Without a buffer, however little room there is: the few bytes of a pong are not worth one.
            if this.size == IDLE {
                let before = out.filled().len();
                let room = out.remaining();
                let read = Pin::new(&mut this.inner).poll_read(cx, out);
                this.adapt(out.filled().len() - before, room);
                return read;
            }
            ready!(this.fill(cx))?;
        }
        let length = (this.end - this.start).min(out.remaining());
        out.put_slice(&this.buffer[this.start..this.start + length]);
        this.start += length;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
