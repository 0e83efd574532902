//! What the machine says of failures, without words: those are JavaScript's.

use crate::codes::{failure, sent};
use crate::message::Message;
use crate::units::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Error(ErrorKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    Opaque = failure::OPAQUE as isize,
    OpenTimeout = failure::OPEN_TIMEOUT as isize,
    HeartbeatTimeout = failure::HEARTBEAT_TIMEOUT as isize,
    // What follows does not happen here.
    Protocol,
    MessageTooLarge,
}

pub enum Phase {
    Opening,
    Open,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, _: &str) -> Self {
        Self(kind)
    }

    pub(crate) fn at(self, _: &str) -> Self {
        self
    }

    pub(crate) fn during(self, _: Phase) -> Self {
        self
    }

    pub(crate) fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Browsers hide refusals.
    pub(crate) fn is_refusal(&self) -> bool {
        false
    }

    /// Only the class could say so, and it throws what any attempt may.
    pub(crate) fn is_fatal(&self) -> bool {
        false
    }

    /// Browsers hide the answer that could ask for it.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        None
    }
}

pub struct SendError {
    pub(crate) kind: SendErrorKind,
    pub(crate) message: Message,
}

pub enum SendErrorKind {
    Full = sent::FULL as isize,
    Closed = sent::CLOSED as isize,
}
