//! How an attempt, and how a client, came to its end.

use alloc::string::String;
use core::time::Duration;

use homing_machine as machine;
#[doc(inline)]
pub use homing_machine::{CloseCode, EndReason, Initiator};

use crate::driver::Types;
use crate::error::Error;

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseEvent {
    /// The peer's close code; 1005 where its Close frame had none, 1006 where there was no Close frame.
    pub code: CloseCode,
    /// The peer's reason; empty where it gave none.
    pub reason: String,
    /// Whether the closing handshake was completed.
    pub clean: bool,
    /// Who ended it.
    pub initiator: Initiator,
    /// How long until the next attempt; `None` when there will be none.
    pub retry_in: Option<Duration>,
    /// How many messages were lost: the socket had taken them, and at least one byte of each had not left for the
    /// operating system or browser when it broke. They are not sent again, as a peer may have seen a part.
    ///
    /// Over TLS, and in browsers, it may be a few more, as these take messages in larger portions. After a violation of the
    /// protocol the message that was being sent may still arrive.
    pub lost: u64,
}

impl From<&machine::CloseEvent<String>> for CloseEvent {
    fn from(close: &machine::CloseEvent<String>) -> Self {
        let machine::CloseEvent { code, ref reason, clean, initiator, retry_in, lost } = *close;
        Self { code, reason: reason.clone(), clean, initiator, retry_in, lost }
    }
}

/// The end of a client: what [`on_end`](crate::Handler::on_end) and [`closed`](crate::WebSocket::closed) tell.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct End {
    /// Why it ended.
    pub reason: EndReason,
    /// How many messages were still queued; [`take_unsent`](crate::WebSocket::take_unsent) hands them back.
    pub unsent: usize,
    /// The last attempt's end, if there was an attempt.
    pub close: Option<CloseEvent>,
    /// The last attempt's error, if it failed.
    pub error: Option<Error>,
}

impl From<&machine::End<Types>> for End {
    fn from(end: &machine::End<Types>) -> Self {
        let machine::End { reason, unsent, ref close, ref error } = *end;
        Self { reason, unsent, close: close.as_ref().map(Into::into), error: error.clone() }
    }
}
