//! What a client uses: memory and allocations by the allocator, reads and writes by its stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use peakmem_alloc::PeakMemAllocTrait;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};
use tokio::net::TcpStream;

use crate::MEMORY;

/// What a client used from its start to the end of its connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// The most bytes of memory at once.
    pub(crate) peak: usize,
    /// Allocations, including those that grow.
    pub(crate) allocations: usize,
    /// Polls of the stream for reading: one for each system call.
    pub(crate) reads: usize,
    pub(crate) read_bytes: usize,
    pub(crate) writes: usize,
    pub(crate) written_bytes: usize,
}

#[derive(Default)]
pub(crate) struct Counts {
    reads: AtomicUsize,
    read_bytes: AtomicUsize,
    writes: AtomicUsize,
    written_bytes: AtomicUsize,
}

pub(crate) struct Meter {
    start: stats_alloc::Stats,
    pub(crate) counts: Arc<Counts>,
}

impl Meter {
    pub(crate) fn start() -> Self {
        let counts = Arc::default();
        MEMORY.reset_peak_memory();
        Self { start: stats_alloc::INSTRUMENTED_SYSTEM.stats(), counts }
    }

    /// Returns by how many bytes the memory in use has grown.
    pub(crate) fn live(&self) -> isize {
        let change = stats_alloc::INSTRUMENTED_SYSTEM.stats() - self.start;
        change.bytes_allocated as isize - change.bytes_deallocated as isize
    }

    pub(crate) fn stop(&self) -> Used {
        let now = stats_alloc::INSTRUMENTED_SYSTEM.stats();
        let get = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Used {
            peak: MEMORY.get_peak_memory(),
            allocations: now.allocations + now.reallocations - self.start.allocations - self.start.reallocations,
            reads: get(&self.counts.reads),
            read_bytes: get(&self.counts.read_bytes),
            writes: get(&self.counts.writes),
            written_bytes: get(&self.counts.written_bytes),
        }
    }
}

/// How a slow stream begins: it is quick until the client has begun to write for the `turns`th time, and then for so many bytes.
#[derive(Clone, Copy)]
pub(crate) struct Quick {
    pub(crate) turns: usize,
    pub(crate) bytes: u64,
}

/// A TCP stream that counts. If it is slow, it returns one byte for each read after a quick start, and suspends the task after
/// each, as if the next one had not arrived yet.
pub(crate) struct Counted {
    stream: Take<TcpStream>,
    slow: bool,
    quick: Quick,
    /// What is written now begins a turn.
    has_read: bool,
    rests: bool,
    counts: Arc<Counts>,
}

impl Counted {
    pub(crate) fn new(stream: TcpStream, quick: Option<Quick>, counts: Arc<Counts>) -> Self {
        let (slow, quick) = (quick.is_some(), quick.unwrap_or(Quick { turns: 0, bytes: 0 }));
        Self { stream: stream.take(0), slow, quick, has_read: true, rests: false, counts }
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.counts.reads.fetch_add(1, Ordering::Relaxed);
        if std::mem::take(&mut this.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let paced = this.slow && this.quick.turns == 0;
        let most = if paced { this.quick.bytes.max(1) } else { u64::MAX };
        this.stream.set_limit(most);
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        this.has_read |= read > 0;
        if paced {
            this.rests = this.quick.bytes == 0;
            this.quick.bytes = this.quick.bytes.saturating_sub(read as u64);
        }
        this.counts.read_bytes.fetch_add(read, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.counts.writes.fetch_add(1, Ordering::Relaxed);
        if std::mem::take(&mut self.has_read) {
            self.quick.turns = self.quick.turns.saturating_sub(1);
        }
        let written = ready!(Pin::new(self.stream.get_mut()).poll_write(cx, data))?;
        self.counts.written_bytes.fetch_add(written, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_shutdown(cx)
    }
}
