//! Reading bytes in random pieces, with a note of when each thing arrives.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::native::wire::frames::Fault;
use crate::native::wire::read::{Reader, Received};

/// How bytes are cut into pieces.
#[derive(Clone, Copy)]
pub(super) enum Pieces {
    Whole,
    Single,
    /// Of random lengths, drawn from this seed.
    Random(u16),
}

/// A stream that returns bytes in pieces, and takes all that is written to it.
pub(super) struct Stream<'a> {
    bytes: &'a [u8],
    pieces: Pieces,
    random: u64,
    /// Pending before each piece, so that the reader sees that nothing more has arrived.
    waits: bool,
    waited: bool,
    /// Number of bytes that were read, and their number before the last read.
    pub(super) read: usize,
    before: usize,
}

impl<'a> Stream<'a> {
    pub(super) fn new(bytes: &'a [u8], pieces: Pieces) -> Self {
        let random = if let Pieces::Random(seed) = pieces { u64::from(seed) } else { 0 };
        // Half of the random ones.
        let waits = random % 2 == 0;
        Self { bytes, pieces, random, waits, waited: false, read: 0, before: 0 }
    }

    /// Returns for how many seconds nothing arrives.
    fn idles(&self) -> usize {
        (self.random >> 33 & 3) as usize
    }

    fn next(&mut self, room: usize) -> &'a [u8] {
        let most = match self.pieces {
            Pieces::Whole => usize::MAX,
            Pieces::Single => 1,
            Pieces::Random(_) => {
                // Knuth's linear congruential generator. Its upper bits are the random ones.
                self.random =
                    self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let bits = [2, 4, 8, 13, 17][(self.random >> 40) as usize % 5];
                (self.random >> (64 - bits)) as usize + 1
            }
        };
        let (piece, rest) = self.bytes.split_at(most.min(self.bytes.len()).min(room));
        self.bytes = rest;
        self.before = self.read;
        self.read += piece.len();
        piece
    }
}

impl AsyncRead for Stream<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.waited = self.waits && !self.waited;
        if self.waited {
            return Poll::Pending;
        }
        let piece = self.next(out.remaining());
        out.put_slice(piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl io::Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.next(out.len());
        out[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

impl io::Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that was read.
pub(super) struct Outcome {
    pub(super) arrived: Vec<Received>,
    pub(super) end: Fault,
    /// For each that arrived and for the fault: the bytes before the last read, and after it.
    reads: Vec<(usize, usize)>,
    /// The most bytes that an incomplete message held.
    #[cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "asserted by `inflate`"))]
    pub(super) most: usize,
}

/// Reads to the end, or to the first fault or Close frame.
pub(super) fn read(reader: Reader, stream: Stream<'_>) -> Outcome {
    together(vec![(reader, stream)]).remove(0)
}

/// Reads all streams to their ends, in turns: what one reader gives back, another may use next.
pub(super) fn together(sources: Vec<(Reader, Stream<'_>)>) -> Vec<Outcome> {
    let mut readings: Vec<_> = sources.into_iter().map(|(reader, stream)| Reading::new(reader, stream)).collect();
    while readings.iter().any(|reading| reading.end.is_none()) {
        readings.iter_mut().for_each(Reading::step);
    }
    readings.into_iter().filter_map(Reading::outcome).collect()
}

/// A reader on its way through a stream.
struct Reading<'a> {
    reader: Reader,
    stream: Stream<'a>,
    arrived: Vec<Received>,
    reads: Vec<(usize, usize)>,
    most: usize,
    end: Option<Fault>,
}

impl<'a> Reading<'a> {
    fn new(reader: Reader, stream: Stream<'a>) -> Self {
        Self { reader, stream, arrived: Vec::new(), reads: Vec::new(), most: 0, end: None }
    }

    fn step(&mut self) {
        if self.end.is_some() {
            return;
        }
        let polled = self.reader.poll(&mut self.stream, &mut Context::from_waker(Waker::noop()));
        self.most = self.most.max(self.reader.gathered());
        match polled {
            Poll::Pending => return self.idle(),
            Poll::Ready(Ok(received)) => {
                self.end = matches!(received, Received::Close(_)).then_some(Fault::Ended);
                self.arrived.push(received);
                self.reads.push((self.stream.before, self.stream.read));
            }
            Poll::Ready(Err(fault)) => self.end = Some(fault),
        }
        if self.end.is_some() {
            self.reads.push((self.stream.before, self.stream.read));
        }
    }

    /// Nothing more has arrived, perhaps for so long that memory is freed.
    fn idle(&mut self) {
        let times = self.stream.idles();
        (0..times).for_each(|_| self.reader.tidy());
        assert!(times < 2 || !self.reader.is_large(), "an idle connection keeps its memory");
    }

    fn outcome(self) -> Option<Outcome> {
        let Self { arrived, reads, most, end, .. } = self;
        end.map(|end| Outcome { arrived, end, reads, most })
    }
}

impl Outcome {
    /// Panics unless both have the same, and could have got it at the same byte: each event belongs to a byte, and arrives
    /// with the read that returns this byte.
    pub(super) fn assert_same(&self, other: &Self) {
        assert_eq!(self.arrived, other.arrived);
        assert_eq!(format!("{:?}", self.end), format!("{:?}", other.end));
        for (position, (one, two)) in self.reads.iter().zip(&other.reads).enumerate() {
            assert!(
                one.0.max(two.0) < one.1.min(two.1) || one == two,
                "event {position} with the reads {one:?}, {two:?}"
            );
        }
    }
}
