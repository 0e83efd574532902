//! The memory of a reader.

use super::*;

/// A frame announces a long payload but sends little of it.
#[test]
fn s21_memory_grows_with_received_bytes_only() {
    let mut announced = vec![0x82, 127];
    announced.extend((16_u64 << 20).to_be_bytes());
    announced.extend([0; 100]);
    let mut reader = plain(&announced, 16 << 20);
    let mut silent = Pieces { pieces: VecDeque::new(), waits: false };
    assert!(reader.poll(&mut silent, &mut Context::from_waker(Waker::noop())).is_pending());
    let held = reader.gathered();
    assert!(held <= 2 * BUSY, "{held}");
}

#[test]
fn buffers_of_a_busy_connection_are_freed() {
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
    assert!(reader.buffer.bytes.capacity() > IDLE && reader.buffer.size == BUSY);
    reader.tidy();
    assert!(reader.buffer.size == BUSY, "it was busy until now");
    reader.tidy();
    assert_eq!((reader.buffer.bytes.capacity(), reader.buffer.size), (0, IDLE));
}

/// The peer may never send the rest of a frame.
#[test]
fn s22a_the_start_of_a_frame_does_not_keep_the_read_buffer_alive() {
    let rest = [0x82, 126, 0x08];
    let many: Vec<u8> = [frame(0x82, &[7; 1000]).repeat(500), rest.to_vec()].concat();
    let mut reader = plain(&[], LIMIT);
    let mut stream = Pieces::cut(&many, &[]);
    let mut cx = Context::from_waker(Waker::noop());
    let mut count = 0;
    while count < 500 {
        count += usize::from(reader.poll(&mut stream, &mut cx).is_ready());
    }
    stream.waits = false;
    assert!(reader.poll(&mut stream, &mut cx).is_pending() && reader.is_large());
    reader.tidy();
    reader.tidy();
    assert!(!reader.is_large() && reader.buffer.bytes == rest[..] && reader.buffer.bytes.capacity() <= 64);
    // The frame can still be completed.
    let payload = [&[0], &[7; 0x0800][..]].concat();
    let mut stream = Pieces::cut(&payload, &[]);
    let arrived = loop {
        if let Poll::Ready(arrived) = reader.poll(&mut stream, &mut cx) {
            break arrived.unwrap();
        }
    };
    assert_eq!(arrived, Received::Message(Message::binary(vec![7; 0x0800])));
}

/// Otherwise each read of a large message, of which a slow link makes thousands, would copy what has arrived.
#[test]
fn s21_a_large_message_is_not_moved_at_each_read() {
    for (first, others) in [(announced(0x82, 1 << 20), vec![]), (frame(0x02, b""), frame(0x00, &[7; 1000]))] {
        let others = if others.is_empty() { vec![7; 1000] } else { others };
        let mut reader = plain(&first, 1 << 20);
        let mut cx = Context::from_waker(Waker::noop());
        let mut capacities = Vec::new();
        for _ in 0..1000 {
            let mut stream = Pieces::cut(&others, &[]);
            while !stream.pieces.is_empty() {
                assert!(reader.poll(&mut stream, &mut cx).is_pending());
            }
            capacities.push(reader.gathered());
        }
        capacities.dedup();
        assert!(capacities.len() <= 20, "{capacities:?}");
    }
}

/// A slice of the read buffer that the program keeps would keep all of it alive.
#[test]
fn messages_as_large_as_a_read_are_gathered_only_while_the_program_keeps_them() {
    let many = frame(0x82, &[7; 60_000]).repeat(20);
    let cuts: Vec<_> = (0..many.len()).step_by(40_000).collect();
    let gathered = |keeps: bool| {
        let (start, rest) = many.split_at(IDLE);
        let (mut stream, mut reader) = (Pieces::cut(rest, &cuts), plain(start, 1 << 20));
        reader.buffer.size = BUSY;
        let mut cx = Context::from_waker(Waker::noop());
        let (mut kept, mut count, mut gathered) = (Vec::new(), 0, 0);
        while count < 20 {
            match reader.poll(&mut stream, &mut cx) {
                Poll::Ready(arrived) => {
                    let arrived = arrived.unwrap();
                    assert!(arrived == Received::Message(Message::binary(vec![7; 60_000])));
                    kept.extend(keeps.then_some(arrived));
                    count += 1;
                }
                Poll::Pending => gathered += usize::from(reader.gathered() > 0),
            }
        }
        gathered
    };
    assert_eq!(gathered(false), 0);
    assert!(gathered(true) > 0);
}

/// What is read of the next frame has to be moved.
#[test]
fn a_stream_of_large_frames_is_read_up_to_their_ends() {
    for length in [20_000, 40_000, BUSY] {
        let one = frame(0x82, &vec![7; length]);
        let many = one.repeat(20);
        let mut reader = plain(&many[..IDLE], 1 << 20);
        reader.buffer.size = BUSY;
        let mut stream = &many[IDLE..];
        for _ in 0..20 {
            let arrived = reader.poll(&mut stream, &mut Context::from_waker(Waker::noop()));
            assert!(matches!(arrived, Poll::Ready(Ok(Received::Message(message))) if message.len() == length));
            let beyond = (many.len() - stream.len()) % one.len();
            assert!(beyond < 64, "{beyond} bytes beyond a frame of {length}");
        }
    }
}

/// While little arrives, messages are slices of a buffer that is used again.
#[test]
fn small_messages_are_copied_only_while_the_program_keeps_them() {
    let (small, mut cx) = (frame(0x82, &[7; 100]), Context::from_waker(Waker::noop()));
    let mut reader = plain(&[], LIMIT);
    let mut next = || match reader.poll(&mut &small[..], &mut cx) {
        Poll::Ready(Ok(Received::Message(Message::Binary(payload)))) => payload,
        other => panic!("{other:?}"),
    };
    let first = next().as_ptr();
    assert!((0..100).all(|_| next().as_ptr() == first));
    let kept = [next(), next(), next()];
    assert_eq!(kept[0].as_ptr(), first);
    // Of memory that is no larger than it has to be: those are no slices.
    assert!(kept[1..].iter().all(|payload| payload.is_unique() && payload.as_ptr() != first));
}

/// The memory of a message in fragments is doubled up to the limit, not beyond it.
#[test]
fn s21_fragments_take_no_more_memory_than_the_largest_message() {
    let limit = 100_000;
    let fragments = [frame(0x02, b""), frame(0x00, &[7; 10]).repeat(limit / 10)].concat();
    let mut reader = plain(&[], limit);
    let mut stream = Pieces::cut(&fragments, &[]);
    let mut cx = Context::from_waker(Waker::noop());
    while !stream.pieces.is_empty() {
        assert!(reader.poll(&mut stream, &mut cx).is_pending());
        assert!(reader.gathered() <= limit);
    }
    assert_eq!(reader.message.map(|message| message.data.len()), Some(limit));
}

/// The header of a frame with so many bytes.
fn announced(first: u8, length: u64) -> Vec<u8> {
    [&[first, 127][..], &length.to_be_bytes()].concat()
}
