//! What goes into the machine and what comes out.

use crate::close::CloseCode;
use crate::paused::PausedBy;
use crate::units::{Count, Duration, RoundTrip};

/// Names one attempt: one socket, from dialling to its close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttemptId(pub(crate) Count);

impl AttemptId {
    /// Its number; the client's first attempt is 1.
    pub const fn get(self) -> Count {
        self.0
    }
}

/// What a socket has taken and still holds in its own buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffered {
    /// Messages of which at least one byte has not left. They are lost if the connection breaks (S15).
    pub messages: Count,
    /// Bytes of payload that have not left.
    pub bytes: usize,
}

/// The network or the page changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageEvent {
    /// The network may be back.
    Online,
    /// The page became visible.
    Visible,
    /// The page goes into the back/forward cache.
    Frozen,
    /// The page came back from there.
    Thawed,
}

/// What a handle asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request<Text> {
    /// End the client once what is queued has left.
    Close {
        /// The code of the Close frame.
        code: CloseCode,
        /// Its reason.
        reason: Text,
    },
    /// End the client without a closing handshake.
    Abort,
    /// Dial anew after this delay, from outside of callbacks.
    Reconnect(Duration),
    /// As `Reconnect`, from inside one of the client's callbacks.
    ReconnectInCallback(Duration),
    /// End a client that is not connected.
    CancelReconnect,
    /// Stop or resume reading.
    Pause(PausedBy, bool),
}

/// What is to be done next, in order. Small, as it is queued and passed on: what belongs to it the machine keeps until
/// then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Tell the handler.
    Notify(Notify),
    /// Ask the retry predicate about [`Machine::last_close`](crate::Machine::last_close), and answer by
    /// [`Machine::retry_answer`](crate::Machine::retry_answer).
    AskRetry,
    /// Open a socket.
    Dial(AttemptId),
    /// Offer the queue to the socket.
    Transmit,
    /// A heartbeat or a Close frame follows, or what is queued before one: from now on progress is that of what the socket
    /// has taken so far.
    Mark,
    /// Send this heartbeat.
    Heartbeat(Count),
    /// Stop or resume reading.
    Read(bool),
    /// Start the closing handshake, behind what was sent, with [`Machine::close_frame`](crate::Machine::close_frame).
    Close,
    /// Drop the socket at once.
    Abort,
}

/// What the handler is told. Nothing of the same kind can happen before it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// TCP, proxy and TLS are up.
    Connect,
    /// The opening handshake succeeded: [`Machine::take_handshake`](crate::Machine::take_handshake).
    Open,
    /// The attempt failed: [`Machine::last_error`](crate::Machine::last_error).
    Error,
    /// The attempt is over: [`Machine::last_close`](crate::Machine::last_close).
    Close,
    /// The send buffer has reached its limit.
    BufferFull,
    /// The send buffer has room again.
    BufferDrain,
    /// A heartbeat was answered after this time.
    Latency(RoundTrip),
    /// The client is closed: [`Machine::end_reason`](crate::Machine::end_reason).
    End,
}
