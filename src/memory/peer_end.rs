//! The server's end of a connection: its state and what is on its way to it.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, Timestamp};
use crate::message::Message;

/// Indices into [`PeerEnd::free`].
pub(super) const TO_PEER: usize = 0;
pub(super) const TO_CLIENT: usize = 1;

#[allow(clippy::struct_excessive_bools)]
pub(super) struct PeerEnd {
    pub(super) client: usize,
    pub(super) attempt: AttemptId,
    pub(super) dialled_at: Timestamp,
    pub(super) connected: bool,
    /// Nothing reaches the peer any more.
    pub(super) lost: bool,
    pub(super) echo: bool,
    pub(super) silent: bool,
    pub(super) reading: bool,
    /// In the client's socket while the peer does not read, each with the number of bytes that have not left.
    pub(super) stuck: VecDeque<(Outgoing, usize)>,
    /// In the client's socket, with the time when each segment leaves.
    pub(super) leaving: VecDeque<Segment>,
    /// Left the client's socket and has not arrived yet.
    pub(super) under_way: VecDeque<Segment>,
    /// The content of the client's socket when the connection was lost.
    pub(super) gone: Buffered,
    /// When the links to the peer and to the client can carry the next byte.
    pub(super) free: [Timestamp; 2],
    /// Bytes that the client's socket has taken.
    pub(super) taken: u64,
    /// Bytes that have arrived at the peer.
    pub(super) arrived: u64,
    pub(super) received: Vec<Message>,
    pub(super) pings: u64,
    pub(super) close_sent: bool,
    pub(super) close_received: Option<(CloseCode, String)>,
}

impl PeerEnd {
    pub(super) fn new(client: usize, attempt: AttemptId, now: Timestamp, connected: bool) -> Self {
        Self {
            client,
            attempt,
            dialled_at: now,
            connected,
            lost: false,
            echo: false,
            silent: false,
            reading: true,
            stuck: VecDeque::new(),
            leaving: VecDeque::new(),
            under_way: VecDeque::new(),
            gone: Buffered::default(),
            free: [now; 2],
            taken: 0,
            arrived: 0,
            received: Vec::new(),
            pings: 0,
            close_sent: false,
            close_received: None,
        }
    }

    /// Returns what the client's socket holds.
    pub(super) fn held(&self) -> Buffered {
        let stuck = self.stuck.iter().map(|(outgoing, bytes)| (Some(outgoing), *bytes));
        let leaving = self.leaving.iter().map(|segment| (segment.last_of.as_ref(), segment.bytes));
        stuck.chain(leaving).fold(self.gone, |held, (outgoing, bytes)| Buffered {
            messages: held.messages + u64::from(matches!(outgoing, Some(Outgoing::Message(_)))),
            bytes: held.bytes + bytes,
        })
    }

    pub(super) fn is_idle(&self) -> bool {
        self.leaving.is_empty() && self.under_way.is_empty()
    }
}

/// Something that travels to a peer.
pub(super) enum Outgoing {
    Message(Message),
    Heartbeat(Message),
    Ping(u64),
    Close(CloseCode, String),
}

impl Outgoing {
    /// Returns the payload in bytes. Only payload takes time on the link.
    pub(super) fn len(&self) -> usize {
        if let Self::Message(message) = self { message.len() } else { 0 }
    }
}

/// A part of something that travels to a peer.
pub(super) struct Segment {
    pub(super) leaves: Timestamp,
    pub(super) arrives: Timestamp,
    pub(super) bytes: usize,
    /// Set in the last segment: arrives as a whole with it.
    pub(super) last_of: Option<Outgoing>,
}
