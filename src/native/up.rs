//! An open connection: writing in batches, and what control frames mean.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_sink::Sink as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::{self, Message as WireMessage};

use super::read_ahead::ReadAhead;
use super::stream::Stream;
use crate::close::CloseCode;
use crate::driver::SocketEvent;
use crate::message::Message;

pub(super) type Wire = WebSocketStream<ReadAhead<Stream>>;

/// How many bytes of payload are handed to tungstenite between two flushes: enough to make a system call worth its
/// while, and all that is lost with a connection before the operating system has it.
const BATCH: usize = 64 * 1024;

/// An open connection.
pub(super) struct Up {
    pub(super) wire: Wire,
    /// Payload that was handed over and has not left yet.
    pub(super) buffered: usize,
    /// Something was written and has not left yet.
    pub(super) unflushed: bool,
    /// A write failed; told at the next poll.
    pub(super) error: Option<tungstenite::Error>,
    /// The closing handshake was started on this side.
    pub(super) closing: bool,
    pub(super) peer_close: Option<(CloseCode, String)>,
}

impl Up {
    pub(super) fn new(wire: Wire) -> Self {
        Self { wire, buffered: 0, unflushed: false, error: None, closing: false, peer_close: None }
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
    pub(super) fn control(
        &mut self,
        control: WireMessage,
        cx: &mut Context<'_>,
    ) -> Result<SocketEvent, tungstenite::Error> {
        Ok(match control {
            WireMessage::Pong(payload) => match payload.as_ref().try_into() {
                Ok(beat) => SocketEvent::Answered(Some(u64::from_be_bytes(beat))),
                Err(_) => SocketEvent::Received { messages: 0, bytes: 0 },
            },
            WireMessage::Close(Some(frame)) if is_forbidden(&frame) => {
                return Err(ProtocolError::InvalidCloseSequence.into());
            }
            WireMessage::Close(frame) => {
                // Tungstenite has queued the answer, which leaves with the next flush only; as a pong does.
                self.unflushed = true;
                let _ = self.poll_flush(cx);
                let (code, reason) = match frame {
                    Some(frame) => (CloseCode::new(frame.code.into()), frame.reason.to_string()),
                    None => (CloseCode::NO_STATUS, String::new()),
                };
                self.peer_close = Some((code, reason.clone()));
                SocketEvent::Closing { code, reason }
            }
            _ => {
                self.unflushed = true;
                let _ = self.poll_flush(cx);
                SocketEvent::Received { messages: 0, bytes: 0 }
            }
        })
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
            let (payload, kind) = match message {
                Message::Text(text) => (text.into(), Data::Text),
                Message::Binary(data) => (data, Data::Binary),
            };
            self.write(WireMessage::Frame(Frame::message(payload, OpCode::Data(kind), true)));
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

/// Whether the peer's Close frame had a code that must not be sent (RFC 6455, section 7.4). Tungstenite has answered
/// such a frame by 1002 then, and shows its answer in place of it; unless our own Close frame came first, when it
/// shows what it got.
fn is_forbidden(frame: &CloseFrame) -> bool {
    let replaced = u16::from(frame.code) == CloseCode::PROTOCOL_ERROR.get() && frame.reason == "Protocol violation";
    replaced || !frame.code.is_allowed()
}
