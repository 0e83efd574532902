//! Statistics (S25).

use crate::units::{Count, Duration, Shown, from_micros, micros};

/// A snapshot of a client's counters, over all of its attempts (S25).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of messages that a socket accepted, without heartbeats.
    pub messages_sent: Shown,
    /// The payload of `messages_sent`, in bytes.
    pub bytes_sent: Shown,
    /// The part of `messages_sent` that was lost: at least one byte of each had not left when its connection broke.
    pub messages_lost: Shown,
    /// The number of messages that were received, with the answers to heartbeat messages.
    pub messages_received: Shown,
    /// The payload of `messages_received`, in bytes.
    pub bytes_received: Shown,
    /// The payload that is held in memory while the client is paused.
    ///
    /// In browsers, which cannot stop reading: bytes of binary messages, UTF-16 code units of text. Natively always 0, as a
    /// paused client does not read the socket.
    pub bytes_held: Count,
    /// The number of attempts, the first one included.
    pub attempts: Shown,
    /// The number of times that the client opened again after it had been open before.
    pub reconnects: Shown,
    /// The number of heartbeats that were sent.
    pub heartbeats: Count,
    /// The round-trip time of the last heartbeat that was answered; `None` if none was.
    pub last_rtt: Option<Duration>,
    /// The smoothed round-trip time, as TCP computes it (RFC 6298: each new one counts an eighth).
    pub smoothed_rtt: Option<Duration>,
    /// How long the present connection has been open; `None` while the client is not open.
    pub open_for: Option<Duration>,
}

impl Stats {
    pub(crate) fn measured(&mut self, rtt: Duration) {
        self.last_rtt = Some(rtt);
        self.smoothed_rtt = Some(match self.smoothed_rtt {
            None => rtt,
            Some(smoothed) => from_micros((micros(smoothed) * 7.0 + micros(rtt)) / 8.0),
        });
    }
}
