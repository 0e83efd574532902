//! The trace of a simulation, for the model to check.

use std::time::Duration;

use homing::memory::Dial;
use homing::{CloseEvent, End, ErrorKind, PingError, SendErrorKind, State};

use crate::plan::{Ending, Page};

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: Duration,
    /// How often was dialled by then, and when the last time.
    pub(crate) dials: usize,
    pub(crate) dialled_at: Duration,
    /// The client, as its handle shows it; before the act, where this is one.
    pub(crate) look: Option<Look>,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) state: State,
    pub(crate) buffered: usize,
    /// Messages handed to sockets, ever.
    pub(crate) sent: usize,
    /// Of these, lost with their socket.
    pub(crate) lost: u64,
    pub(crate) attempts: u64,
    pub(crate) reconnects: u64,
    pub(crate) heartbeats: u64,
    pub(crate) open_for: Option<Duration>,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a trace is short and soon gone")]
pub(crate) enum What {
    /// A callback begins.
    Notified(Notified),
    /// It returns.
    Returned,
    /// The user does something.
    Did(Did),
    /// The peer of that dial does something, which has an effect.
    Peer(usize, PeerDid),
    /// The set-up of that dial does something, or its session.
    Session(usize, SessionDid),
    Dials(Vec<Dial>),
    Latency(Duration),
    Page(Page),
    /// Time passes until then.
    Sleep(Duration),
    /// Everything has happened that is due. With what futures say: `closed` made now and at the start, and those
    /// of each flush, `opened` and `ping` that was asked for.
    Settled {
        closed: Option<Option<End>>,
        closed_early: Option<End>,
        flushed: Vec<Option<bool>>,
        opened: Vec<Option<Result<(), End>>>,
        pinged: Vec<Option<Result<Duration, PingError>>>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Notified {
    Connect,
    Open,
    Message(Id),
    Error(ErrorKind),
    Close(CloseEvent),
    Full,
    Drain,
    Latency,
    End(End),
}

#[derive(Debug, Clone)]
pub(crate) enum Did {
    Send {
        id: usize,
        len: usize,
        result: Result<(), SendErrorKind>,
    },
    /// Also by dropping the last handle.
    Close(u16),
    Abort,
    Reconnect(Duration),
    Cancel,
    Pause(bool),
    TakeUnsent(Vec<Id>),
    Flush,
    Opened,
    Ping,
}

#[derive(Debug, Clone)]
pub(crate) enum PeerDid {
    Send { id: usize, len: usize },
    Close(u16),
    Cut,
    Violate,
    Silence(bool),
    Read(bool),
    Echo,
}

#[derive(Debug, Clone)]
pub(crate) enum SessionDid {
    Starts,
    /// It continues, until it has to wait or returns.
    Polled,
    Returned,
    Sends {
        id: usize,
        len: usize,
        result: Result<(), SendErrorKind>,
    },
    /// It waits for a message.
    Waits,
    /// `None` if the session was over.
    Receives(Option<Id>),
    Flushes,
    Flushed(bool),
    Returns(Ending),
    /// Before it returned.
    Dropped,
    /// A session that was kept receives, if there is something to receive.
    Glances(Option<Option<Id>>),
    GlancesFlush(Option<bool>),
}

/// Who sent a message, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    Client(usize),
    /// A client's set-up.
    Session(usize),
    Peer(usize),
    Heartbeat,
}
