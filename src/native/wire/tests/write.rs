use core::task::Waker;

use tokio::io::{AsyncRead, AsyncReadExt as _, DuplexStream, ReadBuf, duplex};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

use super::*;
use crate::driver::Buffered;
use crate::native::wire::frames::apply_mask;

/// A stream with `room` bytes of buffer, which reading from the other end frees.
fn stream(room: usize) -> (DuplexStream, DuplexStream) {
    duplex(room)
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Reads up to `most` bytes from the other end.
fn read(stream: &mut DuplexStream, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; most];
    let mut buffer = ReadBuf::new(&mut bytes);
    let _ = Pin::new(stream).poll_read(&mut cx(), &mut buffer);
    let length = buffer.filled().len();
    bytes.truncate(length);
    bytes
}

/// Parses frames: opcode, FIN, and unmasked payload.
fn parsed(mut bytes: &[u8]) -> Vec<(OpCode, bool, Vec<u8>)> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let mut cursor = io::Cursor::new(bytes);
        let (header, length) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
        let start = cursor.position() as usize;
        let mut payload = bytes[start..start + length as usize].to_vec();
        apply_mask(&mut payload, header.mask.expect("a client masks"));
        frames.push((header.opcode, header.is_final, payload));
        bytes = &bytes[start + length as usize..];
    }
    frames
}

/// Flushes, and reads from the other end until nothing more arrives.
fn drain(writer: &mut Writer, ours: &mut DuplexStream, theirs: &mut DuplexStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let done = writer.poll_flush(ours, &mut cx()).is_ready();
        let more = read(theirs, 1 << 20);
        if done && more.is_empty() {
            return bytes;
        }
        bytes.extend(more);
    }
}

fn send(writer: &mut Writer, ours: &mut DuplexStream, messages: impl IntoIterator<Item = Message>) -> usize {
    let mut batch: VecDeque<_> = messages.into_iter().collect();
    writer.send(&mut batch, ours, &mut cx());
    let _ = writer.poll_flush(ours, &mut cx());
    batch.len()
}

#[test]
fn masks() {
    for length in 0..40 {
        let plain: Vec<u8> = (0..length).collect();
        let mut masked = plain.clone();
        apply_mask(&mut masked, [1, 2, 3, 4]);
        let expected: Vec<_> = plain.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        assert_eq!(masked, expected);
    }
}

#[test]
fn s15_messages_are_counted_as_they_leave() {
    let (mut ours, mut theirs) = stream(100);
    let mut writer = Writer::new(None, true);
    // Each frame has 56 bytes.
    assert_eq!(send(&mut writer, &mut ours, vec![Message::binary(vec![1; 50]); 4]), 0);
    assert_eq!(writer.buffered(), Buffered { messages: 3, bytes: 124 });
    read(&mut theirs, 12);
    assert!(writer.poll_flush(&mut ours, &mut cx()).is_pending());
    assert_eq!(writer.buffered(), Buffered { messages: 2, bytes: 112 });
    drain(&mut writer, &mut ours, &mut theirs);
    assert_eq!(writer.buffered(), Buffered::default());
}

#[test]
fn s15_bytes_buffered_by_the_stream_count_until_flushed() {
    let (mut ours, mut theirs) = stream(100);
    let mut writer = Writer::new(None, false);
    send(&mut writer, &mut ours, vec![Message::binary(vec![1; 50]); 4]);
    assert_eq!(writer.buffered().messages, 4);
    drain(&mut writer, &mut ours, &mut theirs);
    assert_eq!(writer.buffered().messages, 0);
}

#[test]
fn s17_control_frames_are_sent_between_fragments() {
    let (mut ours, mut theirs) = stream(1000);
    let mut writer = Writer::new(None, true);
    let payload: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    send(&mut writer, &mut ours, [Message::binary(payload.clone()), Message::text("next")]);
    writer.heartbeat(Heartbeat::Ping(1));
    writer.pong(Bytes::from_static(b"pong"), &mut ours, &mut cx());
    writer.close(Some((CloseCode::NORMAL, "")), false);
    let frames = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    let opcodes: Vec<_> = frames.iter().map(|(opcode, is_final, _)| (*opcode, *is_final)).collect();
    let (ping, pong) = (OpCode::Control(Control::Ping), OpCode::Control(Control::Pong));
    assert_eq!(
        opcodes[..4],
        [(OpCode::Data(Data::Binary), false), (pong, true), (ping, true), (OpCode::Data(Data::Continue), false)]
    );
    assert_eq!(opcodes.last(), Some(&(OpCode::Control(Control::Close), true)));
    let data = frames.iter().filter(|(opcode, ..)| matches!(opcode, OpCode::Data(Data::Binary | Data::Continue)));
    assert!(data.clone().all(|(_, _, part)| part.len() <= PART));
    assert_eq!(data.flat_map(|(_, _, part)| part.clone()).collect::<Vec<_>>(), payload);
    // "next" was never taken, so the Close frame did not have to wait for it.
    assert!(!opcodes.contains(&(OpCode::Data(Data::Text), true)));
}

#[test]
fn s13_no_message_is_taken_after_a_close_frame() {
    let (mut ours, mut theirs) = stream(1000);
    let mut writer = Writer::new(None, true);
    writer.close(Some((CloseCode::NORMAL, "")), true);
    assert_eq!(send(&mut writer, &mut ours, [Message::text("for the next")]), 1);
    let frames = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    assert_eq!(frames.len(), 1);
    assert_eq!(writer.buffered(), Buffered::default());
}

#[test]
fn s17_at_most_one_heartbeat_waits() {
    let (mut ours, mut theirs) = stream(1000);
    let mut writer = Writer::new(None, true);
    send(&mut writer, &mut ours, [Message::binary(vec![1; 100_000])]);
    let before = writer.buffer.len();
    for beat in 1..=100 {
        writer.heartbeat(Heartbeat::Message(Message::text("earlier")));
        writer.heartbeat(Heartbeat::Ping(beat));
    }
    writer.heartbeat(Heartbeat::Message(Message::text("beat")));
    assert_eq!(writer.buffer.len(), before);
    let frames = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    let (opcode, is_final, payload) = frames.last().unwrap();
    assert_eq!((*opcode, *is_final, &payload[..]), (OpCode::Data(Data::Text), true, &b"beat"[..]));
    assert_eq!(frames.len(), 3, "behind both parts of the message");
}

#[test]
fn s10_the_answer_to_a_close_frame_cuts_off_a_large_message() {
    let (mut ours, mut theirs) = stream(1000);
    let mut writer = Writer::new(None, true);
    send(&mut writer, &mut ours, [Message::binary(vec![1; 1_000_000])]);
    writer.heartbeat(Heartbeat::Ping(1));
    writer.close(Some((CloseCode::NORMAL, "late")), false);
    writer.close(Some((CloseCode::POLICY_VIOLATION, "")), true);
    assert_eq!(writer.buffered().messages, 1);
    let frames = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    let (opcode, _, payload) = frames.last().unwrap();
    assert_eq!((frames.len(), *opcode, &payload[..]), (2, OpCode::Control(Control::Close), &b"\x03\xe8late"[..]));
    assert_eq!(writer.buffered().messages, 1, "it will never be complete");
    writer.heartbeat(Heartbeat::Ping(1));
    writer.pong(Bytes::from_static(b"too late"), &mut ours, &mut cx());
    assert_eq!(drain(&mut writer, &mut ours, &mut theirs), []);
}

#[test]
fn s20b_unsent_pongs_are_bounded() {
    let (mut ours, mut theirs) = stream(100);
    let mut writer = Writer::new(None, true);
    for _ in 0..100_000 {
        writer.pong(Bytes::from(vec![0; 125]), &mut ours, &mut cx());
    }
    writer.pong(Bytes::from_static(b"latest"), &mut ours, &mut cx());
    assert!(writer.buffer.capacity() <= 4 * PONGS, "{}", writer.buffer.capacity());
    let answers = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    assert_eq!(answers.last().map(|(_, _, payload)| &payload[..]), Some(&b"latest"[..]));
}

#[test]
fn s20_every_ping_is_answered_if_the_peer_reads() {
    let (mut ours, mut theirs) = stream(1 << 20);
    let mut writer = Writer::new(None, true);
    for number in 0..1000_u16 {
        writer.pong(Bytes::copy_from_slice(&number.to_be_bytes()), &mut ours, &mut cx());
    }
    let answers = parsed(&drain(&mut writer, &mut ours, &mut theirs));
    assert_eq!(answers.len(), 1000);
    assert!(answers.iter().zip(0..).all(|((_, _, payload), number)| payload[..] == u16::to_be_bytes(number)));
}

#[test]
fn s14_memory_is_freed_after_a_large_message() {
    let (mut ours, mut theirs) = stream(1 << 16);
    let mut writer = Writer::new(None, true);
    send(&mut writer, &mut ours, [Message::binary(vec![1; 16 << 20])]);
    drain(&mut writer, &mut ours, &mut theirs);
    assert!(writer.is_large() && writer.buffer.capacity() <= 2 * (BATCH + PART));
    writer.tidy();
    assert!(writer.is_large(), "it was used since the last time");
    writer.tidy();
    assert!(!writer.is_large());
}

/// A message of which a part was not written counts as not sent.
#[tokio::test]
async fn s15_unwritten_messages_count_after_an_error() {
    let (mut ours, mut theirs) = stream(100);
    let mut writer = Writer::new(None, true);
    send(&mut writer, &mut ours, vec![Message::binary(vec![1; 50]); 4]);
    let mut scrap = [0; 10];
    theirs.read_exact(&mut scrap).await.unwrap();
    drop(theirs);
    assert!(writer.poll_flush(&mut ours, &mut cx()).is_ready() && writer.error.is_some());
    assert_eq!(writer.buffered().messages, 3);
}
