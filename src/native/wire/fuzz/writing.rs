//! Writing to a stream that takes what it likes, when it likes: other libraries read what was sent.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io;

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::others::{self, End, Role};
use super::reading::{Pieces, Stream};
use crate::close::CloseCode;
use crate::driver::Buffered;
use crate::message::Message;
use crate::native::wire::read::Received;
use crate::native::wire::write::{Heartbeat, Writer};

/// A stream that takes a limited number of bytes.
struct Room {
    taken: Vec<u8>,
    room: usize,
    /// The most bytes taken at once.
    most: usize,
    flushes: bool,
}

impl AsyncWrite for Room {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let length = bytes.len().min(self.room).min(self.most);
        if length == 0 {
            return Poll::Pending;
        }
        self.room -= length;
        self.taken.extend_from_slice(&bytes[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.flushes { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What was asked of the writer.
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

/// Each two bytes are something to do, and how much of it.
pub(crate) fn writing(data: &[u8]) {
    let [options, steps @ ..] = data else { return };
    let is_direct = options & 1 == 0;
    let mut writer = Writer::new(None, is_direct);
    let mut stream = Room { taken: Vec::new(), room: 0, most: 1 << (options >> 4), flushes: true };
    let mut cx = Context::from_waker(Waker::noop());
    let mut asked = Asked::default();
    let mut queue = VecDeque::new();
    for step in steps.chunks_exact(2).take(100) {
        let (what, size) = (step[0], usize::from(step[1]));
        let number = asked.messages.len() + asked.beats.len() + asked.pongs.len();
        // Larger ones are sent in fragments.
        let length = if what & 0x80 == 0 { size } else { size * 512 };
        match what & 7 {
            0 | 1 => {
                let payload = format!("{number}é").repeat(length / 3);
                let message =
                    if what & 1 == 0 { Message::text(payload) } else { Message::binary(payload.into_bytes()) };
                asked.messages.push(message.clone());
                queue.push_back(message);
                writer.send(&mut queue, &mut stream, &mut cx);
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
                writer.pong(payload, &mut stream, &mut cx);
            }
            5 if size < 16 => {
                let code = CloseCode::new(3000 + size as u16);
                let frame = (size > 0).then_some((code, &"reason"[..size % 7]));
                let answers = what & 8 != 0;
                asked.answers |= answers;
                asked.close.get_or_insert(frame.map(|(code, reason)| (code.get(), reason.to_owned())));
                writer.close(frame, answers);
            }
            6 => stream.flushes = size % 4 != 0,
            _ => {
                stream.room += length;
                let _ = writer.poll_flush(&mut stream, &mut cx);
                writer.send(&mut queue, &mut stream, &mut cx);
            }
        }
        let Buffered { messages, bytes } = writer.buffered();
        let taken = asked.messages.len() - queue.len();
        assert!(messages <= taken as u64, "{messages} of {taken} messages");
        let all: usize = asked.messages[..taken].iter().map(|message| message.as_bytes().len()).sum();
        assert!(bytes <= all, "{bytes} of {all} bytes");
    }
    (stream.room, stream.flushes) = (usize::MAX, true);
    assert!(writer.poll_flush(&mut stream, &mut cx).is_ready());
    writer.send(&mut queue, &mut stream, &mut cx);
    assert!(writer.poll_flush(&mut stream, &mut cx).is_ready() && writer.error.is_none());
    assert_eq!(writer.taken(), stream.taken.len() as u64);
    asked.messages.truncate(asked.messages.len() - queue.len());
    check(&asked, &queue, &stream.taken, writer.buffered());
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
