//! The events of a client, as values.

use core::time::Duration;

use crate::close::{CloseEvent, End};
use crate::error::Error;
use crate::handshake::Handshake;
use crate::message::Message;

/// What a client tells, as one value: what [`Events`](crate::Events) yields.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// TCP, proxy and TLS are up. Natively only.
    Connect,
    /// The opening handshake succeeded.
    Open(Handshake),
    /// A message arrived.
    Message(Message),
    /// The attempt failed; its close follows.
    Error(Error),
    /// The attempt is over.
    Close(CloseEvent),
    /// The send buffer has reached its limit: the next message will be refused.
    BufferFull,
    /// The send buffer has room again.
    BufferDrain,
    /// A heartbeat was answered after this time.
    Latency(Duration),
    /// The client is closed.
    End(End),
}
