//! The end of an attempt, and the end of a client.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

#[doc(inline)]
pub use homing_machine::{CloseCode, EndReason, Initiator};

use crate::error::Error;

/// The end of one attempt (S12). Passed to [`on_close`](crate::Handler::on_close).
///
/// An attempt that failed has an [`Error`] as well, which `on_error` receives before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseEvent {
    /// The close code of the peer's Close frame (RFC 6455, section 7.1.5); 1005 if the frame had no code, and 1006 if there was no
    /// Close frame.
    pub code: CloseCode,
    /// The reason in the peer's Close frame; empty if there was none.
    pub reason: String,
    /// Whether the closing handshake was completed (RFC 6455, section 7.1.4).
    pub clean: bool,
    /// Which side ended the attempt.
    pub initiator: Initiator,
    /// The delay until the next attempt; `None` if the client will not dial again.
    pub retry_in: Option<Duration>,
    /// The number of messages that were lost with the connection (S15): the socket had taken them, and at least one byte of
    /// each had not left for the operating system or the browser. They are not sent again, because the peer may have received
    /// them in part.
    ///
    /// A message that had left this machine is not counted, even if the network or a dead server discarded it: only an answer
    /// of the peer proves that a message arrived.
    ///
    /// With TLS and in browsers the number may be slightly too high, because these take messages in larger portions. After a
    /// protocol violation, the message that was being sent may still arrive.
    pub lost: u64,
}

impl CloseEvent {
    pub(crate) fn of(close: &homing_machine::CloseEvent<String>) -> Self {
        let homing_machine::CloseEvent { code, ref reason, clean, initiator, retry_in, lost } = *close;
        Self { code, reason: reason.clone(), clean, initiator, retry_in, lost }
    }
}

/// The end of a client (S4). Passed to [`on_end`](crate::Handler::on_end) and returned by
/// [`closed`](crate::WebSocket::closed).
///
/// [`reconnect`](crate::WebSocket::reconnect) starts a client over that has ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct End {
    /// Why the client ended.
    pub reason: EndReason,
    /// The number of messages that were still queued. [`take_unsent`](crate::WebSocket::take_unsent) returns them.
    pub unsent: usize,
    /// The end of the last attempt; `None` if there was no attempt.
    pub close: Option<CloseEvent>,
    /// The error of the last attempt; `None` if it did not fail.
    pub error: Option<Error>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client ended: {}", self.reason)
    }
}

/// The source is the [`error`](End::error) of the last attempt.
impl core::error::Error for End {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.error.as_ref().map(|error| error as _)
    }
}
