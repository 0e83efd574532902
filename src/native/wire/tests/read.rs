//! The same bytes give the same messages and faults in whatever pieces they arrive, and no bytes do harm.

use std::collections::VecDeque;
use std::task::Waker;

use proptest::prelude::*;

use super::*;

const LIMIT: usize = 3000;

/// A stream that brings these pieces, and has nothing to give before each.
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

/// All that arrives until it ends, and how it ends.
fn all(mut reader: Reader, mut stream: Pieces) -> (Vec<Received>, Fault) {
    let mut arrived = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        let polled = reader.poll(&mut stream, &mut cx);
        let gathered = reader.message.as_ref().map_or(0, |message| message.data.capacity());
        let held = reader.buffer.capacity() + gathered;
        assert!(held <= reader.limit.max(BUSY) + 2 * BUSY + WHOLE, "{held} bytes are held");
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(Received::Close(told))) => {
                arrived.push(Received::Close(told));
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

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        medium @ 126..0x1_0000 => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// A message in fragments of these lengths, with a Ping before each but the first.
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

/// Short ones, and some around what is read at once.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "\\PC{0,100}", 1 => (0..2 * BUSY).prop_map(|length| "0123456789é".repeat(length / 11))]
}

/// Mostly good payloads, of text too.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "\\PC{0,60}".prop_map(String::into_bytes),
        2 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => (0..2 * LIMIT).prop_map(|length| vec![b'x'; length]),
        1 => ("\\PC{50,60}", 0..100_usize).prop_map(|(text, cut)| {
            let bytes = text.into_bytes();
            bytes[..cut.min(bytes.len())].to_vec()
        }),
    ]
}

/// A frame with anything in its first byte, but mostly what makes sense.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => prop_oneof![Just(0x81), Just(0x82), Just(0x01), Just(0x02), Just(0x00), Just(0x80), Just(0x89), Just(0x8A)],
        1 => Just(0x88),
        1 => any::<u8>(),
    ];
    (first, payload()).prop_map(|(first, payload)| frame(first, &payload))
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        frames in proptest::collection::vec(any_frame(), 0..12),
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
    ) {
        let bytes = frames.concat();
        let (whole, end) = all(plain(&bytes, LIMIT), Pieces::cut(&[], &[]));
        let (cut, cut_end) = all(plain(&[], LIMIT), Pieces::cut(&bytes, &cuts));
        prop_assert_eq!(whole, cut);
        prop_assert_eq!(format!("{end:?}"), format!("{cut_end:?}"));
    }

    #[test]
    fn messages_arrive_as_they_were_sent(
        sent in proptest::collection::vec(
            (text(), any::<bool>(), proptest::collection::vec(0..500_usize, 0..5)),
            0..6,
        ),
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (text, is_text, lengths) in sent {
            bytes.extend(fragmented(if is_text { 1 } else { 2 }, text.as_bytes(), &lengths));
            expected.push(if is_text { Message::text(text) } else { Message::binary(text.into_bytes()) });
        }
        let (arrived, end) = all(plain(&[], 1 << 20), Pieces::cut(&bytes, &cuts));
        prop_assert!(matches!(end, Fault::Ended), "{:?}", end);
        prop_assert_eq!(messages(arrived), expected);
    }

    #[test]
    fn garbage_does_no_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        cuts in proptest::collection::vec(any::<usize>(), 0..10),
    ) {
        all(plain(&[], LIMIT), Pieces::cut(&bytes, &cuts));
    }
}

/// Fails at the byte that is wrong: the frame never ends.
#[test]
fn text_is_judged_while_it_arrives() {
    let limit = 1 << 20;
    for (length, announced) in [(100, 125), (10_000, 12_000), (100_000, 500_000)] {
        let mut start = frame(0x81, &vec![b'x'; announced]);
        let head = start.len() - announced;
        start.truncate(head + length);
        let bad = [&start[..], b"\xed\xa0"].concat();
        let (_, end) = all(plain(&[], limit), Pieces::cut(&bad, &[]));
        assert!(matches!(end, Fault::NotUtf8), "{length} of {announced}: {end:?}");
        // What may become a character is waited for.
        let open = [&start[..], b"\xed\x9f"].concat();
        let mut reader = plain(&[], limit);
        let mut stream = Pieces::cut(&open, &[]);
        stream.pieces.push_back(b"\xbf".to_vec());
        while !stream.pieces.is_empty() {
            assert!(reader.poll(&mut stream, &mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
}

/// What was announced has not arrived.
#[test]
fn memory_grows_with_what_arrives() {
    let mut announced = vec![0x82, 127];
    announced.extend((16_u64 << 20).to_be_bytes());
    announced.extend([0; 100]);
    let mut reader = plain(&announced, 16 << 20);
    let mut silent = Pieces { pieces: VecDeque::new(), waits: false };
    assert!(reader.poll(&mut silent, &mut Context::from_waker(Waker::noop())).is_pending());
    let held = reader.message.as_ref().map_or(0, |message| message.data.capacity());
    assert!(held <= 2 * BUSY, "{held}");
}

#[test]
fn what_a_busy_connection_held_is_given_back() {
    let message = frame(0x82, &[7; 1000]);
    let many: Vec<u8> = message.repeat(500);
    let mut reader = plain(&[], LIMIT);
    let mut stream = Pieces::cut(&many, &[]);
    let mut cx = Context::from_waker(Waker::noop());
    let mut count = 0;
    while count < 500 {
        if let Poll::Ready(arrived) = reader.poll(&mut stream, &mut cx) {
            assert_eq!(arrived.unwrap(), Received::Message(Message::binary(vec![7; 1000])));
            count += 1;
        }
    }
    assert!(reader.buffer.capacity() > IDLE && reader.size == BUSY);
    reader.tidy();
    assert!(reader.size == BUSY, "it was busy until now");
    reader.tidy();
    assert_eq!((reader.buffer.capacity(), reader.size), (0, IDLE));
}

#[cfg(feature = "deflate")]
#[path = "inflate.rs"]
mod inflate;
