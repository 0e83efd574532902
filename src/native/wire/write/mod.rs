//! From messages to a byte stream: frames are put together in a buffer that stays small, and leave with few system
//! calls.
//!
//! Tungstenite's own writer is not used, as it keeps whole messages in a buffer that never shrinks and, at its finest
//! level, logs their payloads. A message that is larger than [`PART`] is sent in fragments (RFC 6455, section 5.4): only
//! one of them is in the buffer at a time, so that a Ping, Pong or Close frame never waits for more than that.

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

/// How many bytes are put together before they are written: enough to make a system call worth its while, and all that
/// is lost with a connection before the operating system has it.
const BATCH: usize = 64 * 1024;
/// The largest payload of one frame.
const PART: usize = 64 * 1024;
/// How many bytes of Pongs are put together while there is more to be read, or while the stream takes nothing.
const PONGS: usize = 4 * 1024;
/// A buffer of this size is kept.
const SMALL: usize = 4 * 1024;

/// What is sent to find out whether the peer is there.
pub(crate) enum Heartbeat {
    /// With this number as its payload.
    Ping(u64),
    Message(Message),
}

/// What goes to the server.
pub(crate) struct Writer {
    /// Frames as they go over the wire, of which `written` bytes have been written.
    buffer: Vec<u8>,
    written: usize,
    /// Payload of messages in the buffer.
    payload: usize,
    /// What is left of the message of which only a part is in the buffer, or has left.
    rest: Option<Bytes>,
    /// The heartbeat that waits for the stream to take more.
    heartbeat: Option<Heartbeat>,
    /// The Close frame that waits behind that message.
    close: Option<Vec<u8>>,
    /// Pongs in the buffer, in bytes.
    pongs: usize,
    /// The Pong that is owed to the latest Ping, if there is no room for it in the buffer (section 5.5.3).
    pong: Option<Bytes>,
    /// Pongs were put into the buffer and leave when nothing more is to be read.
    corked: bool,
    /// The stream has not been flushed since it was last written to.
    unflushed: bool,
    /// The Close frame is in the buffer or has left: nothing may follow.
    closed: bool,
    /// A message was given up for the Close frame.
    abandoned: bool,
    /// What is written to the stream is with the operating system, unless it is flushed first.
    is_direct: bool,
    in_flight: InFlight,
    delivery: Delivery,
    deflater: Option<Deflater>,
    /// The stream was full, and it has not been reported that all has left since.
    pub(crate) owes_report: bool,
    /// The buffer has been large since the last `tidy`.
    was_large: bool,
    /// Writing failed: nothing more is written.
    pub(crate) error: Option<io::Error>,
}

impl Writer {
    /// `is_direct`: a stream without a buffer of its own.
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

    /// Takes messages until the stream has no more room.
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
            // What follows the Close frame, or an error, is for the next connection.
            if self.closed || self.close.is_some() || self.error.is_some() {
                return;
            }
            let Some(message) = batch.pop_front() else {
                return;
            };
            self.message(message);
        }
    }

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

    /// Sends a heartbeat. While the stream takes nothing at most one waits, the latest.
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

    /// A Ping goes between the fragments of a message; a message waits for the end of another.
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

    /// Answers a Ping. Answers wait for the end of what is at hand, so that many of them leave together. If the stream
    /// does not take them, only the latest of further ones is owed an answer.
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

    /// Sends the Close frame behind everything that was taken; at once if it `answers` the peer's, who reads no more.
    pub(crate) fn close(&mut self, frame: Option<(CloseCode, &str)>, answers: bool) {
        let payload = frame.map_or_else(Vec::new, |(code, reason)| {
            let mut payload = code.get().to_be_bytes().to_vec();
            payload.extend_from_slice(reason.as_bytes());
            payload
        });
        // The one that waits is as good.
        let payload = self.close.take().unwrap_or(payload);
        if answers {
            self.abandoned |= self.rest.take().is_some();
        } else if self.rest.is_some() {
            self.close = Some(payload);
            return;
        }
        self.finish(&payload);
    }

    fn finish(&mut self, payload: &[u8]) {
        if !self.closed {
            self.frame(OpCode::Control(Control::Close), false, true, payload, false);
            self.closed = true;
            (self.pong, self.heartbeat) = (None, None);
        }
    }

    /// Puts a frame into the buffer. `counts` if it is part of a message of the user's, and not a heartbeat.
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

    /// What comes next once the buffer is empty. Returns whether there is anything.
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

    /// Writes until everything that was taken has left. An error is kept, and everything is over then.
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
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        self.was_large |= self.buffer.len() > SMALL;
        self.buffer.clear();
        (self.written, self.payload, self.pongs) = (0, 0, 0);
        self.in_flight.held(0);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "../tests/write.rs"]
mod tests;
