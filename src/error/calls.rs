//! The errors that methods return.

use alloc::string::String;

use crate::close::CloseCode;
use crate::message::Message;

/// The value of an option cannot work (S1). Returned by [`Builder::connect`](crate::Builder::connect), before anything is
/// dialled.
///
/// ```
/// use homing::memory::Network;
/// use homing::WebSocket;
///
/// let error = Network::new().connect(WebSocket::builder("wss://example.com").max_send_buffer(0)).unwrap_err();
/// assert_eq!(error.option, "max_send_buffer");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{option}: {fault}")]
pub struct ConfigError {
    /// The name of the option, which is that of the builder's method.
    pub option: &'static str,
    /// Why the value cannot work. Does not repeat a text, which may be a secret.
    pub fault: String,
}

impl ConfigError {
    pub(crate) fn new(option: &'static str, fault: impl Into<String>) -> Self {
        Self { option, fault: fault.into() }
    }
}

/// A message was not queued. Returned by [`WebSocket::send`](crate::WebSocket::send), and contains the message.
///
/// ```
/// # use homing::memory::Network;
/// use homing::{SendErrorKind, WebSocket};
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// # let network = Network::new();
/// # let connect = |builder| network.connect(builder);
/// let ws = connect(WebSocket::builder("wss://example.com").max_send_buffer(1))?;
/// assert!(ws.send("first").is_ok()); // the message that crosses the limit is taken
/// let error = ws.send("second").unwrap_err();
/// assert_eq!(error.kind(), SendErrorKind::Full);
/// assert_eq!(error.into_message(), "second".into());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("message not queued: {kind}")]
pub struct SendError {
    pub(crate) kind: SendErrorKind,
    pub(crate) message: Message,
}

impl SendError {
    /// Returns why the message was not queued.
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// Returns the message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Returns the message by value.
    pub fn into_message(self) -> Message {
        self.message
    }
}

/// Why a message was not queued. Returned by [`SendError::kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// The send buffer holds [`max_send_buffer`](crate::Builder::max_send_buffer) bytes or more.
    /// [`ready`](crate::WebSocket::ready) waits for room.
    #[error("send buffer full")]
    Full,
    /// The client is closed, or is closing and will not reconnect.
    #[error("client closed")]
    Closed,
    /// The [session](crate::Session) is over: its set-up has returned, or its connection is gone.
    #[error("session over")]
    SessionOver,
    /// The bytes of a text message are not valid UTF-8 (RFC 6455, section 5.6).
    #[error("invalid UTF-8 in a text message")]
    NotUtf8,
}

impl SendErrorKind {
    pub(crate) fn of(kind: homing_machine::SendErrorKind) -> Self {
        match kind {
            homing_machine::SendErrorKind::Full => Self::Full,
            homing_machine::SendErrorKind::Closed => Self::Closed,
        }
    }
}

/// The code or the reason may not be sent (S9). Returned by [`WebSocket::close`](crate::WebSocket::close), which then does
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The code is neither 1000 nor from 3000 to 4999.
    #[error("close code {0} is not allowed, expected 1000 or 3000 to 4999")]
    Code(u16),
    /// The reason has this many bytes of UTF-8, more than 123 (RFC 6455, section 5.5).
    #[error("close reason too long: {0} bytes, expected at most 123")]
    Reason(usize),
}

impl CloseError {
    /// Checks what is to be sent in a Close frame.
    pub(crate) fn check(code: CloseCode, reason: &str) -> Result<(), Self> {
        if !code.may_be_sent() {
            return Err(Self::Code(code.get()));
        }
        if reason.len() > 123 {
            return Err(Self::Reason(reason.len()));
        }
        Ok(())
    }
}

/// Not every message that was queued before a [`flush`](crate::WebSocket::flush) has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// The client ended first. [`take_unsent`](crate::WebSocket::take_unsent) returns the messages that were still queued.
    #[error("client ended before every message had left")]
    Ended,
    /// A connection broke with at least one of the messages, or one was taken back by `take_unsent`.
    #[error("message lost with its connection, or taken back")]
    Lost,
    /// The future was polled inside a callback of the same client, on its thread. Nothing leaves until the callback returns,
    /// so that blocking would never end. Spawn a task that waits instead.
    #[error("flush inside a callback of the same client: nothing leaves before the callback returns")]
    InCallback,
}

/// A heartbeat that was asked for by [`ping`](crate::WebSocket::ping) was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PingError {
    /// The client was not open, so that nothing was sent.
    #[error("ping not sent: the client is not open")]
    NotOpen,
    /// The connection ended, or began to close, before the answer arrived.
    #[error("ping not answered: the connection ended first")]
    Lost,
    /// There is no heartbeat that can be sent: browsers cannot send Ping frames, and the client has no heartbeat message.
    #[error("ping not sent: the platform cannot send Ping frames, and there is no heartbeat message")]
    Unsupported,
}
