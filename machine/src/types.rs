//! What passes through a machine.

use crate::units::Duration;

/// What a machine is used with: the types of what passes through it, and what it needs to know of them.
pub trait Types: Sized + 'static {
    /// A message.
    type Message;
    /// Text: reasons of closes, and URLs.
    type Text: Clone + Default;
    /// The answer to an opening handshake.
    type Handshake: Default;
    /// Why an attempt failed.
    type Error: Clone;

    /// Whether a client can stop reading, so that its peer feels it. `pause` has no effect otherwise.
    const CAN_PAUSE: bool;

    /// The error of an attempt that the machine gives up.
    fn error(cause: Cause) -> Self::Error;

    /// Adds to an error the URL that was dialled, and whether the connection was open when it happened.
    fn located(error: Self::Error, url: &Self::Text, is_open: bool) -> Self::Error;

    /// What kind of failure it was, as far as that decides what follows.
    fn failure(error: &Self::Error) -> Failure;

    /// How long the peer asked to wait before the next attempt.
    fn retry_after(error: &Self::Error) -> Option<Duration>;
}

/// Why the machine itself took an attempt for failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Dialling and handshake together took longer than the open timeout.
    OpenTimeout,
    /// Nothing arrived within the timeout of a heartbeat.
    HeartbeatTimeout,
    /// The socket ended without a closing handshake, and the platform does not say why.
    Unknown,
}

/// What the machine distinguishes of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The server, or a proxy, refused with an HTTP status that says that the next request would be refused as well.
    RefusedForGood,
    /// This build or platform cannot do what was asked for.
    Unsupported,
    /// The peer broke the protocol, or sent too large a message.
    Violation,
    /// Anything else.
    Other,
}

impl Failure {
    /// That of a refusal with this HTTP status (S8): final for 4xx other than 408, 425 and 429.
    pub fn refused(status: u16) -> Self {
        if (400..500).contains(&status) && !matches!(status, 408 | 425 | 429) {
            Self::RefusedForGood
        } else {
            Self::Other
        }
    }
}
