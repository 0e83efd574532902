//! Writing: from messages to a byte stream. Frames are collected in a small buffer and written with few system calls.
//!
//! Tungstenite's writer is not used: it keeps whole messages in a buffer that never shrinks, and logs their payloads at
//! its finest level. A message larger than [`PART`] is sent in fragments (RFC 6455, section 5.4), of which one is in the
//! buffer at a time, so that a Ping, Pong or Close frame never waits for more than one fragment.

mod progress;

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::Bytes;
use homing_machine::{Delivery, InFlight};
use tokio::io::AsyncWrite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::deflate::Deflater;
use super::frames;
use crate::close::CloseCode;
use crate::message::Message;

/// Bytes that are collected before they are written. This many save system calls, and no more are lost with a connection
/// before the operating system has them.
const BATCH: usize = 64 * 1024;
/// The largest payload of a frame in bytes.
const PART: usize = 64 * 1024;
/// The most bytes of Pongs that are collected while there is more to read, or while the stream is full.
const PONGS: usize = 4 * 1024;
/// A buffer of up to this many bytes is kept while idle.
const SMALL: usize = 4 * 1024;

/// A heartbeat: what is sent to detect an unresponsive peer.
pub(crate) enum Heartbeat {
    /// A Ping with this number as payload.
    Ping(u64),
    Message(Message),
}

/// Writes messages and control frames to a stream.
pub(crate) struct Writer {
    /// Frames as sent, of which the first `written` bytes were written to the stream.
    buffer: Vec<u8>,
    written: usize,
    /// Bytes of message payload in the buffer.
    payload: usize,
    /// The remaining payload of the message that is being sent in fragments.
    rest: Option<Bytes>,
    /// The heartbeat that waits for the stream to have room.
    heartbeat: Option<Heartbeat>,
    /// Payload of the Close frame that waits for the end of a fragmented message.
    close: Option<Vec<u8>>,
    /// Bytes of Pongs in the buffer.
    pongs: usize,
    /// Payload of the Pong for the latest Ping, if the buffer had no room for it (section 5.5.3).
    pong: Option<Bytes>,
    /// The buffer has Pongs that are written when there is nothing more to read.
    corked: bool,
    /// The stream was written to but not flushed since.
    unflushed: bool,
    /// The Close frame was put into the buffer: nothing may follow it.
    closed: bool,
    /// A fragmented message was cut off by the Close frame.
    abandoned: bool,
    /// Written bytes are passed to the operating system at once, without a flush.
    is_direct: bool,
    in_flight: InFlight,
    delivery: Delivery,
    deflater: Option<Deflater>,
    /// The stream was full, and the end of this was not reported yet.
    pub(crate) owes_report: bool,
    /// The buffer has been large since the last `tidy`.
    was_large: bool,
    /// The error of writing. Nothing is written after it.
    pub(crate) error: Option<io::Error>,
}

impl Writer {
    /// `is_direct`: the stream has no buffer of its own.
    pub(crate) fn new(deflater: Option<Deflater>, is_direct: bool) -> Self {
        Self {
            buffer: Vec::new(),
            written: 0,
            payload: 0,
            rest: None,
            heartbeat: None,
            close: None,
            pongs: 0,
            pong: None,
            corked: false,
            unflushed: false,
            closed: false,
            abandoned: false,
            is_direct,
            in_flight: InFlight::default(),
            delivery: Delivery::default(),
            deflater,
            owes_report: false,
            was_large: false,
            error: None,
        }
    }

    /// Takes messages from the front of `batch` until the stream is full.
    pub(crate) fn send<S: AsyncWrite + Unpin>(
        &mut self,
        batch: &mut VecDeque<Message>,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) {
        loop {
            if (self.buffer.len() >= BATCH || self.rest.is_some()) && self.poll_flush(stream, cx).is_pending() {
                return;
            }
            // After a Close frame or an error, messages wait for the next connection.
            if self.closed || self.close.is_some() || self.error.is_some() {
                return;
            }
            let Some(message) = batch.pop_front() else {
                return;
            };
            self.message(message);
        }
    }

    /// Puts a message, or its first fragment, into the buffer.
    fn message(&mut self, message: Message) {
        let (payload, kind): (Bytes, _) = match message {
            Message::Text(text) => (text.into(), Data::Text),
            Message::Binary(data) => (data, Data::Binary),
        };
        let compressed = self.deflater.as_mut().and_then(|deflater| deflater.compress(&payload));
        let is_compressed = compressed.is_some();
        let mut payload = compressed.unwrap_or(payload);
        if payload.len() <= PART {
            self.frame(OpCode::Data(kind), is_compressed, true, &payload, true);
        } else {
            let part = payload.split_to(PART);
            self.frame(OpCode::Data(kind), is_compressed, false, &part, true);
            self.rest = Some(payload);
        }
    }

    /// Sends a heartbeat. While the stream is full only the latest one waits.
    pub(crate) fn heartbeat(&mut self, heartbeat: Heartbeat) {
        if self.closed || self.error.is_some() {
            return;
        }
        if self.is_blocked() {
            self.heartbeat = Some(heartbeat);
        } else {
            self.put_heartbeat(heartbeat);
        }
    }

    /// Puts a heartbeat into the buffer. A Ping may be sent between fragments; a message waits for the end of another.
    fn put_heartbeat(&mut self, heartbeat: Heartbeat) {
        match heartbeat {
            Heartbeat::Ping(beat) => {
                self.frame(OpCode::Control(Control::Ping), false, true, &beat.to_be_bytes(), false);
            }
            Heartbeat::Message(message) if self.rest.is_some() => {
                self.heartbeat = Some(Heartbeat::Message(message));
            }
            Heartbeat::Message(message) => {
                let kind = if message.is_text() { Data::Text } else { Data::Binary };
                self.frame(OpCode::Data(kind), false, true, message.as_bytes(), false);
            }
        }
    }

    /// Answers a Ping. Answers are collected while there is more to read and written together. If the stream is full and
    /// [`PONGS`] bytes wait, only the latest further Ping is answered (rule S20b).
    pub(crate) fn pong<S: AsyncWrite + Unpin>(&mut self, payload: Bytes, stream: &mut S, cx: &mut Context<'_>) {
        if self.pongs >= PONGS && self.corked {
            let _ = self.poll_flush(stream, cx);
        }
        if self.closed || self.error.is_some() {
            return;
        }
        if self.pongs >= PONGS {
            self.pong = Some(payload);
            return;
        }
        self.corked |= !self.is_blocked();
        let before = self.buffer.len();
        self.frame(OpCode::Control(Control::Pong), false, true, &payload, false);
        self.pongs += self.buffer.len() - before;
    }

    /// Sends a Close frame after everything that was taken. If it `answers` the peer's, it cuts off a fragmented message,
    /// because the peer discards the rest.
    pub(crate) fn close(&mut self, frame: Option<(CloseCode, &str)>, answers: bool) {
        // The first Close frame is the one that is sent.
        if self.closed {
            return;
        }
        let payload = frame.map_or_else(Vec::new, |(code, reason)| {
            let mut payload = code.get().to_be_bytes().to_vec();
            payload.extend_from_slice(reason.as_bytes());
            payload
        });
        let payload = self.close.take().unwrap_or(payload);
        if answers {
            self.abandoned |= self.rest.take().is_some();
        } else if self.rest.is_some() {
            self.close = Some(payload);
            return;
        }
        self.finish(&payload);
    }

    /// Puts the Close frame into the buffer.
    fn finish(&mut self, payload: &[u8]) {
        self.frame(OpCode::Control(Control::Close), false, true, payload, false);
        self.closed = true;
        (self.pong, self.heartbeat) = (None, None);
    }

    /// Puts a frame into the buffer. `counts`: it belongs to a message of the user, not to a heartbeat.
    #[inline]
    fn frame(&mut self, opcode: OpCode, compressed: bool, fin: bool, payload: &[u8], counts: bool) {
        let bytes = frames::put(&mut self.buffer, opcode, compressed, fin, payload);
        if counts {
            self.payload += payload.len();
        }
        if counts && fin {
            self.in_flight.message(bytes);
        } else {
            self.in_flight.other(bytes);
        }
    }

    /// Puts what waits into the empty buffer. Returns whether there was anything.
    fn refill(&mut self) -> bool {
        if let Some(pong) = self.pong.take() {
            self.frame(OpCode::Control(Control::Pong), false, true, &pong, false);
        }
        if let Some(heartbeat) = self.heartbeat.take() {
            self.put_heartbeat(heartbeat);
        }
        if let Some(rest) = &mut self.rest {
            let part = rest.split_to(rest.len().min(PART));
            let is_last = rest.is_empty();
            if is_last {
                self.rest = None;
            }
            self.frame(OpCode::Data(Data::Continue), false, is_last, &part, true);
        } else if let Some(close) = self.close.take() {
            self.finish(&close);
        }
        !self.buffer.is_empty()
    }

    /// Writes until everything that was taken has left, or writing failed, which sets [`error`](Self::error).
    pub(crate) fn poll_flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<()> {
        self.corked = false;
        while self.error.is_none() {
            let Poll::Ready(written) = self.poll_buffer(stream, cx) else {
                self.owes_report = true;
                return Poll::Pending;
            };
            match written {
                Ok(()) if self.refill() => {}
                Ok(()) => break,
                Err(error) => self.error = Some(error),
            }
        }
        if let Some(deflater) = &mut self.deflater {
            deflater.release();
        }
        Poll::Ready(())
    }

    fn poll_buffer<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.buffer[self.written..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            self.unflushed = !self.is_direct;
        }
        if self.unflushed {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        self.was_large |= self.buffer.len() > SMALL;
        self.buffer.clear();
        (self.written, self.payload, self.pongs) = (0, 0, 0);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "../tests/write.rs"]
mod tests;
