//! Inputs of tests, and the types of their machine.

use alloc::string::String;
use core::time::Duration;

use super::Machine;
use crate::{AttemptId, Buffered, Cause, CloseCode, Failure, PageEvent, Timestamp, Types};

/// The types of a test's machine.
pub(super) struct Test;

impl Types for Test {
    type Message = &'static str;
    type Text = String;
    type Handshake = ();
    type Error = Error;

    const CAN_PAUSE: bool = true;

    fn error(cause: Cause) -> Error {
        Error::new(match cause {
            Cause::OpenTimeout => ErrorKind::OpenTimeout,
            Cause::SetupTimeout => ErrorKind::Setup { is_fatal: false },
            Cause::HeartbeatTimeout => ErrorKind::HeartbeatTimeout,
            Cause::Unknown => ErrorKind::Opaque,
        })
    }

    fn located(error: Error, url: &String, is_open: bool) -> Error {
        Error { place: Some((url.clone(), is_open)), ..error }
    }

    fn failure(error: &Error) -> Failure {
        match error.kind {
            ErrorKind::Protocol | ErrorKind::MessageTooLarge => Failure::Violation,
            ErrorKind::Unsupported => Failure::Unsupported,
            ErrorKind::Setup { is_fatal: true } => Failure::Fatal,
            _ => error.status().map_or(Failure::Other, Failure::refused),
        }
    }

    fn retry_after(error: &Error) -> Option<Duration> {
        error.retry_after
    }
}

#[derive(Debug, Clone)]
pub(super) struct Error {
    pub(super) kind: ErrorKind,
    pub(super) retry_after: Option<Duration>,
    /// The URL, and whether the connection was open.
    pub(super) place: Option<(String, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ErrorKind {
    Dns,
    Connect,
    Proxy { status: Option<u16> },
    Handshake { status: Option<u16> },
    OpenTimeout,
    HeartbeatTimeout,
    Protocol,
    MessageTooLarge,
    Io,
    Setup { is_fatal: bool },
    Unsupported,
    Opaque,
}

impl Error {
    pub(super) fn new(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None, place: None }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::Proxy { status } | ErrorKind::Handshake { status } => status,
            _ => None,
        }
    }
}

/// The same as the input of a driver.
#[derive(Debug)]
pub(super) enum Input {
    Wake,
    Socket(AttemptId, SocketEvent),
    Page(PageEvent),
    RetryAnswer(bool),
}

/// One variant for each method of the machine that reports an event of the socket.
#[derive(Debug)]
pub(super) enum SocketEvent {
    Connected,
    Opened,
    Received { messages: u64, bytes: u64 },
    Answered(Option<u64>),
    Writable,
    Left { held: Buffered, was_full: bool },
    Closing { code: CloseCode, reason: String },
    Closed { code: CloseCode, reason: String, clean: bool },
    Failed(Error),
}

impl Input {
    pub(super) fn apply(self, machine: &mut Machine, now: Timestamp) {
        machine.advance(now);
        match self {
            Self::Wake => machine.wake(),
            Self::Socket(attempt, event) if machine.is_current(attempt) => event.apply(machine),
            Self::Socket(..) => {}
            Self::Page(event) => machine.page(event),
            Self::RetryAnswer(retry) => machine.retry_answer(retry),
        }
    }
}

impl SocketEvent {
    fn apply(self, machine: &mut Machine) {
        match self {
            Self::Connected => machine.connected(),
            Self::Opened => machine.opened(()),
            Self::Received { messages, bytes } => machine.received(messages, bytes),
            Self::Answered(number) => machine.answered(number),
            Self::Writable => machine.writable(),
            Self::Left { held, was_full } => machine.left(held, was_full),
            Self::Closing { code, reason } => machine.peer_closing(code, reason),
            Self::Closed { code, reason, clean } => machine.socket_closed(code, reason, clean),
            Self::Failed(error) => machine.socket_failed(error),
        }
    }
}
