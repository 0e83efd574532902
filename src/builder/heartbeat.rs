//! How a client notices that its peer is gone (S17).

use core::fmt;
use core::time::Duration;

use homing_machine::Heartbeat as Timing;

use crate::message::Message;

/// What is sent to a peer so that silence can be told from death.
///
/// Every `interval` a heartbeat leaves, busy or not. If not a single byte arrives within `timeout` of it, the attempt
/// fails with `HeartbeatTimeout`.
///
/// On a slow link a heartbeat may wait behind a large message. So the timeout starts over whenever the peer takes bytes
/// after the socket was full, and counts only from when what was sent before the heartbeat has left. Natively "left"
/// means written to the operating system and, on Linux, acknowledged by the peer; parts of a message that is arriving
/// count as well. A browser shows whole messages and its `bufferedAmount` only: there choose a `timeout` longer than
/// the largest message takes on the slowest link, and than what the system's own send buffer holds takes to leave.
///
/// A timeout that is shorter than the link is long would end every connection: on Linux three round trips, as TCP
/// measures them, must have passed since bytes last moved, and as long as TCP itself waits for an acknowledgement.
///
/// Browsers cannot send Ping: there a message is needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub(crate) timing: Timing,
    pub(crate) ping: bool,
    pub(crate) message: Option<Message>,
}

/// Without the message, which can hold a token.
impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("interval", &self.timing.interval)
            .field("timeout", &self.timing.timeout)
            .field("ping", &self.ping)
            .field("message", &self.message.as_ref().map(|_| format_args!("..")))
            .finish()
    }
}

impl Heartbeat {
    /// Ping frames. Not available in browsers, unless [`or_message`](Self::or_message) names a substitute.
    pub fn ping(interval: Duration, timeout: Duration) -> Self {
        Self { timing: Timing { interval, timeout }, ping: true, message: None }
    }

    /// An ordinary message that the peer answers, on both targets.
    pub fn message(interval: Duration, timeout: Duration, message: impl Into<Message>) -> Self {
        Self { timing: Timing { interval, timeout }, ping: false, message: Some(message.into()) }
    }

    /// The message to send where Ping frames cannot be sent.
    #[must_use]
    pub fn or_message(mut self, message: impl Into<Message>) -> Self {
        self.message = Some(message.into());
        self
    }
}
