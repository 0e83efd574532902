//! Context takeover across idle periods.

use super::*;

/// An idle connection gives its zlib states back. The next messages still refer to earlier ones, in both directions.
#[test]
fn idle_connections_keep_only_the_history() {
    for bits in [9, 15] {
        let agreed = agreement(true, bits);
        let mut cx = Context::from_waker(Waker::noop());
        let (mut idle, mut busy) = (deflater(&agreed), deflater(&agreed));
        let mut reader = inflating(&agreed, 1 << 20);
        let mut random = 1_u32;
        let text: Vec<u8> = core::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        })
        .take(100_000)
        .collect();
        for range in
            [0..300, 100..300, 0..20, 200..50_000, 30_000..100_000, 70_000..99_000, 99_000..100_000, 99_000..99_400]
        {
            let message = &text[range.clone()];
            let compressed = idle.compress(message).unwrap();
            let expected = busy.compress(message).unwrap().len();
            assert!(compressed.len() <= expected + expected / 100, "{bits} bits, {range:?}: {}", compressed.len());
            // A part of the next message does not go with the states.
            let bytes = frame(0xC2, &compressed);
            let mut stream = Pieces::cut(&bytes, &[4, 5, bytes.len() / 2]);
            let arrived = loop {
                match reader.poll(&mut stream, &mut cx) {
                    Poll::Ready(arrived) => break arrived.unwrap(),
                    Poll::Pending => (reader.tidy(), reader.tidy()),
                };
            };
            assert_eq!(arrived, Received::Message(Message::binary(message.to_vec())), "{bits} bits, {range:?}");
            for kept in [true, false] {
                reader.tidy();
                idle.tidy();
                assert_eq!((reader.is_large(), idle.is_large()), (kept, kept), "{bits} bits, {range:?}");
            }
        }
    }
}

/// A peer that announces a message, and sends nothing of it, does not keep the zlib state of the message before.
#[test]
fn a_header_alone_keeps_no_state() {
    let agreed = agreement(false, 15);
    let bytes = [frame(0xC2, &deflater(&agreed).compress(&[b'a'; 99]).unwrap()), vec![0xC2, 5]].concat();
    let mut reader = inflating(&agreed, LIMIT);
    let mut stream = Pieces::cut(&bytes, &[bytes.len()]);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(reader.poll(&mut stream, &mut cx).is_pending());
    assert!(matches!(reader.poll(&mut stream, &mut cx), Poll::Ready(Ok(Received::Message(_)))));
    assert!(reader.poll(&mut stream, &mut cx).is_pending());
    assert!(!reader.is_large());
}
