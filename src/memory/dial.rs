//! The outcome of a dial.

/// How a dial ends. Passed to [`Network::script`](super::Network::script).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dial {
    /// The connection opens after the network's latency. This is the default.
    #[default]
    Accept,
    /// No connection is made: the attempt fails with [`ErrorKind::Connect`](crate::ErrorKind::Connect).
    Refuse,
    /// Nothing happens until the open timeout.
    Stall,
    /// TCP connects, and nothing more happens until the open timeout.
    StallHandshake,
    /// TCP connects, and the server refuses the opening handshake with this HTTP status.
    Status(u16),
}
