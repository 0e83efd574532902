//! The states, each with its deadline.

use crate::liveness::Liveness;
use crate::units::{Duration, Timestamp};

/// The state of a client (S2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// An attempt is in progress: dialling, the handshake, or the set-up.
    Connecting,
    /// The connection is open: messages can be sent and received.
    Open,
    /// The closing handshake is in progress.
    Closing,
    /// The next attempt is scheduled.
    Waiting,
    /// The client has ended. Nothing happens unless `reconnect` is called.
    Closed,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Connecting {
        /// `NEVER` without an open timeout.
        deadline: Timestamp,
    },
    /// The opening handshake is done, and the user's set-up runs.
    SettingUp {
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
    /// The socket is gone. What follows is decided when all earlier outputs have been carried out.
    Ending {
        next: Next,
        /// The retry predicate was asked; `answer` is its answer.
        asked: bool,
        answer: Option<bool>,
    },
    Waiting {
        /// `NEVER` while the page is frozen.
        until: Timestamp,
    },
    Closed {
        /// `Notify::End` was emitted.
        notified: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Queued messages are sent; the Close frame follows.
    Draining,
    /// The Close frame was sent; the peer's is awaited.
    AwaitingPeer,
    /// The peer's Close frame arrived and was answered; the server closes the TCP connection.
    AwaitingEnd,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// What the reconnect policy decides.
    Policy,
    /// Another attempt after this delay, on request.
    Retry(Duration),
    /// The end of the client, on request.
    End,
}

impl Phase {
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Connecting { .. } | Self::SettingUp { .. } => State::Connecting,
            Self::Open { .. } => State::Open,
            Self::Closing { .. } | Self::Ending { .. } => State::Closing,
            Self::Waiting { .. } => State::Waiting,
            Self::Closed { .. } => State::Closed,
        }
    }

    /// Returns whether there is a socket, or one is being opened.
    pub(crate) fn has_socket(&self) -> bool {
        self.is_before_open() || matches!(self, Self::Open { .. } | Self::Closing { .. })
    }

    /// Returns whether the attempt is not open yet.
    pub(crate) fn is_before_open(&self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::SettingUp { .. })
    }

    /// Returns whether queued messages may be sent.
    pub(crate) fn sends(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Closing { stage: Stage::Draining, .. })
    }

    /// Returns whether new messages are queued. They are also while closing, if another attempt follows.
    pub(crate) fn accepts(&self) -> bool {
        match self {
            Self::Connecting { .. } | Self::SettingUp { .. } | Self::Open { .. } | Self::Waiting { .. } => true,
            Self::Closing { next, .. } | Self::Ending { next, .. } => *next != Next::End,
            Self::Closed { .. } => false,
        }
    }

    /// Returns what follows if the attempt ends now.
    pub(crate) fn next(&self) -> Next {
        match self {
            Self::Closing { next, .. } | Self::Ending { next, .. } => *next,
            _ => Next::Policy,
        }
    }
}
