//! What a client counts.

use core::time::Duration;

use crate::machine::micros;

/// A snapshot of a client's counters, over all of its attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages handed to a socket.
    pub messages_sent: u64,
    /// Their payload in bytes.
    pub bytes_sent: u64,
    /// Messages that were lost with their connections: a byte of each had not left; part of `messages_sent`.
    pub messages_lost: u64,
    /// Messages that arrived.
    pub messages_received: u64,
    /// Their payload in bytes.
    pub bytes_received: u64,
    /// Payload that has arrived and is held in memory, because the client is paused and its platform cannot stop reading:
    /// in browsers, where texts are counted in UTF-16 code units. Always 0 natively, where the socket is not read.
    pub bytes_held: u64,
    /// Sockets dialled.
    pub attempts: u64,
    /// Times that the client was open again after having been open before.
    pub reconnects: u64,
    /// Heartbeats sent.
    pub heartbeats: u64,
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
            Some(smoothed) => Duration::from_micros((micros(smoothed) * 7 + micros(rtt)) / 8),
        });
    }
}
