//! The states, each with the deadlines that belong to it.

use crate::liveness::Liveness;
use crate::units::{Duration, Timestamp};

/// What a client is doing (S2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// An attempt is under way.
    Connecting,
    /// Messages flow.
    Open,
    /// The closing handshake is under way.
    Closing,
    /// A reconnect is scheduled.
    Waiting,
    /// Nothing more happens unless `reconnect` is called.
    Closed,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Connecting {
        /// `NEVER` without an open timeout.
        deadline: Timestamp,
    },
    Open {
        liveness: Option<Liveness>,
    },
    Closing {
        deadline: Timestamp,
        stage: Stage,
        next: Next,
    },
    /// The socket is gone; what follows is decided once everything before it has been told.
    Ending {
        next: Next,
        /// The retry predicate was asked, and this is what it said.
        asked: bool,
        answer: Option<bool>,
    },
    Waiting {
        /// `NEVER` while the page is frozen.
        until: Timestamp,
    },
    Closed {
        /// `on_end` was told.
        notified: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// What is queued leaves first; then this Close frame.
    Draining,
    /// Our Close frame is on its way.
    AwaitingPeer,
    /// The peer's Close frame arrived and was answered; the server closes TCP.
    AwaitingEnd,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Whatever the reconnect policy says.
    Policy,
    /// Another attempt, because somebody asked for it.
    Retry(Duration),
    /// The end, because somebody asked for it.
    End,
}

impl Phase {
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Connecting { .. } => State::Connecting,
            Self::Open { .. } => State::Open,
            Self::Closing { .. } | Self::Ending { .. } => State::Closing,
            Self::Waiting { .. } => State::Waiting,
            Self::Closed { .. } => State::Closed,
        }
    }

    /// A socket exists or is being made.
    pub(crate) fn has_socket(&self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::Open { .. } | Self::Closing { .. })
    }

    /// Queued messages may leave.
    pub(crate) fn sends(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Closing { stage: Stage::Draining, .. })
    }

    /// New messages are taken. A closing that leads to another attempt is no reason to refuse them.
    pub(crate) fn accepts(&self) -> bool {
        match self {
            Self::Connecting { .. } | Self::Open { .. } | Self::Waiting { .. } => true,
            Self::Closing { next, .. } | Self::Ending { next, .. } => *next != Next::End,
            Self::Closed { .. } => false,
        }
    }

    /// What follows if the attempt ends now.
    pub(crate) fn next(&self) -> Next {
        match self {
            Self::Closing { next, .. } | Self::Ending { next, .. } => *next,
            _ => Next::Policy,
        }
    }
}
