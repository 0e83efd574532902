//! Reading compressed messages.

use bytes::BytesMut;
use flate2::{Compress, Compression, FlushCompress};

use super::*;
use crate::native::wire::deflate::{Agreement, Deflate, Deflater};

fn agreement(takeover: bool, bits: u8) -> Agreement {
    Agreement { client_takeover: takeover, server_takeover: takeover, client_bits: bits, server_bits: bits }
}

fn inflating(agreed: &Agreement, limit: usize) -> Reader {
    Reader::new(&[], limit, Some(Inflate::new(agreed)))
}

fn deflater(agreed: &Agreement) -> Deflater {
    Deflater::new(agreed, &Deflate::new().threshold(0))
}

fn hello(payloads: &[&[u8]]) -> (Vec<Message>, Fault) {
    let bytes: Vec<u8> = payloads.iter().flat_map(|payload| frame(0xC1, payload)).collect();
    let (arrived, end) = all(inflating(&agreement(true, 15), LIMIT), Pieces::cut(&bytes, &[1, 2, 3, 4, 5, 6, 7, 8]));
    (messages(arrived), end)
}

/// The examples of RFC 7692, section 7.2.3.
#[test]
fn examples_of_the_rfc() {
    let cases: [&[&[u8]]; 5] = [
        &[b"\xf2\x48\xcd\xc9\xc9\x07\x00"],
        &[b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"\xf2\x00\x11\x00\x00"],
        &[b"\x00\x05\x00\xfa\xffHello\x00"],
        // A final block, and a message after it.
        &[b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"\xf2\x48\xcd\xc9\xc9\x07\x00"],
        &[b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"],
    ];
    for payloads in cases {
        let (messages, end) = hello(payloads);
        assert_eq!(messages, vec![Message::text("Hello"); payloads.len()], "{end:?}");
        assert!(matches!(end, Fault::Ended), "{end:?}");
    }
    let (messages, _) = hello(&[b"\x00", b""]);
    assert_eq!(messages, [Message::text(""), Message::text("")]);
}

#[test]
fn s21_damaged_compressed_messages_are_refused() {
    for damaged in [&b"\xff\xff\xff"[..], b"\x00\x05\x00\xfa\xfeHello\x00", b"\x06"] {
        let (messages, end) = hello(&[damaged]);
        assert!(messages.is_empty() && matches!(end, Fault::Protocol(_)), "{damaged:?}: {end:?}");
    }
    let compressed = deflater(&agreement(true, 15)).compress(b"good \xff").unwrap();
    assert!(matches!(hello(&[&compressed]).1, Fault::NotUtf8));
}

/// The first fault counts, however the message is split and however short it is.
#[test]
fn s21_the_first_fault_of_a_compressed_message_is_reported() {
    // `bad` is found to be damaged by its last byte.
    let bad = |text: &[u8]| [&deflater(&agreement(true, 15)).compress(text).unwrap()[..], b"\x06"].concat();
    let with_cuts = |limit: usize, first: u8, payload: &[u8]| {
        let bytes = frame(first, payload);
        let every: Vec<_> = (0..bytes.len()).collect();
        [&every[..], &[]].map(|cuts| all(inflating(&agreement(true, 15), limit), Pieces::cut(&bytes, cuts)).1)
    };
    for end in with_cuts(LIMIT, 0xC1, &bad(b"not UTF-8: \xff, and damaged")) {
        assert!(matches!(end, Fault::NotUtf8), "{end:?}");
    }
    for end in with_cuts(LIMIT, 0xC2, &bad(b"no text \xff, but damaged")) {
        assert!(matches!(end, Fault::Protocol(_)), "{end:?}");
    }
    for end in with_cuts(5, 0xC1, &bad(b"too large, and damaged")) {
        assert!(matches!(end, Fault::TooLarge(_)), "{end:?}");
    }
    for end in with_cuts(5, 0xC1, &bad(b"1234\xff, too large, and damaged")) {
        assert!(matches!(end, Fault::NotUtf8), "{end:?}");
    }
}

/// A back reference beyond the window that was agreed to, but within the largest one of DEFLATE.
#[test]
fn a_window_larger_than_agreed_is_accepted_in_any_segmentation() {
    let text: Vec<u8> = (0..3000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let twice = [&text[..1500], &text[..1500]].concat();
    let bytes = frame(0xC2, &deflater(&agreement(true, 15)).compress(&twice).unwrap());
    for cuts in [(0..bytes.len()).collect(), Vec::new()] {
        let (arrived, _) = all(inflating(&agreement(true, 9), LIMIT), Pieces::cut(&bytes, &cuts));
        assert_eq!(messages(arrived), [Message::binary(twice.clone())]);
    }
}

/// RSV1 is valid at the start of a message only (RFC 7692, section 6).
#[test]
fn s21_rsv1_is_refused_except_at_the_start_of_a_message() {
    for first in [0x91, 0xA1, 0xC9, 0xC8, 0xC0, 0xF1] {
        let (_, end) = all(inflating(&agreement(true, 15), LIMIT), Pieces::cut(&frame(first, b""), &[]));
        assert!(matches!(end, Fault::Protocol(_)), "{first:x}: {end:?}");
    }
    let (_, end) = all(plain(&[], LIMIT), Pieces::cut(&frame(0xC1, b""), &[]));
    assert!(matches!(end, Fault::Protocol(_)), "{end:?}");
}

/// A bomb inflates to a thousand times its length.
#[test]
fn s21_a_deflate_bomb_is_limited_like_any_message() {
    let mut state = Compress::new(Compression::best(), false);
    let mut bomb = Vec::with_capacity(1 << 20);
    state.compress_vec(&vec![0; 8 << 20], &mut bomb, FlushCompress::Sync).unwrap();
    assert!(bomb.len() < (8 << 20) / 900);
    let limit = 1 << 16;
    for bytes in [frame(0xC2, &bomb), fragmented(0x42, &bomb, &[10, 1000])] {
        let mut reader = inflating(&agreement(true, 15), limit);
        let mut stream = Pieces::cut(&bytes, &[]);
        let mut most = 0;
        let end = loop {
            let polled = reader.poll(&mut stream, &mut Context::from_waker(Waker::noop()));
            most = most.max(reader.gathered());
            match polled {
                Poll::Ready(Ok(Received::Ping(_))) | Poll::Pending => {}
                Poll::Ready(end) => break end,
            }
        };
        assert!(matches!(end, Err(Fault::TooLarge(_))), "{end:?}");
        assert!(most <= limit + 1, "{most}");
    }
    // Exactly at the limit.
    for (length, fits) in [(limit, true), (limit + 1, false)] {
        let compressed = deflater(&agreement(false, 15)).compress(&vec![7; length]).unwrap();
        let (arrived, end) = all(inflating(&agreement(false, 15), limit), Pieces::cut(&frame(0xC2, &compressed), &[]));
        assert_eq!(arrived.len(), usize::from(fits), "{end:?}");
        assert!(matches!(end, Fault::TooLarge(_)) != fits, "{end:?}");
    }
}

/// Without context takeover idle connections keep no zlib state.
#[test]
fn memory_of_idle_connections() {
    for takeover in [true, false] {
        let agreed = agreement(takeover, 15);
        let mut deflater = deflater(&agreed);
        let bytes = frame(0xC1, &deflater.compress(b"hello hello hello").unwrap());
        let mut reader = inflating(&agreed, LIMIT);
        let mut stream = Pieces::cut(&bytes, &[]);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(reader.poll(&mut stream, &mut cx).is_pending());
        assert!(reader.poll(&mut stream, &mut cx).is_ready());
        assert!(reader.poll(&mut stream, &mut cx).is_pending());
        deflater.release();
        let keeps = |name: &str, kept: bool| assert_eq!(kept, takeover, "{name}, takeover: {takeover}");
        keeps("inflating", reader.inflate.as_ref().unwrap().keeps_memory());
        keeps("deflating", deflater.keeps_memory());
    }
}

/// A client that is paused right behind a message reads no further, and one whose socket is full does not end its flush.
#[test]
fn memory_of_a_client_that_stands_still_is_freed() {
    let agreed = agreement(false, 15);
    let mut deflater = deflater(&agreed);
    let bytes = frame(0xC1, &deflater.compress(b"hello hello hello").unwrap());
    let mut reader = inflating(&agreed, LIMIT);
    let mut stream = Pieces::cut(&bytes, &[]);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reader.poll(&mut stream, &mut cx).is_pending());
    assert!(reader.poll(&mut stream, &mut cx).is_ready());
    let inflater = reader.inflate.as_mut().unwrap();
    assert!(inflater.is_large() && deflater.is_large());
    inflater.tidy();
    deflater.tidy();
    assert!(!inflater.is_large() && !deflater.is_large(), "nothing is left that a timer would wait for");
}

/// Few compressed bytes may be a short or a long message, which are inflated into different memory.
#[test]
fn short_and_long_messages_alternate() {
    let lengths = [1, 100, 1747, 1748, 2047, 2048, 2049, 5000, 3, 200_000, 7, 60_000, 0, 2048, 2049, 4095, 4096, 4097];
    for takeover in [true, false] {
        let agreed = agreement(takeover, 15);
        let mut deflater = deflater(&agreed);
        let expected: Vec<_> = lengths.iter().map(|length| Message::binary(vec![b'x'; *length])).collect();
        let bytes: Vec<u8> = lengths
            .iter()
            .flat_map(|length| {
                let compressed = deflater.compress(&vec![b'x'; *length]);
                assert!(compressed.as_ref().is_none_or(|compressed| compressed.len() < 250), "{length}");
                compressed.map_or_else(|| frame(0x82, &vec![b'x'; *length]), |compressed| frame(0xC2, &compressed))
            })
            .collect();
        let mut reader = inflating(&agreed, 1 << 20);
        let mut stream = Pieces::cut(&bytes, &[]);
        let mut arrived = Vec::new();
        while arrived.len() < lengths.len() {
            match reader.poll(&mut stream, &mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(Received::Message(message))) => arrived.push(message),
                Poll::Ready(end) => panic!("{end:?} after {}", arrived.len()),
                Poll::Pending => {}
            }
            let room = reader.inflate.as_ref().and_then(Inflate::short_room);
            assert!(room.is_none_or(|(_, has_grown)| !has_grown), "{room:?} is kept");
        }
        assert!(arrived == expected, "takeover: {takeover}");
    }
    // Memory does not exceed the limit while inflating.
    let limit = 10_000;
    for (length, fits) in [(limit, true), (limit + 1, false), (200_000, false)] {
        let compressed = deflater(&agreement(true, 15)).compress(&vec![b'x'; length]).unwrap();
        let mut reader = inflating(&agreement(true, 15), limit);
        let mut stream = Pieces::cut(&frame(0xC2, &compressed), &[]);
        let polled = loop {
            if let Poll::Ready(polled) = reader.poll(&mut stream, &mut Context::from_waker(Waker::noop())) {
                break polled;
            }
        };
        assert_eq!(polled.is_ok(), fits, "{length}");
        assert!(fits || matches!(polled, Err(Fault::TooLarge(_))), "{length}");
        let (room, _) = reader.inflate.as_ref().and_then(Inflate::short_room).unwrap();
        assert!(room <= limit + 1, "{length}: {room}");
    }
}

/// Without context takeover a message that compression would enlarge is sent uncompressed.
#[test]
fn incompressible_messages_are_sent_uncompressed() {
    let next = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let noise: Vec<u8> = core::iter::successors(Some(1_u64), next).map(|n| (n >> 56) as u8).take(2000).collect();
    let alone = agreement(false, 15);
    assert_eq!(deflater(&alone).compress(&noise), None);
    assert!(deflater(&agreement(true, 15)).compress(&noise).is_some(), "the server remembers it");
    let mut small = Deflater::new(&alone, &Deflate::new().threshold(100));
    assert_eq!(small.compress(&[b'x'; 99]), None);
    assert!(small.compress(&[b'x'; 100]).is_some());
    assert_eq!(deflater(&agreement(true, 8)).compress(&[b'x'; 1000]), None, "zlib has no such window");
    let mut often = deflater(&agreement(true, 15));
    let lengths = ["", "a", "", ""].map(|text| often.compress(text.as_bytes()).map(|it| it.len()));
    assert_eq!(lengths, [None, Some(3), None, None]);
    let mut twice = deflater(&alone);
    assert_eq!(twice.compress(&[b'x'; 1000]), twice.compress(&[b'x'; 1000]));
    let mut remembering = deflater(&agreement(true, 15));
    let lengths = [0, 1].map(|_| remembering.compress(&noise).unwrap().len());
    assert!(lengths[1] < lengths[0] / 10, "{lengths:?}");
}

#[test]
fn compressed_messages_are_received_as_sent() {
    check(|random| {
        let sent = several(random, 6, message)?;
        let cuts = cuts(random, 40)?;
        let agreed = agreement(random.arbitrary()?, random.int_in_range(9..=15)?);
        let mut deflater = deflater(&agreed);
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (text, is_text, lengths) in sent {
            let opcode = if is_text { 1 } else { 2 };
            bytes.extend(match deflater.compress(text.as_bytes()) {
                Some(compressed) => fragmented(0x40 | opcode, &compressed, &lengths),
                None => fragmented(opcode, text.as_bytes(), &lengths),
            });
            expected.push(if is_text { Message::text(text) } else { Message::binary(text.into_bytes()) });
        }
        let (arrived, end) = all(inflating(&agreed, 1 << 20), Pieces::cut(&bytes, &cuts));
        assert!(matches!(end, Fault::Ended), "{end:?}");
        assert_eq!(messages(arrived), expected);
        Ok(())
    });
}

#[test]
fn segmentation_does_not_matter_when_compressed() {
    check(|random| {
        let agreed = agreement(true, 15);
        let mut deflater = deflater(&agreed);
        let frames = several(random, 12, |random| {
            let plain = any_frame(random)?;
            let squeezed: bool = random.arbitrary()?;
            Ok(match plain[..] {
                [first @ (0x81 | 0x82), length @ 1..126, ref payload @ ..]
                    if squeezed && payload.len() == length as usize =>
                {
                    frame(first | 0x40, &deflater.compress(payload).unwrap())
                }
                _ => plain,
            })
        })?;
        let cuts = cuts(random, 40)?;
        let bytes = frames.concat();
        let mut whole = inflating(&agreed, LIMIT);
        whole.buffer.bytes = BytesMut::from(&bytes[..]);
        let (whole, end) = all(whole, Pieces::cut(&[], &[]));
        let (cut, cut_end) = all(inflating(&agreed, LIMIT), Pieces::cut(&bytes, &cuts));
        assert_eq!(whole, cut);
        assert_eq!(format!("{end:?}"), format!("{cut_end:?}"));
        Ok(())
    });
}

#[path = "inflate_idle.rs"]
mod idle;
