//! What a client counts.

use crate::units::{Count, Duration, Shown, from_micros, micros};

/// A snapshot of a client's counters, over all of its attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages handed to a socket.
    pub messages_sent: Shown,
    /// Their payload in bytes.
    pub bytes_sent: Shown,
    /// Messages that were lost with their connections: a byte of each had not left; part of `messages_sent`.
    pub messages_lost: Shown,
    /// Messages that arrived.
    pub messages_received: Shown,
    /// Their payload in bytes.
    pub bytes_received: Shown,
    /// Payload that has arrived and is held in memory, because the client is paused and its platform cannot stop reading:
    /// in browsers, where texts are counted in UTF-16 code units. Always 0 natively, where the socket is not read.
    pub bytes_held: Count,
    /// Sockets dialled.
    pub attempts: Shown,
    /// Times that the client was open again after having been open before.
    pub reconnects: Shown,
    /// Heartbeats sent.
    pub heartbeats: Count,
    /// The last heartbeat's round trip.
    pub last_rtt: Option<Duration>,
    /// Round-trip time, smoothed as TCP does (RFC 6298: an eighth of each new one).
    pub smoothed_rtt: Option<Duration>,
    /// How long the present attempt has been open; `None` while not open.
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
