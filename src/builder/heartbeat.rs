//! The heartbeat: detects a dead peer (S17).

use core::fmt;
use core::time::Duration;

use homing_machine::Heartbeat as Timing;

use crate::message::Message;

/// Detects a peer that no longer responds. Set by [`Builder::heartbeat`](crate::Builder::heartbeat).
///
/// The client sends a heartbeat every `interval`, also while other messages flow. If not a single byte arrives within `timeout`
/// after it, the attempt fails with [`HeartbeatTimeout`](crate::ErrorKind::HeartbeatTimeout) and is retried by the policy,
/// without a closing handshake. Zero durations are an error. Waking from sleep never closes a healthy connection: after a late
/// wake-up the client sends a heartbeat and waits for the full `timeout`.
///
/// # Targets
/// - Native: Ping frames (RFC 6455, section 5.5.2), every 20 s with a timeout of 20 s by default.
/// - Browsers cannot send Ping, so that a message is needed there. There is no default.
///
/// # Slow links
/// A heartbeat may have to wait behind a large message. The timeout therefore starts when everything sent before the
/// heartbeat has left, and starts over whenever the peer takes bytes after the socket was full.
///
/// - Native: bytes have left when they are written to the operating system and, on Linux, acknowledged by the peer. Parts of a
///   message that is arriving are a sign of life as well. On Linux the attempt fails only if also three round trips, as
///   measured by TCP, and TCP's own retransmission timeout have passed since bytes last moved. So a timeout shorter than the
///   link's latency does not end every connection.
/// - Browsers report whole messages and `bufferedAmount` only. Choose a `timeout` longer than the largest message takes on the
///   slowest link, plus the time in which the system's send buffer empties.
///
/// # Examples
/// A heartbeat for every target, with a predicate for the answers in browsers:
///
/// ```
/// use homing::{Heartbeat, WebSocket};
/// use std::time::Duration;
///
/// let heartbeat = Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(10)).or_message("ping");
/// let builder = WebSocket::builder("wss://example.com/feed")
///     .heartbeat(heartbeat)
///     .heartbeat_reply(|message| message.as_text() == Some("pong"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub(crate) timing: Timing,
    pub(crate) ping: bool,
    pub(crate) message: Option<Message>,
}

/// Omits the message, which may contain a secret.
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
    /// Returns a heartbeat of Ping frames.
    ///
    /// In browsers `connect` fails, unless [`or_message`](Self::or_message) sets a message.
    pub fn ping(interval: Duration, timeout: Duration) -> Self {
        Self { timing: Timing { interval, timeout }, ping: true, message: None }
    }

    /// Returns a heartbeat of ordinary messages, on every target. The peer must answer with any message. See
    /// [`Builder::heartbeat_reply`](crate::Builder::heartbeat_reply).
    pub fn message(interval: Duration, timeout: Duration, message: impl Into<Message>) -> Self {
        Self { timing: Timing { interval, timeout }, ping: false, message: Some(message.into()) }
    }

    /// Sets the message that is sent instead of a Ping frame in browsers.
    #[must_use]
    pub fn or_message(mut self, message: impl Into<Message>) -> Self {
        self.message = Some(message.into());
        self
    }
}
