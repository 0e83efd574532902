//! The state of the network: who is connected, and what is under way.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use core::time::Duration;

use super::Dial;
use super::transport::{MemoryTimer, MemoryTransport};
use crate::close::CloseCode;
use crate::driver::{AttemptId, Pump, SocketEvent, Timestamp};
use crate::error::{Error, ErrorKind};
use crate::message::Message;

pub(super) struct World {
    pub(super) clients: Vec<Client>,
    pub(super) peers: Vec<PeerState>,
    pub(super) script: VecDeque<Dial>,
    pub(super) latency: Duration,
    pub(super) capacity: usize,
}

impl Default for World {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            peers: Vec::new(),
            script: VecDeque::new(),
            latency: Duration::ZERO,
            capacity: 64 * 1024,
        }
    }
}

pub(super) struct Client {
    /// Taken out while it runs.
    pub(super) pump: Option<Pump<MemoryTransport, MemoryTimer>>,
    pub(super) deadline: Option<Timestamp>,
    /// The connection in use.
    pub(super) peer: Option<usize>,
    pub(super) reading: bool,
    /// A Close frame was sent.
    pub(super) closing: bool,
    max_message_size: usize,
    /// The peer reads again.
    has_room: bool,
    incoming: VecDeque<(Timestamp, Incoming)>,
}

/// What travels to a client.
pub(super) enum Incoming {
    Event(SocketEvent),
    Message(Message),
}

/// What travels to a peer.
pub(super) enum Outgoing {
    Message(Message),
    Ping(u64),
    Close(CloseCode, String),
}

#[allow(clippy::struct_excessive_bools)]
pub(super) struct PeerState {
    pub(super) client: usize,
    pub(super) attempt: AttemptId,
    pub(super) dialled_at: Timestamp,
    pub(super) connected: bool,
    /// Nothing reaches it any more.
    pub(super) lost: bool,
    pub(super) echo: bool,
    pub(super) silent: bool,
    pub(super) reading: bool,
    /// The client's socket buffer, while the peer does not read.
    pub(super) stuck: VecDeque<Outgoing>,
    pub(super) stuck_bytes: usize,
    pub(super) under_way: VecDeque<(Timestamp, Outgoing)>,
    pub(super) received: Vec<Message>,
    pub(super) pings: u64,
    pub(super) close_sent: bool,
    pub(super) close_received: Option<(CloseCode, String)>,
}

impl Client {
    pub(super) fn new(pump: Pump<MemoryTransport, MemoryTimer>, max_message_size: usize) -> Self {
        // Due at once: the machine has its first dial to make.
        let deadline = Some(Timestamp::default());
        let incoming = VecDeque::new();
        Self {
            pump: Some(pump),
            deadline,
            peer: None,
            reading: true,
            closing: false,
            max_message_size,
            has_room: false,
            incoming,
        }
    }

    /// Another connection is in use, or none.
    pub(super) fn switch(&mut self, peer: Option<usize>) {
        self.peer = peer;
        self.reading = true;
        self.closing = false;
        self.incoming.clear();
        self.has_room = false;
    }
}

impl World {
    /// The next thing that happens by itself.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let clients = self.clients.iter();
        let deadlines = clients.clone().filter_map(|client| client.deadline);
        let incoming =
            clients.filter(|client| client.reading).filter_map(|client| client.incoming.front().map(|(due, ..)| *due));
        let outgoing = self.peers.iter().filter_map(|peer| peer.under_way.front().map(|(due, _)| *due));
        deadlines.chain(incoming).chain(outgoing).min()
    }

    pub(super) fn has_arrivals(&self, now: Timestamp) -> bool {
        self.peers.iter().any(|peer| peer.under_way.front().is_some_and(|(due, _)| *due <= now))
    }

    /// Something for a client, behind everything that is under way to it already. News of a connection that the
    /// client has given up is lost.
    pub(super) fn tell(&mut self, peer: usize, now: Timestamp, delay: Duration, incoming: Incoming) {
        let client = &mut self.clients[self.peers[peer].client];
        if client.peer == Some(peer) {
            let due = client.incoming.back().map_or(now + delay, |(last, _)| (*last).max(now + delay));
            client.incoming.push_back((due, incoming));
        }
    }

    pub(super) fn next_incoming(&mut self, client: usize, now: Timestamp) -> Option<(AttemptId, Incoming)> {
        let number = self.clients[client].peer?;
        let current = self.peers[number].attempt;
        let client = &mut self.clients[client];
        // It is the client's own socket that tells this, which does not depend on what is read.
        if core::mem::take(&mut client.has_room) {
            let held = self.peers[number].stuck_bytes;
            return Some((current, Incoming::Event(SocketEvent::Buffered(held))));
        }
        if client.incoming.front()?.0 > now || !client.reading {
            return None;
        }
        let (_, mut incoming) = client.incoming.pop_front()?;
        match &mut incoming {
            Incoming::Event(SocketEvent::Closing { code, reason }) if !client.closing => {
                client.closing = true;
                let answer = Outgoing::Close(*code, reason.clone());
                self.transmit(number, now, answer);
            }
            Incoming::Message(message) if message.len() > client.max_message_size => {
                self.cut(number);
                self.peers[number].close_received = Some((CloseCode::MESSAGE_TOO_BIG, String::new()));
                let error = Error::new(ErrorKind::MessageTooLarge, "");
                incoming = Incoming::Event(SocketEvent::Failed(error));
            }
            _ => {}
        }
        Some((current, incoming))
    }

    /// Something for a peer. What a peer does not read stays in the client's socket.
    pub(super) fn transmit(&mut self, peer: usize, now: Timestamp, outgoing: Outgoing) {
        let latency = self.latency;
        let state = &mut self.peers[peer];
        if state.lost {
            return;
        }
        if !state.reading {
            if let Outgoing::Message(message) = &outgoing {
                state.stuck_bytes += message.len();
            }
            state.stuck.push_back(outgoing);
            return;
        }
        let due = state.under_way.back().map_or(now + latency, |(last, _)| (*last).max(now + latency));
        state.under_way.push_back((due, outgoing));
    }

    /// What the peer did not read has left the client's socket.
    pub(super) fn has_room(&mut self, peer: usize) {
        let client = self.peers[peer].client;
        if self.clients[client].peer == Some(peer) {
            self.clients[client].has_room = true;
        }
    }

    /// The peers get what is due.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        for number in 0..self.peers.len() {
            while self.peers[number].under_way.front().is_some_and(|(due, _)| *due <= now) {
                if let Some((_, outgoing)) = self.peers[number].under_way.pop_front() {
                    self.received(number, now, outgoing);
                }
            }
        }
    }

    fn received(&mut self, number: usize, now: Timestamp, outgoing: Outgoing) {
        let latency = self.latency;
        let peer = &mut self.peers[number];
        let answers = !peer.silent && peer.connected;
        match outgoing {
            Outgoing::Message(message) => {
                peer.received.push(message.clone());
                if answers && peer.echo && !peer.close_sent {
                    self.tell(number, now, latency, Incoming::Message(message));
                }
            }
            Outgoing::Ping(beat) => {
                peer.pings += 1;
                if answers {
                    self.tell(number, now, latency, Incoming::Event(SocketEvent::Answered(Some(beat))));
                }
            }
            Outgoing::Close(code, reason) => {
                peer.close_received = Some((code, reason.clone()));
                if !answers {
                    return;
                }
                if !core::mem::replace(&mut peer.close_sent, true) {
                    let closing = SocketEvent::Closing { code, reason: reason.clone() };
                    self.tell(number, now, latency, Incoming::Event(closing));
                }
                self.peers[number].connected = false;
                let closed = SocketEvent::Closed { code, reason, clean: true };
                self.tell(number, now, latency, Incoming::Event(closed));
            }
        }
    }

    /// What a peer sent before `cut` arrives; what is under way to it does not.
    pub(super) fn cut(&mut self, peer: usize) {
        let state = &mut self.peers[peer];
        state.connected = false;
        state.lost = true;
        state.under_way.clear();
        state.stuck.clear();
        state.stuck_bytes = 0;
    }
}

/// Set when a handle asks for something.
#[derive(Clone, Default)]
pub(super) struct Flag(Arc<Woken>);

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    pub(super) fn take(&self) -> bool {
        self.0.0.swap(false, Ordering::Relaxed)
    }

    pub(super) fn waker(&self) -> Waker {
        self.0.clone().into()
    }
}
