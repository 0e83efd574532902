//! The client's end of the network: the connection in use and what is on its way to the client.

use alloc::collections::VecDeque;

use crate::driver::{SocketEvent, Timestamp};
use crate::message::Message;

pub(super) struct ClientEnd {
    /// The connection in use.
    pub(super) peer: Option<usize>,
    pub(super) reading: bool,
    /// A Close frame was sent.
    pub(super) closing: bool,
    pub(super) max_message_size: usize,
    /// The socket has more room. The value says whether bytes have left that it had held up.
    pub(super) has_room: Option<bool>,
    pub(super) incoming: VecDeque<Arrival>,
}

impl ClientEnd {
    pub(super) fn new(max_message_size: usize) -> Self {
        let incoming = VecDeque::new();
        Self { peer: None, reading: true, closing: false, max_message_size, has_room: None, incoming }
    }

    /// Uses another connection, or none.
    pub(super) fn switch(&mut self, peer: Option<usize>) {
        self.peer = peer;
        self.reading = true;
        self.closing = false;
        self.incoming.clear();
        self.has_room = None;
    }
}

/// Something that travels to a client.
pub(super) enum Incoming {
    Event(SocketEvent),
    Message(Message),
    /// A part of a message.
    Part,
}

/// Something on its way to a client.
pub(super) struct Arrival {
    /// When the last byte has left the peer.
    pub(super) leaves: Timestamp,
    pub(super) arrives: Timestamp,
    pub(super) incoming: Incoming,
}
