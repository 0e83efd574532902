//! What a dial meets.

/// What a dial meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dial {
    /// The connection opens, after the network's latency.
    #[default]
    Accept,
    /// No connection comes about.
    Refuse,
    /// Nothing happens, ever.
    Stall,
    /// TCP connects, and nothing more happens.
    StallHandshake,
    /// The handshake is refused with this HTTP status.
    Status(u16),
}
