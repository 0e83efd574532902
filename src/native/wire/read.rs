//! Reading: from a byte stream to messages and control frames. Bytes are checked as they arrive, not once a frame or
//! message is complete.
//!
//! Frames that are complete in the read buffer become messages without a copy, unless the program was seen to keep
//! messages: a kept slice would keep far more memory alive than it shows. Fragments, compressed messages and frames larger
//! than a read are gathered in memory of their own as they arrive.

use core::mem::take;
use core::pin::pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Buf, BufMut, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::protocol::frame::coding::Control;

use super::deflate::Inflate;
use super::frames::{self, Fault, Head};
use super::read_buffer::{BUSY, IDLE, ReadBuffer};
use crate::message::{Message, Text};

/// The least number of bytes that a message in fragments is grown by.
const SMALLEST: usize = 64;
/// The largest message that can be gathered: a vector doubles its capacity when it grows, and panics beyond `isize::MAX`.
const LARGEST: usize = isize::MAX as usize / 2;

/// What the peer sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    Message(Message),
    Ping(Bytes),
    Pong(Bytes),
    Close(Option<(u16, String)>),
}

/// Reads messages and control frames from a stream.
pub(crate) struct Reader {
    buffer: ReadBuffer,
    expected: Expected,
    /// The message whose frames are arriving, unless it is complete in the buffer.
    message: Option<Gathered>,
    /// Number of bytes of the arriving text that were found to be UTF-8.
    checked: usize,
    /// The largest message, in bytes of payload.
    limit: usize,
    inflate: Option<Inflate>,
    /// Bytes have arrived since the last [`take_arrived`](Self::take_arrived).
    arrived: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy)]
enum Expected {
    Head,
    /// A frame's payload, which is collected in the buffer.
    Whole(Head),
    /// A frame's payload, which moves to the message as it arrives.
    Part {
        left: u64,
        fin: bool,
    },
}

/// A message that is gathered piece by piece.
struct Gathered {
    data: Vec<u8>,
    is_text: bool,
    compressed: bool,
}

impl Reader {
    /// Starts with the bytes that were `read` behind the handshake. `limit` is the largest message in bytes.
    pub(crate) fn new(read: &[u8], limit: usize, inflate: Option<Inflate>) -> Self {
        Self {
            buffer: ReadBuffer::new(read),
            expected: Expected::Head,
            message: None,
            checked: 0,
            limit: limit.min(LARGEST),
            inflate,
            arrived: false,
        }
    }

    /// Returns the next message or control frame. After a fault or a Close frame there is none.
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
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Fault::Ended)),
                Poll::Ready(Ok(_)) => self.arrived = true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Fault::Io(error))),
                Poll::Pending => {
                    if let Some(inflate) = &mut self.inflate {
                        inflate.release();
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    /// Whether bytes have arrived since the last call.
    pub(crate) fn take_arrived(&mut self) -> bool {
        take(&mut self.arrived)
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.is_large() || self.inflate.as_ref().is_some_and(Inflate::is_large)
    }

    /// Frees the buffers if they were not needed since the last call.
    pub(crate) fn tidy(&mut self) {
        self.buffer.tidy();
        if let Some(inflate) = &mut self.inflate {
            inflate.tidy();
        }
    }

    /// Returns how many bytes the memory of the incomplete message has.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn gathered(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.data.capacity())
    }

    /// Takes the next message or control frame from the buffer. Returns `None` if more bytes must be read first.
    #[inline]
    fn take(&mut self) -> Result<Option<Received>, Fault> {
        loop {
            match self.expected {
                Expected::Head => {
                    let Some((head, size)) = frames::parse(&self.buffer.bytes, self.inflate.is_some())? else {
                        return Ok(None);
                    };
                    self.buffer.bytes.advance(size);
                    self.expected = self.admit(head)?;
                }
                Expected::Whole(head) => {
                    let length = head.length as usize;
                    if self.buffer.bytes.len() < length {
                        self.check_utf8()?;
                        return Ok(None);
                    }
                    self.expected = Expected::Head;
                    let payload = self.buffer.payload(length);
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

    /// Checks that this frame may come now, and chooses how its payload is read.
    #[inline]
    fn admit(&mut self, head: Head) -> Result<Expected, Fault> {
        if head.control().is_some() {
            return Ok(Expected::Whole(head));
        }
        let before = match (&self.message, head.continues()) {
            (None, true) => return Err(Fault::Protocol("continuation frame without a message")),
            (Some(_), false) => return Err(Fault::Protocol("message begins inside another")),
            (None, false) => 0,
            (Some(message), true) => message.data.len(),
        };
        let compressed = self.message.as_ref().map_or(head.compressed, |message| message.compressed);
        // The length of a compressed message is checked while it is inflated.
        if !compressed && head.length > (self.limit - before) as u64 {
            return Err(Fault::TooLarge(self.limit));
        }
        if self.message.is_none() {
            if head.fin && !compressed && head.length <= self.buffer.largest() as u64 {
                return Ok(Expected::Whole(head));
            }
            let data = Vec::with_capacity(if compressed { 0 } else { head.length.min(BUSY as u64) as usize });
            self.message = Some(Gathered { data, is_text: head.is_text(), compressed });
        }
        Ok(Expected::Part { left: head.length, fin: head.fin })
    }

    /// Returns the complete message. Fails if it is text but not UTF-8.
    #[inline]
    fn whole(&mut self, payload: Bytes, is_text: bool) -> Result<Received, Fault> {
        if !is_text {
            return Ok(Received::Message(Message::Binary(payload)));
        }
        check_text(&payload[take(&mut self.checked)..])?;
        // SAFETY: all bytes before `checked` passed the same test, which ended there between two characters.
        #[allow(unsafe_code)]
        let text = unsafe { Text::from_utf8_unchecked(payload) };
        Ok(Received::Message(Message::Text(text)))
    }

    /// Moves the bytes of this frame that have arrived to the message. Returns whether the frame is complete.
    fn gather(&mut self, left: u64, fin: bool) -> Result<bool, Fault> {
        let message = self.message.as_mut().expect("a part belongs to a message");
        let length = left.min(self.buffer.bytes.len() as u64) as usize;
        let all = length as u64 == left;
        self.expected = if all { Expected::Head } else { Expected::Part { left: left - length as u64, fin } };
        let gathered = match &mut self.inflate {
            Some(inflate) if message.compressed => {
                inflate.push(&self.buffer.bytes[..length], all && fin, &mut message.data, self.limit)
            }
            _ => {
                let data = &mut message.data;
                if data.capacity() - data.len() < length {
                    // Doubled, but never for more than the largest message. `admit` has checked that this part fits.
                    data.reserve_exact(data.len().max(length).max(SMALLEST).min(self.limit - data.len()));
                }
                data.extend_from_slice(&self.buffer.bytes[..length]);
                Ok(())
            }
        };
        self.buffer.bytes.advance(length);
        // Checked before any other fault is reported, so that the result does not depend on how the bytes were split.
        self.check_utf8()?;
        gathered.map(|()| all)
    }

    /// Checks the part of a text that has arrived. An incomplete character at its end may still be completed.
    fn check_utf8(&mut self) -> Result<(), Fault> {
        let text = match (&self.expected, &self.message) {
            (Expected::Whole(head), _) if head.is_text() => &self.buffer.bytes[..],
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

    /// Reads once, into the buffer or directly into the message.
    fn poll_read<S: AsyncRead + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let (Expected::Part { left, .. }, Some(message)) = (&mut self.expected, &mut self.message) {
            // The memory grows with the bytes that arrive, not with the length that the frame announces.
            if *left > IDLE as u64 && !message.compressed {
                let data = &mut message.data;
                // Only when it is full: to reserve at each read would copy the message for each of them.
                if data.len() == data.capacity() {
                    data.reserve_exact((data.len().max(BUSY) as u64).min(*left) as usize);
                }
                let room = ((data.capacity() - data.len()) as u64).min(*left) as usize;
                let read = ready!(pin!(stream.read_buf(&mut data.limit(room))).poll(cx))?;
                *left -= read as u64;
                self.buffer.count_large_read();
                return Poll::Ready(Ok(read));
            }
        }
        let frame = if let Expected::Whole(head) = self.expected { Some(head.length as usize) } else { None };
        self.buffer.poll_read(stream, cx, frame)
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

/// Fails if text is not UTF-8. A function of its own, as binary messages cost 10 % more where it is inlined.
#[inline(never)]
fn check_text(text: &[u8]) -> Result<(), Fault> {
    // Checks several words at a time where `from_utf8` checks two, and ends at the first that is not ASCII.
    if text.is_ascii() { Ok(()) } else { core::str::from_utf8(text).map(drop).map_err(|_| Fault::NotUtf8) }
}

#[cfg(test)]
#[path = "tests/read.rs"]
mod tests;
