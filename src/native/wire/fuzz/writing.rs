//! Writing to a stream that takes what it likes, when it likes: other libraries read what was sent.

mod room;

use alloc::collections::VecDeque;
use core::task::{Context, Waker};

use bytes::Bytes;

use self::room::{Mark, Room};
use super::compressed::Compression;
use super::others::{self, End, Role};
use super::reading::{Pieces, Stream};
use crate::close::CloseCode;
use crate::driver::Buffered;
use crate::message::Message;
use crate::native::wire::read::Received;
use crate::native::wire::write::{Heartbeat, Writer};

/// The most bytes of payload of one input: more take longer, and reach nothing new.
const MOST: usize = 1 << 18;

/// What was asked of a writer.
#[derive(Default)]
struct Asked {
    messages: Vec<Message>,
    /// Pings and Pongs, and heartbeats that are messages. Not all of them have to leave.
    pings: Vec<Bytes>,
    pongs: Vec<Bytes>,
    beats: Vec<Message>,
    /// The first Close frame.
    close: Option<Option<(u16, String)>>,
    /// A Close frame answers the peer's, so it may cut off a message.
    answers: bool,
}

/// A connection that is written to.
struct Side {
    writer: Writer,
    stream: Room,
    compression: Option<Compression>,
    queue: VecDeque<Message>,
    asked: Asked,
    mark: Mark,
}

/// Byte 1 has options of the stream, and bytes 2 to 7 settings of compression for each of two connections, which exchange
/// zlib states while they are idle. Each two further bytes are something to do, and how much of it.
pub(crate) fn writing(data: &[u8]) {
    let [options, a, b, c, d, e, f, steps @ ..] = data else { return };
    let first = Compression::negotiate([*a, *b, *c]);
    // Often with the same settings, as only those share states.
    let second = if options & 2 == 0 { first.clone() } else { Compression::negotiate([*d, *e, *f]) };
    let mut sides = [first, second].map(|compression| Side::new(*options, compression));
    for step in steps.chunks_exact(2).take(100) {
        sides[usize::from(step[0] >> 4 & 1)].step(step[0], step[1].into());
    }
    sides.into_iter().for_each(Side::finish);
}

impl Side {
    fn new(options: u8, compression: Option<Compression>) -> Self {
        Self {
            writer: Writer::new(compression.as_ref().map(Compression::deflater), options & 1 == 0),
            stream: Room::new(1 << (options >> 4)),
            compression,
            queue: VecDeque::new(),
            asked: Asked::default(),
            mark: Mark::new(),
        }
    }

    fn step(&mut self, what: u8, size: usize) {
        let Self { writer, stream, queue, asked, .. } = self;
        let mut cx = Context::from_waker(Waker::noop());
        let number = asked.messages.len() + asked.beats.len() + asked.pongs.len();
        match what & 15 {
            0 | 1 => {
                let message = message(what, size, &asked.messages);
                asked.messages.push(message.clone());
                queue.push_back(message);
                writer.send(queue, stream, &mut cx);
            }
            2 => {
                asked.pings.push(Bytes::copy_from_slice(&(number as u64).to_be_bytes()));
                writer.heartbeat(Heartbeat::Ping(number as u64));
            }
            3 => {
                let message = Message::text(format!("beat {number}"));
                asked.beats.push(message.clone());
                writer.heartbeat(Heartbeat::Message(message));
            }
            4 => {
                let payload = Bytes::from(vec![number as u8; size.min(125)]);
                asked.pongs.push(payload.clone());
                writer.pong(payload, stream, &mut cx);
            }
            5 if size < 32 => {
                let code = CloseCode::new(3000 + size as u16);
                let frame = (size > 0).then_some((code, &"reason"[..size % 7]));
                let answers = size & 16 != 0;
                asked.answers |= answers;
                asked.close.get_or_insert(frame.map(|(code, reason)| (code.get(), reason.to_owned())));
                writer.close(frame, answers);
            }
            6 => stream.flushes = size % 4 != 0,
            7 => self.tidy(size % 4),
            8 => self.mark.set(writer, stream, size),
            9 => self.mark.check(writer, stream, size),
            _ => {
                stream.room += if what & 0x80 == 0 { size } else { size * 512 };
                let _ = writer.poll_flush(stream, &mut cx);
                writer.send(queue, stream, &mut cx);
            }
        }
        self.check_buffered();
    }

    /// So many seconds pass.
    fn tidy(&mut self, seconds: usize) {
        (0..seconds).for_each(|_| self.writer.tidy());
        let is_idle = !self.writer.is_blocked() && !self.writer.is_corked();
        assert!(seconds < 2 || !is_idle || !self.writer.is_large(), "an idle connection keeps its memory");
    }

    fn check_buffered(&mut self) {
        let Buffered { messages, bytes } = self.writer.buffered();
        let taken = self.asked.messages.len() - self.queue.len();
        assert!(messages <= taken as u64, "{messages} of {taken} messages");
        let mut all: usize = self.asked.messages[..taken].iter().map(|message| message.as_bytes().len()).sum();
        if self.compression.is_some() {
            // What cannot be compressed becomes longer.
            all += all / 8 + 16 * taken;
        }
        assert!(bytes <= all, "{bytes} of {all} bytes");
    }

    /// Takes all that is left, and checks what was written.
    fn finish(mut self) {
        let Self { writer, stream, queue, asked, .. } = &mut self;
        let mut cx = Context::from_waker(Waker::noop());
        (stream.room, stream.flushes) = (usize::MAX, true);
        assert!(writer.poll_flush(stream, &mut cx).is_ready());
        writer.send(queue, stream, &mut cx);
        assert!(writer.poll_flush(stream, &mut cx).is_ready() && writer.error.is_none());
        assert_eq!(writer.taken(), stream.taken.len() as u64);
        asked.messages.truncate(asked.messages.len() - queue.len());
        let buffered = writer.buffered();
        self.tidy(3);
        let Self { stream, compression, queue, asked, .. } = self;
        let written = compression.map_or_else(|| stream.taken.clone(), |it| it.inflated(&stream.taken));
        check(&asked, &queue, &written, buffered);
    }
}

/// Bits 5 to 7 of a step choose a payload: one that resembles the message before, one that hardly compresses, a large one.
fn message(what: u8, size: usize, before: &[Message]) -> Message {
    let sent: usize = before.iter().map(|message| message.as_bytes().len()).sum();
    // Larger ones are sent in fragments.
    let length = if what & 0x80 == 0 || sent > MOST { size } else { size * 512 };
    let number = before.len();
    let payload = match (before.last(), what & 0x60) {
        (Some(last), 0x20) => {
            let last = last.as_bytes();
            let part = &last[last.len().saturating_sub(length)..];
            format!("{number}{}", String::from_utf8_lossy(part))
        }
        (_, 0x40 | 0x60) => room::noise(size, length),
        _ => format!("{number}é").repeat(length / 3),
    };
    if what & 1 == 0 { Message::text(payload) } else { Message::binary(payload.into_bytes()) }
}

/// Checks what was written: all messages in their order, a Close frame at the end, and the latest Pong.
fn check(asked: &Asked, queue: &VecDeque<Message>, written: &[u8], buffered: Buffered) {
    let seed = Pieces::Random(written.len() as u16);
    let read = others::tungstenite(Stream::new(written, Pieces::Whole), Role::Server, 1 << 20);
    let theirs = others::tokio_websockets(Stream::new(written, seed), Role::Server, 1 << 20);
    assert_eq!(theirs.as_ref(), Some(&read));
    let (read, end) = read;
    assert_eq!(end, End::Ended);
    assert!(queue.is_empty() || asked.close.is_some());

    let mut sent = asked.messages.iter();
    let mut closes = Vec::new();
    let mut last_pong = None;
    for it in &read {
        assert_eq!(closes, [], "nothing follows a Close frame");
        match it {
            Received::Message(message) if asked.beats.contains(message) => {}
            Received::Message(message) => assert_eq!(Some(message), sent.next()),
            Received::Ping(payload) => assert!(asked.pings.contains(payload)),
            Received::Pong(payload) => {
                assert!(asked.pongs.contains(payload));
                last_pong = Some(payload);
            }
            Received::Close(frame) => closes.push(frame.clone()),
        }
    }
    assert_eq!(closes, asked.close.iter().cloned().collect::<Vec<_>>());
    // A fragmented message that was cut off by the answer to a Close frame counts as not sent.
    let cut_off = sent.as_slice().len();
    assert!(cut_off <= usize::from(asked.answers), "{cut_off} messages are missing");
    assert_eq!(buffered, Buffered { messages: cut_off as u64, bytes: 0 });
    if asked.close.is_none() {
        assert_eq!(last_pong, asked.pongs.last());
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn writing() {
        crate::fuzzing::check("writing", super::writing);
    }
}
