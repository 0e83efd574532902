//! The end of attempts and clients.

use core::fmt;

use crate::units::{Count, Duration};

/// A close code (RFC 6455, section 7.4).
///
/// It can be compared with a number, as in `code == 4001`. To match on the number, convert it: `match u16::from(code)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: normal closure, the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the peer goes away, for example a server that shuts down.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer violated the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint cannot accept this type of data.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. It is reported, but never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection was closed without a Close frame. It is reported, but never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: invalid payload, for example text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message violates the policy of the endpoint.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message is too large for the receiver.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the client needs an extension that the server did not negotiate.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: internal error of the server.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the server is overloaded.
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// Creates a close code from its number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Returns the number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns whether an application may send this code: 1000 and 3000 to 4999, as in browsers.
    pub const fn may_be_sent(self) -> bool {
        matches!(self.0, 1000 | 3000..=4999)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl PartialEq<u16> for CloseCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

/// Who ended an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// This side: `close`, `abort`, `reconnect`, or the drop of the last handle.
    Local,
    /// The peer, by a Close frame.
    Remote,
    /// An error, which `on_error` reported before.
    Failure,
}

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseEvent<Text> {
    /// The peer's close code; 1005 if its Close frame had none, 1006 if there was no Close frame.
    pub code: CloseCode,
    /// The peer's reason; empty if it gave none.
    pub reason: Text,
    /// Whether the closing handshake was completed.
    pub clean: bool,
    /// Who ended it.
    pub initiator: Initiator,
    /// The delay until the next attempt; `None` if there will be none.
    pub retry_in: Option<Duration>,
    /// The number of messages that were lost with the socket.
    pub lost: Count,
}

impl<Text: Default> CloseEvent<Text> {
    pub(crate) fn new(code: CloseCode, reason: Text, clean: bool, initiator: Initiator) -> Self {
        Self { code, reason, clean, initiator, retry_in: None, lost: 0 }
    }

    /// The end of an attempt without a Close frame.
    pub(crate) fn abnormal(initiator: Initiator) -> Self {
        Self::new(CloseCode::ABNORMAL, Text::default(), false, initiator)
    }
}

/// Why a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndReason {
    /// Closed on this side: `close`, `abort`, `cancel_reconnect`, or the drop of the last handle.
    Closed,
    /// A retry would fail in the same way: close code 1008 or 1010, a refusal such as 401 or 404 before the client was ever
    /// open, a feature that this build or platform does not support, or a set-up that failed with a fatal error.
    Fatal,
    /// The limit of retries is reached. It is 0 for `Reconnect::never`.
    Exhausted,
    /// The predicate of `retry_if` returned `false`.
    Declined,
    /// A callback or the set-up panicked.
    Panicked,
    /// The runtime of the client was shut down.
    Shutdown,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed on this side",
            Self::Fatal => "a retry would fail in the same way",
            Self::Exhausted => "no attempts left",
            Self::Declined => "the retry predicate declined",
            Self::Panicked => "a callback panicked",
            Self::Shutdown => "the runtime was shut down",
        })
    }
}
