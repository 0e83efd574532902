//! A stream that is sometimes full, and what of it has arrived.

use core::cmp::Ordering;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;

use tokio::io::AsyncWrite;

use crate::native::wire::write::Writer;

/// A stream that takes a limited number of bytes.
pub(super) struct Room {
    pub(super) taken: Vec<u8>,
    pub(super) room: usize,
    /// The most bytes taken at once.
    most: usize,
    pub(super) flushes: bool,
    /// A flush was not complete.
    is_unflushed: bool,
}

impl Room {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: Vec::new(), room: 0, most, flushes: true, is_unflushed: false }
    }

    fn delivered(&self, unacknowledged: usize) -> u64 {
        (self.taken.len() as u64).saturating_sub(unacknowledged as u64)
    }
}

impl AsyncWrite for Room {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let length = bytes.len().min(self.room).min(self.most);
        if length == 0 {
            return Poll::Pending;
        }
        self.room -= length;
        self.taken.extend_from_slice(&bytes[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_unflushed = !self.flushes;
        if self.flushes { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A model of marks and progress.
pub(super) struct Mark {
    /// The bytes that the stream had taken when the mark was set.
    taken: u64,
    /// The writer had more, which are before the mark as well. `None` if it may only wait for a flush.
    has_more: Option<bool>,
    /// What had been delivered at the last call.
    delivered: u64,
}

impl Mark {
    pub(super) fn new() -> Self {
        Self { taken: 0, has_more: Some(false), delivered: 0 }
    }

    pub(super) fn set(&mut self, writer: &mut Writer, stream: &Room, unacknowledged: usize) {
        let expected = self.progress(stream, unacknowledged);
        let progressed = writer.mark(stream.taken.len() as u64, stream.delivered(unacknowledged));
        assert!(expected.is_none_or(|it| it == progressed), "{expected:?}");
        self.taken = stream.taken.len() as u64;
        let waits = writer.is_blocked() || writer.is_corked();
        self.has_more = (!waits || !stream.is_unflushed).then_some(waits);
    }

    pub(super) fn check(&mut self, writer: &mut Writer, stream: &Room, unacknowledged: usize) {
        let expected = self.progress(stream, unacknowledged);
        let progressed = writer.progress(stream.delivered(unacknowledged));
        assert!(expected.is_none_or(|it| it == progressed), "{expected:?}");
    }

    /// Whether bytes before the mark were delivered since the last call. `None` if it depends on how many there are.
    fn progress(&mut self, stream: &Room, unacknowledged: usize) -> Option<bool> {
        let delivered = stream.delivered(unacknowledged);
        let before = core::mem::replace(&mut self.delivered, delivered);
        match before.cmp(&self.taken) {
            _ if before == delivered => Some(false),
            Ordering::Less => Some(true),
            Ordering::Equal => self.has_more,
            Ordering::Greater => self.has_more.filter(|has_more| !has_more),
        }
    }
}

/// Returns random letters.
pub(super) fn noise(seed: usize, length: usize) -> String {
    let mut random = seed as u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (random >> 58) as u8)
    };
    (0..length).map(|_| next()).collect()
}
