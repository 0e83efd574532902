//! An open connection: writing in batches, and what control frames mean.

use alloc::collections::VecDeque;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_sink::Sink as _;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::{self, Message as WireMessage};

use super::deflate::Deflater;
use super::frames::Fault;
use super::incoming::{Arrived, Incoming};
use super::stream::Stream;
use crate::close::CloseCode;
use crate::driver::SocketEvent;
use crate::message::Message;

/// Tungstenite writes. What is read does not pass through it: it judges frames when they are whole only.
pub(super) type Wire = WebSocketStream<Stream>;

/// How many bytes of payload are handed to tungstenite between two flushes: enough to make a system call worth its
/// while, and all that is lost with a connection before the operating system has it.
const BATCH: usize = 64 * 1024;

/// An open connection.
pub(super) struct Up {
    pub(super) wire: Wire,
    pub(super) incoming: Incoming,
    deflater: Option<Deflater>,
    /// Payload that was handed over and has not left yet.
    pub(super) buffered: usize,
    /// Something was written and has not left yet.
    pub(super) unflushed: bool,
    /// A write failed; told at the next poll.
    pub(super) error: Option<tungstenite::Error>,
    /// Reading failed; told at the next poll.
    pub(super) fault: Option<Fault>,
    /// Our Close frame was sent.
    pub(super) closing: bool,
    pub(super) peer_close: Option<(CloseCode, String)>,
}

impl Up {
    pub(super) fn new(wire: Wire, incoming: Incoming, deflater: Option<Deflater>) -> Self {
        Self {
            wire,
            incoming,
            deflater,
            buffered: 0,
            unflushed: false,
            error: None,
            fault: None,
            closing: false,
            peer_close: None,
        }
    }

    #[inline]
    pub(super) fn poll_arrived(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arrived, Fault>> {
        self.incoming.poll(self.wire.get_mut(), cx)
    }

    /// Waits for the end of TCP after the peer's Close frame. What comes behind that is discarded (RFC 6455, 1.4).
    #[cold]
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scrap = [MaybeUninit::uninit(); 4096];
        loop {
            let mut scrap = ReadBuf::uninit(&mut scrap);
            match ready!(Pin::new(self.wire.get_mut()).poll_read(cx, &mut scrap)) {
                Ok(()) if !scrap.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    /// What became of the latest writes: an error, or all has left.
    pub(super) fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<Result<SocketEvent, tungstenite::Error>> {
        let flushed = self.poll_flush(cx);
        match self.error.take() {
            Some(error) => Poll::Ready(Err(error)),
            None => flushed.map(|()| Ok(SocketEvent::Buffered(0))),
        }
    }

    #[cold]
    pub(super) fn ping(&mut self, payload: Bytes, cx: &mut Context<'_>) -> SocketEvent {
        // Nothing may follow a Close frame.
        if !self.closing {
            self.write(WireMessage::Pong(payload));
            let _ = self.poll_flush(cx);
        }
        SocketEvent::Received { messages: 0, bytes: 0 }
    }

    #[cold]
    pub(super) fn pong(&self, payload: &[u8]) -> SocketEvent {
        match payload.try_into() {
            Ok(beat) => SocketEvent::Answered(Some(u64::from_be_bytes(beat))),
            Err(_) => SocketEvent::Received { messages: 0, bytes: 0 },
        }
    }

    /// The peer's Close frame, which is answered by the same unless it is the answer to ours.
    #[cold]
    pub(super) fn closed(&mut self, told: Option<(u16, String)>, cx: &mut Context<'_>) -> SocketEvent {
        if !self.closing {
            self.closing = true;
            let frame = told.as_ref().map(|(code, reason)| CloseFrame { code: (*code).into(), reason: reason.into() });
            self.write(WireMessage::Close(frame));
            let _ = self.poll_flush(cx);
        }
        let (code, reason) =
            told.map_or((CloseCode::NO_STATUS, String::new()), |(code, reason)| (CloseCode::new(code), reason));
        self.peer_close = Some((code, reason.clone()));
        SocketEvent::Closing { code, reason }
    }

    /// Hands messages over until the socket has no more room.
    pub(super) fn send(&mut self, batch: &mut VecDeque<Message>, cx: &mut Context<'_>) {
        while self.error.is_none() {
            if self.buffered >= BATCH && self.poll_flush(cx).is_pending() {
                return;
            }
            let Some(message) = batch.pop_front() else {
                return;
            };
            // An empty message counts as well, or a million of them would never be flushed.
            self.buffered += message.len().max(1);
            let (payload, kind): (Bytes, _) = match message {
                Message::Text(text) => (text.into(), Data::Text),
                Message::Binary(data) => (data, Data::Binary),
            };
            let compressed = self.deflater.as_mut().and_then(|deflater| deflater.compress(&payload));
            let is_compressed = compressed.is_some();
            let mut frame = Frame::message(compressed.unwrap_or(payload), OpCode::Data(kind), true);
            frame.header_mut().rsv1 = is_compressed;
            self.write(WireMessage::Frame(frame));
        }
    }

    pub(super) fn write(&mut self, message: WireMessage) {
        self.unflushed = true;
        if let Err(error) = Pin::new(&mut self.wire).start_send(message) {
            self.failed(error);
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.unflushed {
            let flushed = ready!(Pin::new(&mut self.wire).poll_flush(cx));
            self.unflushed = false;
            self.buffered = 0;
            if let Some(deflater) = &mut self.deflater {
                deflater.rest();
            }
            if let Err(error) = flushed {
                self.failed(error);
            }
        }
        Poll::Ready(())
    }

    /// After the peer's Close frame, a write that fails is no news: what it said and TCP's end are still to be read.
    fn failed(&mut self, error: tungstenite::Error) {
        if self.peer_close.is_none() && !matches!(error, tungstenite::Error::ConnectionClosed) {
            self.error.get_or_insert(error);
        }
    }
}
