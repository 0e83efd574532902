//! What goes into the machine and what comes out.

use alloc::string::String;

use crate::close::{CloseCode, CloseEvent, End};
use crate::error::Error;
use crate::handshake::Handshake;
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

/// Something happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// Look at the clock: a timer fired, or somebody asks.
    Wake,
    /// Something happened on the socket of this attempt. News of a superseded attempt is ignored.
    Socket(AttemptId, SocketEvent),
    /// Something happened to the network or the page (S8c).
    Page(PageEvent),
    /// The retry predicate's answer to `Output::Judge`.
    Verdict(bool),
}

/// What a transport tells of a socket.
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketEvent {
    /// TCP, proxy and TLS are up. Not every transport has this.
    Connected,
    /// The opening handshake succeeded.
    Opened(Handshake),
    /// Something arrived, if only a part of a message or a control frame: every byte is a sign of life (S17).
    Received {
        /// The messages that are complete.
        messages: Count,
        /// Their payload in bytes.
        bytes: Count,
    },
    /// So many bytes of payload have arrived and wait in memory, as they are not wanted yet and the platform cannot stop
    /// reading (S22).
    Held(Count),
    /// A heartbeat's answer arrived; `None` where it does not tell which one's.
    Answered(Option<Count>),
    /// The socket has room again after it refused part of a batch.
    Writable,
    /// Some of what the socket had taken has left for the operating system or the browser.
    Left {
        /// What it still holds; the default value if all has left, and then it has room again.
        held: Buffered,
        /// It had been full: that it takes more shows the peer alive (S17).
        was_full: bool,
    },
    /// The peer's Close frame arrived; the transport answers it by itself.
    Closing {
        /// Its code, 1005 if it had none.
        code: CloseCode,
        /// Its reason.
        reason: String,
    },
    /// The socket is gone, without an error. `Closing` came before, except where the platform tells all at once: a code
    /// other than 1006 tells that the peer's Close frame arrived.
    Closed {
        /// The peer's code; 1005 if its Close frame had none, 1006 if there was no Close frame.
        code: CloseCode,
        /// The peer's reason.
        reason: String,
        /// Whether the closing handshake was completed.
        clean: bool,
    },
    /// The attempt failed and the socket is gone.
    Failed(Error),
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
pub(crate) enum Request {
    Close {
        code: CloseCode,
        reason: String,
    },
    Abort,
    Reconnect(Duration),
    /// As `Reconnect`, from inside one of the client's callbacks.
    ReconnectInCallback(Duration),
    CancelReconnect,
    Pause(PausedBy, bool),
}

/// What is to be done next, in order. Small, as it is queued and passed on: what belongs to it the machine keeps until
/// then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Tell the handler.
    Tell(Tell),
    /// Ask the retry predicate about [`Machine::last_close`](super::Machine::last_close), and answer by
    /// [`Input::Verdict`].
    Judge,
    /// Open a socket.
    Dial(AttemptId),
    /// Offer the queue to the socket.
    Transmit,
    /// A heartbeat or a Close frame follows, or what is queued before one: see
    /// [`Transport::mark`](crate::driver::Transport::mark).
    Mark,
    /// Send this heartbeat.
    Beat(Count),
    /// Stop or resume reading.
    Read(bool),
    /// Start the closing handshake, behind what was sent, with [`Machine::farewell`](super::Machine::farewell).
    Close,
    /// Drop the socket at once.
    Abort,
}

/// What the handler is told. Nothing of the same kind can happen before it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    Connect,
    /// [`Machine::take_handshake`](super::Machine::take_handshake).
    Open,
    /// [`Machine::last_error`](super::Machine::last_error).
    Error,
    /// [`Machine::last_close`](super::Machine::last_close).
    Close,
    BufferFull,
    BufferDrain,
    Latency(RoundTrip),
    /// [`Machine::ends`](super::Machine::ends).
    End,
}

/// What a client tells, as one value: what [`Events`](crate::Events) yields.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// TCP, proxy and TLS are up. Natively only.
    Connect,
    /// The opening handshake succeeded.
    Open(Handshake),
    /// A message arrived.
    Message(crate::message::Message),
    /// The attempt failed; its close follows.
    Error(Error),
    /// The attempt is over.
    Close(CloseEvent),
    /// The send buffer has reached its limit: the next message will be refused.
    BufferFull,
    /// The send buffer has room again.
    BufferDrain,
    /// A heartbeat was answered after this time.
    Latency(Duration),
    /// The client is closed.
    End(End),
}
