//! Bodies of fuzz targets: see `fuzz/`.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io;

use tokio::io::{AsyncRead, ReadBuf};

use super::frames::Fault;
use super::read::{Reader, Received};

/// The largest message in bytes.
const LIMIT: usize = 3000;

/// A stream that returns bytes in pieces, and is pending before each.
struct Pieces<'a> {
    bytes: &'a [u8],
    /// Draws the lengths of the pieces. 0: everything at once.
    seed: u64,
    waits: bool,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            return Poll::Pending;
        }
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005);
        let most = if self.seed == 0 { usize::MAX } else { (self.seed >> 60) as usize + 1 };
        let (piece, rest) = self.bytes.split_at(most.min(self.bytes.len()).min(out.remaining()));
        out.put_slice(piece);
        self.bytes = rest;
        Poll::Ready(Ok(()))
    }
}

/// Reads to the end. Returns everything that arrived, and the fault.
fn read(bytes: &[u8], seed: u64) -> (Vec<Received>, Fault) {
    let mut reader = Reader::new(&[], LIMIT, None);
    let mut stream = Pieces { bytes, seed, waits: false };
    let mut arrived = Vec::new();
    loop {
        match reader.poll(&mut stream, &mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {}
            Poll::Ready(Ok(close @ Received::Close(_))) => {
                arrived.push(close);
                return (arrived, Fault::Ended);
            }
            Poll::Ready(Ok(it)) => arrived.push(it),
            Poll::Ready(Err(fault)) => return (arrived, fault),
        }
    }
}

/// The same bytes give the same messages and faults however they are segmented.
pub(crate) fn frames(data: &[u8]) {
    let Some((seed, bytes)) = data.split_first_chunk() else { return };
    let (whole, end) = read(bytes, 0);
    let (cut, cut_end) = read(bytes, u64::from_le_bytes(*seed) | 1);
    assert_eq!(whole, cut);
    assert_eq!(format!("{end:?}"), format!("{cut_end:?}"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn frames() {
        crate::fuzzing::check("frames", super::frames);
    }
}
