//! From a byte stream to messages: what has arrived is judged at once, not when a frame or message is whole.
//!
//! Frames that are whole in the read buffer become messages without a copy, unless the program was seen to keep some: it
//! would keep far more memory than it sees. Fragments, compressed messages and frames too large to wait
//! for in the buffer are gathered as they arrive.

use core::mem::{MaybeUninit, take};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tungstenite::protocol::frame::coding::Control;

use super::deflate::Inflate;
use super::frames::{self, Fault, Head};
use crate::message::{Message, Text};

/// How much is read at a time while little arrives. It costs an idle connection nothing: there is no buffer then.
const IDLE: usize = 4 * 1024;
/// How much is read at a time at most: more does not save any system calls.
const BUSY: usize = 64 * 1024;
/// Frames up to this length are waited for in the read buffer.
const WHOLE: usize = 16 * 1024;
/// Payloads up to this length are copied where many of them share an allocation.
const SMALL: usize = 256;
/// How much memory they share.
const SHARED: usize = 4 * 1024;
/// A program that keeps messages is expected to go on with it: those of so many reads to come are copied.
const KEPT: u32 = 1024;

/// What arrives.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    Message(Message),
    Ping(Bytes),
    Pong(Bytes),
    Close(Option<(u16, String)>),
}

pub(crate) struct Reader {
    /// What was read and not yet taken.
    buffer: BytesMut,
    expected: Expected,
    /// The message whose frames are arriving, unless it is whole in the buffer.
    message: Option<Gathered>,
    /// How much of the text that is arriving was found to be UTF-8.
    checked: usize,
    /// The largest message.
    limit: usize,
    inflate: Option<Inflate>,
    /// How much to read at once.
    size: usize,
    /// What the latest reads brought that filled all the room they had.
    run: usize,
    /// Reads since the last [`tidy`](Self::tidy) that filled more than an idle connection's room.
    large_reads: u32,
    /// Where small payloads are copied to while many arrive.
    small: BytesMut,
    /// For how many reads to come messages are copied, as the program kept one of a read before.
    kept: u32,
    /// Bytes have arrived since [`take_arrived`](Self::take_arrived) was asked last.
    arrived: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy)]
enum Expected {
    Head,
    /// A frame's payload, all of which is waited for.
    Whole(Head),
    /// A frame's payload, which goes to the message as it arrives.
    Part {
        left: u64,
        fin: bool,
    },
}

struct Gathered {
    data: Vec<u8>,
    is_text: bool,
    compressed: bool,
}

impl Reader {
    /// `read` is what has been read of the stream already.
    pub(crate) fn new(read: &[u8], limit: usize, inflate: Option<Inflate>) -> Self {
        Self {
            buffer: BytesMut::from(read),
            expected: Expected::Head,
            message: None,
            checked: 0,
            limit,
            inflate,
            size: IDLE,
            run: 0,
            large_reads: 0,
            small: BytesMut::new(),
            kept: 0,
            arrived: false,
        }
    }

    /// The next message or control frame. After a fault or a Close frame there is none.
    #[inline]
    pub(crate) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Received, Fault>> {
        loop {
            if let Some(arrived) = self.take()? {
                return Poll::Ready(Ok(arrived));
            }
            match self.poll_read(stream, cx) {
                Poll::Ready(Ok(0)) => {
                    self.check_utf8()?;
                    return Poll::Ready(Err(Fault::Ended));
                }
                Poll::Ready(Ok(_)) => self.arrived = true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Fault::Io(error))),
                Poll::Pending => {
                    self.check_utf8()?;
                    if let (Some(inflate), None) = (&mut self.inflate, &self.message) {
                        inflate.release();
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// Whether bytes have arrived since this was asked last.
    pub(crate) fn take_arrived(&mut self) -> bool {
        take(&mut self.arrived)
    }

    /// Whether there is memory that [`tidy`](Self::tidy) may give back soon.
    pub(crate) fn is_large(&self) -> bool {
        self.size != IDLE && self.buffer.is_empty()
    }

    /// Called now and then: gives the buffers back when there was no use for them since the last time.
    pub(crate) fn tidy(&mut self) {
        if take(&mut self.large_reads) == 0 && self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.small = BytesMut::new();
            self.size = IDLE;
        }
    }

    /// The front of the buffer, as a payload that does not keep much more memory than it is long.
    #[inline]
    fn payload(&mut self, length: usize) -> Bytes {
        // While little arrives it costs nothing to copy, and an idle connection keeps what it has.
        if self.kept == 0 && (self.size != IDLE || length > SMALL) {
            return self.buffer.split_to(length).freeze();
        }
        let payload = if length <= SMALL && self.size != IDLE {
            if self.small.capacity() < length && !self.small.try_reclaim(SHARED) {
                self.small = BytesMut::with_capacity(SHARED);
            }
            self.small.extend_from_slice(&self.buffer[..length]);
            self.small.split().freeze()
        } else {
            Bytes::copy_from_slice(&self.buffer[..length])
        };
        self.buffer.advance(length);
        payload
    }

    #[inline]
    fn take(&mut self) -> Result<Option<Received>, Fault> {
        loop {
            match self.expected {
                Expected::Head => {
                    let Some((head, size)) = frames::parse(&self.buffer, self.inflate.is_some())? else {
                        return Ok(None);
                    };
                    self.buffer.advance(size);
                    self.expected = self.admit(head)?;
                }
                Expected::Whole(head) => {
                    let length = head.length as usize;
                    if self.buffer.len() < length {
                        return Ok(None);
                    }
                    self.expected = Expected::Head;
                    let payload = self.payload(length);
                    return match head.control() {
                        None => self.whole(payload, head.is_text()).map(Some),
                        Some(control) => take_control(control, payload).map(Some),
                    };
                }
                Expected::Part { left, fin } => {
                    if !self.gather(left, fin)? {
                        return Ok(None);
                    }
                    if fin {
                        if let Some(mut message) = self.message.take() {
                            if message.data.capacity() / 2 > message.data.len() {
                                message.data.shrink_to_fit();
                            }
                            return self.whole(message.data.into(), message.is_text).map(Some);
                        }
                    }
                }
            }
        }
    }

    /// Whether a frame may come now, and what is done with it.
    #[inline]
    fn admit(&mut self, head: Head) -> Result<Expected, Fault> {
        if head.control().is_some() {
            return Ok(Expected::Whole(head));
        }
        let before = match (&self.message, head.continues()) {
            (None, true) => return Err(Fault::Protocol("there is no message to continue")),
            (Some(_), false) => return Err(Fault::Protocol("a message begins within another")),
            (None, false) => 0,
            (Some(message), true) => message.data.len(),
        };
        let compressed = self.message.as_ref().map_or(head.compressed, |message| message.compressed);
        // What a compressed one comes to is seen while it is inflated.
        if !compressed && head.length > (self.limit - before) as u64 {
            return Err(Fault::TooLarge(self.limit));
        }
        if self.message.is_none() {
            if head.fin && !compressed && head.length <= self.buffer.len().max(WHOLE) as u64 {
                return Ok(Expected::Whole(head));
            }
            let data = Vec::with_capacity(if compressed { 0 } else { head.length.min(BUSY as u64) as usize });
            self.message = Some(Gathered { data, is_text: head.is_text(), compressed });
        }
        Ok(Expected::Part { left: head.length, fin: head.fin })
    }

    /// A message that is complete, unless it is not UTF-8 where it should be.
    #[inline]
    fn whole(&mut self, payload: Bytes, is_text: bool) -> Result<Received, Fault> {
        if !is_text {
            return Ok(Received::Message(Message::Binary(payload)));
        }
        core::str::from_utf8(&payload[take(&mut self.checked)..]).map_err(|_| Fault::NotUtf8)?;
        // SAFETY: all before `checked` has passed the same test, and it ended between two characters there.
        #[allow(unsafe_code)]
        let text = unsafe { Text::from_utf8_unchecked(payload) };
        Ok(Received::Message(Message::Text(text)))
    }

    /// Moves to the message what has arrived of its frame. Whether that was all of it.
    fn gather(&mut self, left: u64, fin: bool) -> Result<bool, Fault> {
        let message = self.message.as_mut().expect("a part belongs to a message");
        let length = left.min(self.buffer.len() as u64) as usize;
        let all = length as u64 == left;
        self.expected = if all { Expected::Head } else { Expected::Part { left: left - length as u64, fin } };
        let gathered = match &mut self.inflate {
            Some(inflate) if message.compressed => {
                inflate.push(&self.buffer[..length], all && fin, &mut message.data, self.limit)
            }
            _ => {
                message.data.extend_from_slice(&self.buffer[..length]);
                Ok(())
            }
        };
        self.buffer.advance(length);
        // Before anything else goes wrong, so that it does not matter in which pieces the bytes arrive.
        if all || gathered.is_err() {
            self.check_utf8()?;
        }
        gathered.map(|()| all)
    }

    /// Judges the part of a text that has arrived.
    fn check_utf8(&mut self) -> Result<(), Fault> {
        let text = match (&self.expected, &self.message) {
            (Expected::Whole(head), _) if head.is_text() => &self.buffer[..],
            (Expected::Whole(_), _) | (_, None) => return Ok(()),
            (_, Some(message)) if message.is_text => &message.data[..],
            (_, Some(_)) => return Ok(()),
        };
        match core::str::from_utf8(&text[self.checked..]) {
            Ok(_) => self.checked = text.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Fault::NotUtf8),
        }
        Ok(())
    }

    fn poll_read<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let (Expected::Part { left, .. }, Some(message)) = (&mut self.expected, &mut self.message) {
            // Straight to where it belongs. The memory grows with what arrives, not with what was announced.
            if *left > IDLE as u64 && !message.compressed {
                let room = (message.data.len().max(BUSY) as u64).min(*left) as usize;
                message.data.reserve_exact(room);
                let read = ready!(pin!(stream.read_buf(&mut (&mut message.data).limit(room))).poll(cx))?;
                *left -= read as u64;
                self.large_reads = self.large_reads.saturating_add(1);
                return Poll::Ready(Ok(read));
            }
        }
        let (read, room) = if self.size == IDLE {
            let mut scratch = [MaybeUninit::uninit(); IDLE];
            let mut scratch = ReadBuf::uninit(&mut scratch);
            ready!(Pin::new(stream).poll_read(cx, &mut scratch))?;
            self.buffer.extend_from_slice(scratch.filled());
            (scratch.filled().len(), IDLE)
        } else {
            self.make_room();
            let room = self.buffer.capacity() - self.buffer.len();
            (ready!(pin!(stream.read_buf(&mut self.buffer)).poll(cx))?, room)
        };
        self.adapt(read, room);
        Poll::Ready(Ok(read))
    }

    /// Room that messages do not keep is used again; of a buffer that they keep, what is left of it.
    fn make_room(&mut self) {
        self.kept = self.kept.saturating_sub(1);
        let spare = self.buffer.capacity() - self.buffer.len();
        if !self.buffer.try_reclaim(self.size) && spare < IDLE {
            let mut fresh = BytesMut::with_capacity(self.size + WHOLE);
            fresh.extend_from_slice(&self.buffer);
            let before = core::mem::replace(&mut self.buffer, fresh).freeze();
            if !before.is_unique() {
                self.kept = KEPT;
            }
        }
    }

    /// Reads that fill all the room they have tell of more to come.
    fn adapt(&mut self, read: usize, room: usize) {
        if read > IDLE {
            self.large_reads = self.large_reads.saturating_add(1);
        }
        self.run = if read == room { self.run.saturating_add(read) } else { 0 };
        if self.run >= IDLE && self.size < BUSY {
            self.large_reads = self.large_reads.saturating_add(1);
            self.size = (self.size * 4).min(BUSY);
        }
    }
}

#[cold]
fn take_control(control: Control, payload: Bytes) -> Result<Received, Fault> {
    Ok(match control {
        Control::Ping => Received::Ping(payload),
        Control::Pong => Received::Pong(payload),
        _ => Received::Close(frames::parse_close(&payload)?.map(|(code, reason)| (code, reason.to_owned()))),
    })
}

#[cfg(test)]
#[path = "tests/read.rs"]
mod tests;
