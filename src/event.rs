//! The events of a client as values.

use core::time::Duration;

use crate::close::{CloseEvent, End};
use crate::error::Error;
use crate::handshake::Handshake;
use crate::message::Message;

/// An event of a client. Passed to [`Handler::on_event`](crate::Handler::on_event), and read from the stream
/// [`Events`](crate::Events).
///
/// One attempt emits, in this order, `Connect` (native only), `Open`, `Message` any number of times, `Error` if it failed, and
/// `Close` exactly once. `End` follows the `Close` of the last attempt. The other events occur at any time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// TCP, proxy and TLS are up; the opening handshake follows. Native only.
    Connect,
    /// The opening handshake succeeded, and the client is open.
    Open(Handshake),
    /// A message arrived.
    Message(Message),
    /// The attempt failed. `Close` follows.
    Error(Error),
    /// The attempt is over. [`CloseEvent::retry_in`] is the delay until the next one.
    Close(CloseEvent),
    /// The send buffer has reached [`max_send_buffer`](crate::Builder::max_send_buffer): the next message will be refused.
    BufferFull,
    /// The send buffer, once full, has room again.
    BufferDrain,
    /// A heartbeat was answered after this round-trip time.
    Latency(Duration),
    /// The client is closed. Nothing more happens unless it is [reconnected](crate::WebSocket::reconnect).
    End(End),
}
