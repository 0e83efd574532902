//! How other libraries read the same bytes.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use futures_core::Stream as _;
pub(super) use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::{WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{self, Message as Theirs, error::ProtocolError};
use tokio_websockets::{ClientBuilder, Error, Limits, ServerBuilder, proto::ProtocolError as Violation};

use super::reading::Stream;
use crate::message::{Message, Text};
use crate::native::wire::read::Received;

/// Why another library stopped to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A Close frame, or the end of the stream.
    Ended,
    Protocol,
    NotUtf8,
    TooLarge,
}

pub(super) type Read = (Vec<Received>, End);

fn text(payload: impl Into<bytes::Bytes>) -> Option<Received> {
    Text::try_from(payload.into()).ok().map(|text| Received::Message(Message::Text(text)))
}

pub(super) fn tungstenite(mut stream: Stream<'_>, role: Role, limit: usize) -> Read {
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let mut socket = WebSocketContext::new(role, Some(config));
    let mut arrived = Vec::new();
    loop {
        let end = match socket.read(&mut stream) {
            Ok(message) => {
                arrived.push(match message {
                    Theirs::Text(it) => text(it).expect("tungstenite checks UTF-8"),
                    Theirs::Binary(it) => Received::Message(Message::Binary(it)),
                    Theirs::Ping(it) => Received::Ping(it),
                    Theirs::Pong(it) => Received::Pong(it),
                    Theirs::Close(it) => Received::Close(it.map(|it| (it.code.into(), it.reason.as_str().to_owned()))),
                    Theirs::Frame(_) => unreachable!("never read"),
                });
                match arrived.last() {
                    Some(Received::Close(_)) => End::Ended,
                    _ => continue,
                }
            }
            Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Ended,
            Err(tungstenite::Error::Protocol(_)) => End::Protocol,
            Err(tungstenite::Error::Utf8(_)) => End::NotUtf8,
            Err(tungstenite::Error::Capacity(_)) => End::TooLarge,
            Err(other) => panic!("{other}"),
        };
        return (arrived, end);
    }
}

/// Returns `None` if the library returned a text that is not UTF-8.
pub(super) fn tokio_websockets(stream: Stream<'_>, role: Role, limit: usize) -> Option<Read> {
    let limits = Limits::default().max_payload_len(Some(limit));
    let mut socket = match role {
        Role::Client => ClientBuilder::new().limits(limits).take_over(stream),
        Role::Server => ServerBuilder::new().limits(limits).serve(stream),
    };
    let mut arrived = Vec::new();
    loop {
        let Poll::Ready(next) = Pin::new(&mut socket).poll_next(&mut Context::from_waker(Waker::noop())) else {
            continue;
        };
        let end = match next {
            None => End::Ended,
            Some(Ok(message)) => {
                if let Some((code, reason)) = message.as_close() {
                    let code = u16::from(code);
                    // An empty Close frame is shown as this code, which cannot be sent.
                    arrived.push(Received::Close((code != 1005).then(|| (code, reason.to_owned()))));
                    return Some((arrived, End::Ended));
                }
                let (is_text, is_binary, is_ping) = (message.is_text(), message.is_binary(), message.is_ping());
                let payload = bytes::Bytes::from(bytes::BytesMut::from(message.into_payload()));
                arrived.push(match () {
                    () if is_text => text(payload)?,
                    () if is_binary => Received::Message(Message::Binary(payload)),
                    () if is_ping => Received::Ping(payload),
                    () => Received::Pong(payload),
                });
                continue;
            }
            Some(Err(Error::Protocol(Violation::InvalidUtf8))) => End::NotUtf8,
            Some(Err(Error::Protocol(_))) => End::Protocol,
            Some(Err(Error::PayloadTooLong { .. })) => End::TooLarge,
            // The decoder of tokio-util reports bytes of an incomplete frame so.
            Some(Err(Error::Io(error))) if error.kind() == std::io::ErrorKind::Other => End::Ended,
            Some(Err(other)) => panic!("{other}"),
        };
        return Some((arrived, end));
    }
}
