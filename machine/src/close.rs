//! How an attempt, and how a client, came to its end.

use core::fmt;

use crate::units::{Count, Duration};

/// A close code (RFC 6455, section 7.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the peer goes away, as a server that shuts down does.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a type of data that the peer cannot accept.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. Reported, never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: there was no Close frame. Reported, never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that is not of its message's type, as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: against the peer's policy.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message larger than the receiver takes.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: an extension that the client needs was not negotiated.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the server met an error.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the server is overloaded.
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// A code by its number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether an application may send it: 1000 and 3000 to 4999, in browsers and so here.
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
    /// Nobody on purpose: an error, which `on_error` told before.
    Failure,
}

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseEvent<Text> {
    /// The peer's close code; 1005 where its Close frame had none, 1006 where there was no Close frame.
    pub code: CloseCode,
    /// The peer's reason; empty where it gave none.
    pub reason: Text,
    /// Whether the closing handshake was completed.
    pub clean: bool,
    /// Who ended it.
    pub initiator: Initiator,
    /// How long until the next attempt; `None` when there will be none.
    pub retry_in: Option<Duration>,
    /// How many messages were lost with the socket.
    pub lost: Count,
}

impl<Text: Default> CloseEvent<Text> {
    pub(crate) fn new(code: CloseCode, reason: Text, clean: bool, initiator: Initiator) -> Self {
        Self { code, reason, clean, initiator, retry_in: None, lost: 0 }
    }

    /// No Close frame arrived.
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
    /// Trying again would give the same: close code 1008 or 1010, a refusal such as 401 or 404 of a client that was
    /// never open, or nothing to dial with.
    Fatal,
    /// The limit of attempts is reached (which is none for `Reconnect::never`).
    Exhausted,
    /// The predicate of `retry_if` said no.
    Declined,
    /// A callback panicked.
    Panicked,
    /// The runtime that drove the client was shut down.
    Shutdown,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed on this side",
            Self::Fatal => "trying again would give the same",
            Self::Exhausted => "no attempts left",
            Self::Declined => "the retry predicate said no",
            Self::Panicked => "a callback panicked",
            Self::Shutdown => "the runtime was shut down",
        })
    }
}
