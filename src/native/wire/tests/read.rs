//! The same bytes give the same messages and faults however they are segmented.

use core::pin::Pin;
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::task::Waker;

use arbtest::arbitrary::{Result as Drawn, Unstructured};
use arbtest::arbtest;
use tokio::io::ReadBuf;

use super::*;
use crate::native::wire::fuzz::frames::frame;
use crate::native::wire::read_buffer::WHOLE;

const LIMIT: usize = 3000;

/// A stream that returns these pieces, and is pending before each.
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    waits: bool,
}

impl Pieces {
    fn cut(bytes: &[u8], cuts: &[usize]) -> Self {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]).collect();
        cuts.sort_unstable();
        let mut start = 0;
        let pieces = cuts.into_iter().map(|end| bytes[core::mem::replace(&mut start, end)..end].to_vec());
        Self { pieces: pieces.filter(|piece| !piece.is_empty()).collect(), waits: false }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            return Poll::Pending;
        }
        if let Some(mut piece) = self.pieces.pop_front() {
            let rest = piece.split_off(piece.len().min(out.remaining()));
            out.put_slice(&piece);
            if !rest.is_empty() {
                self.pieces.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Reads to the end. Returns everything that arrived, and the fault.
fn all(mut reader: Reader, mut stream: Pieces) -> (Vec<Received>, Fault) {
    let mut arrived = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        let polled = reader.poll(&mut stream, &mut cx);
        let held = reader.buffer.bytes.capacity() + reader.gathered();
        assert!(held <= reader.limit.max(BUSY) + 2 * BUSY + WHOLE, "{held} bytes are held");
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(Received::Close(frame))) => {
                arrived.push(Received::Close(frame));
                return (arrived, Fault::Ended);
            }
            Poll::Ready(Ok(it)) => arrived.push(it),
            Poll::Ready(Err(fault)) => return (arrived, fault),
        }
    }
}

fn plain(read: &[u8], limit: usize) -> Reader {
    Reader::new(read, limit, None)
}

/// With 32 bits this is 1 GiB.
#[test]
fn s21_a_message_that_no_vector_could_hold_is_too_large() {
    let announced = LARGEST as u64 + 1;
    let head = [&[0x82, 127][..], &announced.to_be_bytes()].concat();
    let (arrived, fault) = all(plain(&head, usize::MAX), Pieces::cut(&[], &[]));
    assert!(arrived.is_empty() && matches!(fault, Fault::TooLarge(LARGEST)), "{fault:?}");
}

/// Returns a message in fragments of these lengths, with a Ping before each but the first.
fn fragmented(first: u8, payload: &[u8], lengths: &[usize]) -> Vec<u8> {
    let mut rest = payload;
    let mut bytes = Vec::new();
    for (position, length) in lengths.iter().enumerate() {
        let (part, after) = rest.split_at((*length).min(rest.len()));
        if position > 0 {
            bytes.extend(frame(0x89, b"between"));
        }
        bytes.extend(frame(if position == 0 { first } else { 0 }, part));
        rest = after;
    }
    bytes.extend(frame(if lengths.is_empty() { 0x80 | first } else { 0x80 }, rest));
    bytes
}

fn messages(arrived: Vec<Received>) -> Vec<Message> {
    let messages = arrived.into_iter().filter_map(|it| match it {
        Received::Message(message) => Some(message),
        _ => None,
    });
    messages.collect()
}

/// Runs a property with random input for a second, or for `ARBTEST_BUDGET_MS`. A failure prints its seed, with which
/// `ARBTEST_SEED=0x...` repeats it.
fn check(property: impl FnMut(&mut Unstructured<'_>) -> Drawn<()>) {
    let test = arbtest(property).size_min(1 << 8).size_max(1 << 12);
    let test = if std::env::var_os("ARBTEST_BUDGET_MS").is_some() { test } else { test.budget_ms(1000) };
    test.run();
}

/// Draws a number of items below `limit`.
fn several<T>(
    random: &mut Unstructured<'_>,
    limit: usize,
    mut draw: impl FnMut(&mut Unstructured<'_>) -> Drawn<T>,
) -> Drawn<Vec<T>> {
    let count = random.choose_index(limit)?;
    (0..count).map(|_| draw(random)).collect()
}

/// Draws where to cut bytes into pieces.
fn cuts(random: &mut Unstructured<'_>, limit: usize) -> Drawn<Vec<usize>> {
    several(random, limit, |random| random.arbitrary())
}

/// Draws text without control characters, mostly ASCII or mostly not.
fn printable(random: &mut Unstructured<'_>, lengths: RangeInclusive<usize>) -> Drawn<String> {
    let is_ascii = random.arbitrary()?;
    let count = random.int_in_range(lengths)?;
    let draw = |_| match random.int_in_range(0..=9)? {
        0 => random.arbitrary(),
        _ if is_ascii => Ok(char::from(random.int_in_range(b' '..=b'~')?)),
        1..=4 => Ok(char::from_u32(random.int_in_range(0xA0..=0xFFF)?).unwrap_or(' ')),
        _ => random.arbitrary(),
    };
    (0..count).map(draw).map(|drawn| drawn.map(|c: char| if c.is_control() { ' ' } else { c })).collect()
}

/// Draws a text, mostly short, sometimes about as long as what is read at once.
fn text(random: &mut Unstructured<'_>) -> Drawn<String> {
    if random.ratio(8, 9)? {
        return printable(random, 0..=100);
    }
    Ok("0123456789é".repeat(random.choose_index(2 * BUSY)? / 11))
}

/// Draws a message to send: its text, whether it is sent as text, and the lengths of its fragments.
fn message(random: &mut Unstructured<'_>) -> Drawn<(String, bool, Vec<usize>)> {
    Ok((text(random)?, random.arbitrary()?, several(random, 5, |random| random.choose_index(500))?))
}

/// Draws a payload, mostly a valid one, of text too.
fn payload(random: &mut Unstructured<'_>) -> Drawn<Vec<u8>> {
    Ok(match random.int_in_range(0..=7)? {
        0..=3 => printable(random, 0..=60)?.into_bytes(),
        4..=5 => several(random, 20, |random| random.arbitrary())?,
        6 => vec![b'x'; random.choose_index(2 * LIMIT)?],
        _ => {
            let mut bytes = printable(random, 50..=60)?.into_bytes();
            bytes.truncate(random.choose_index(100)?);
            bytes
        }
    })
}

/// Draws a frame with any first byte, but mostly a valid one.
fn any_frame(random: &mut Unstructured<'_>) -> Drawn<Vec<u8>> {
    let first = match random.int_in_range(0..=9)? {
        0..=7 => *random.choose(&[0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A])?,
        8 => 0x88,
        _ => random.arbitrary()?,
    };
    Ok(frame(first, &payload(random)?))
}

#[test]
fn segmentation_does_not_matter() {
    check(|random| {
        let bytes = several(random, 12, any_frame)?.concat();
        let cuts = cuts(random, 40)?;
        let (whole, end) = all(plain(&bytes, LIMIT), Pieces::cut(&[], &[]));
        let (cut, cut_end) = all(plain(&[], LIMIT), Pieces::cut(&bytes, &cuts));
        assert_eq!(whole, cut);
        assert_eq!(format!("{end:?}"), format!("{cut_end:?}"));
        Ok(())
    });
}

#[test]
fn messages_are_received_as_sent() {
    check(|random| {
        let sent = several(random, 6, message)?;
        let cuts = cuts(random, 40)?;
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (text, is_text, lengths) in sent {
            bytes.extend(fragmented(if is_text { 1 } else { 2 }, text.as_bytes(), &lengths));
            expected.push(if is_text { Message::text(text) } else { Message::binary(text.into_bytes()) });
        }
        let (arrived, end) = all(plain(&[], 1 << 20), Pieces::cut(&bytes, &cuts));
        assert!(matches!(end, Fault::Ended), "{end:?}");
        assert_eq!(messages(arrived), expected);
        Ok(())
    });
}

/// Reading fails at the invalid byte, although the frame never ends.
#[test]
fn s21_text_is_checked_while_it_arrives() {
    let limit = 1 << 20;
    for (length, announced) in [(100, 125), (10_000, 12_000), (100_000, 500_000)] {
        let mut start = frame(0x81, &vec![b'x'; announced]);
        let head = start.len() - announced;
        start.truncate(head + length);
        let bad = [&start[..], b"\xed\xa0"].concat();
        let (_, end) = all(plain(&[], limit), Pieces::cut(&bad, &[]));
        assert!(matches!(end, Fault::NotUtf8), "{length} of {announced}: {end:?}");
        // An incomplete character may still be completed.
        let open = [&start[..], b"\xed\x9f"].concat();
        let mut reader = plain(&[], limit);
        let mut stream = Pieces::cut(&open, &[]);
        stream.pieces.push_back(b"\xbf".to_vec());
        while !stream.pieces.is_empty() {
            assert!(reader.poll(&mut stream, &mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
}

/// A stream that is always ready: invalid text fails with the read that returns it.
#[test]
fn s21_text_is_checked_while_more_can_be_read() {
    let start = &frame(0x81, &[b'x'; 50_000])[..4];
    let read = [start, b"\xff", &[b'x'; 10_000]].concat();
    let mut stream = &read[..];
    let polled = plain(&[], 1 << 20).poll(&mut stream, &mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Err(Fault::NotUtf8))));
    assert_eq!(stream.len(), read.len() - IDLE);
}

#[path = "memory.rs"]
mod memory;

#[cfg(feature = "deflate")]
#[path = "inflate.rs"]
mod inflate;
