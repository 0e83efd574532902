//! The types of what passes through a machine.

use crate::units::Duration;

/// The types that a machine is used with, and what it needs to know of their values.
pub trait Types: Sized + 'static {
    /// A message.
    type Message;
    /// Text: close reasons and URLs.
    type Text: Clone + Default;
    /// The response of an opening handshake.
    type Handshake: Default;
    /// Why an attempt failed.
    type Error: Clone;

    /// Whether the platform can stop reading. If not, `Request::Pause` has no effect.
    const CAN_PAUSE: bool;

    /// Returns the error of an attempt that the machine itself ended.
    fn error(cause: Cause) -> Self::Error;

    /// Adds to an error the URL, and whether the connection was open when it happened.
    fn located(error: Self::Error, url: &Self::Text, is_open: bool) -> Self::Error;

    /// Returns how the machine classifies an error.
    fn failure(error: &Self::Error) -> Failure;

    /// Returns how long the server asked to wait before the next attempt.
    fn retry_after(error: &Self::Error) -> Option<Duration>;
}

/// Why the machine ended an attempt with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Dialling and handshake took longer than the open timeout.
    OpenTimeout,
    /// The set-up took longer than its timeout.
    SetupTimeout,
    /// Nothing arrived within the timeout of a heartbeat.
    HeartbeatTimeout,
    /// The socket was closed without a closing handshake, and the platform does not report why.
    Unknown,
}

/// How the machine classifies errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server or a proxy refused, with an HTTP status that would be the same for the next request.
    RefusedForGood,
    /// The user's set-up has given up.
    Fatal,
    /// This build or platform does not support what was asked for.
    Unsupported,
    /// The peer violated the protocol, or sent a message that is too large.
    Violation,
    /// Anything else.
    Other,
}

impl Failure {
    /// Classifies a refusal by its HTTP status (S8): final for 4xx other than 408, 425 and 429.
    pub fn refused(status: u16) -> Self {
        if (400..500).contains(&status) && !matches!(status, 408 | 425 | 429) {
            Self::RefusedForGood
        } else {
            Self::Other
        }
    }
}
