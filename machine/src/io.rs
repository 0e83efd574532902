//! The inputs and outputs of the machine.

use crate::close::CloseCode;
use crate::paused::PausedBy;
use crate::units::{Count, Duration, RoundTrip};

/// Identifies one attempt: one socket, from dialling to its close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttemptId(pub(crate) Count);

impl AttemptId {
    /// Returns its number. The first attempt of a client is 1.
    pub const fn get(self) -> Count {
        self.0
    }
}

/// What a socket has accepted and still holds in its own buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffered {
    /// The number of messages of which at least one byte has not left. They are lost if the connection breaks (S15).
    pub messages: Count,
    /// The number of bytes of payload that have not left.
    pub bytes: usize,
}

/// A change of the network or the page (S8c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageEvent {
    /// The network may be available again.
    Online,
    /// The page became visible.
    Visible,
    /// The page enters the back/forward cache.
    Frozen,
    /// The page was restored from the back/forward cache.
    Thawed,
}

/// What the user asks for through a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request<Text> {
    /// Send what is queued, then close and end the client (S10).
    Close {
        /// The code of the Close frame.
        code: CloseCode,
        /// The reason of the Close frame.
        reason: Text,
    },
    /// Drop the socket and end the client.
    Abort,
    /// Dial again after this delay (S8a). Not from inside a callback.
    Reconnect(Duration),
    /// The same as `Reconnect`, from inside a callback of this client.
    ReconnectInCallback(Duration),
    /// Cancel a scheduled attempt, which ends the client.
    CancelReconnect,
    /// Stop or resume reading.
    Pause(PausedBy, bool),
}

/// What the driver has to do next, in order. The value is small, as it is queued. The machine keeps what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Call the handler.
    Notify(Notify),
    /// Ask the retry predicate about [`Machine::last_close`](crate::Machine::last_close), and answer with
    /// [`Machine::retry_answer`](crate::Machine::retry_answer).
    AskRetry,
    /// Open a socket.
    Dial(AttemptId),
    /// Start the set-up of the connection, and report its result by [`Machine::set_up`](crate::Machine::set_up) or
    /// [`Machine::set_up_failed`](crate::Machine::set_up_failed). It is to be dropped as soon as
    /// [`Machine::is_setting_up`](crate::Machine::is_setting_up) returns false.
    SetUp,
    /// Offer the queue to the socket: [`Machine::offer`](crate::Machine::offer).
    Transmit,
    /// Measure progress from here on. A heartbeat or a Close frame follows, or the last messages before a Close frame.
    /// Progress is that of what the socket has accepted before.
    Mark,
    /// Send the heartbeat with this number.
    Heartbeat(Count),
    /// Stop or resume reading.
    Read(bool),
    /// Send the Close frame [`Machine::close_frame`](crate::Machine::close_frame) behind what was sent before.
    Close,
    /// Drop the socket, after the Close frame [`Machine::close_frame`](crate::Machine::close_frame) if it can still be sent.
    Fail,
    /// Drop the socket at once.
    Abort,
}

/// An event that the handler receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// TCP, proxy and TLS are up.
    Connect,
    /// The client is open: [`Machine::take_handshake`](crate::Machine::take_handshake).
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
