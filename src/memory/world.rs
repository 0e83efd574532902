//! The state of the network: who is connected, and what is under way.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use core::time::Duration;

use super::Dial;
use super::transport::{MemoryTimer, MemoryTransport};
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, Pump, SocketEvent, Timestamp};
use crate::error::{Error, ErrorKind};
use crate::message::Message;

pub(super) struct World {
    pub(super) clients: Vec<Client>,
    pub(super) peers: Vec<PeerState>,
    pub(super) script: VecDeque<Dial>,
    pub(super) latency: Duration,
    /// Bytes a second in each direction.
    pub(super) rate: Option<NonZeroU64>,
    pub(super) capacity: usize,
    /// Peers that anything can still happen to.
    active: Vec<usize>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            peers: Vec::new(),
            script: VecDeque::new(),
            latency: Duration::ZERO,
            rate: None,
            capacity: 64 * 1024,
            active: Vec::new(),
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
    /// The socket has more room; whether because bytes have left that had been held up in it.
    has_room: Option<bool>,
    incoming: VecDeque<Arrival>,
}

/// What travels to a client.
pub(super) enum Incoming {
    Event(SocketEvent),
    Message(Message),
    /// A part of a message.
    Part,
}

/// Something on its way to a client.
struct Arrival {
    /// When its last byte has left the peer.
    leaves: Timestamp,
    arrives: Timestamp,
    incoming: Incoming,
}

/// What travels to a peer.
pub(super) enum Outgoing {
    Message(Message),
    Heartbeat(Message),
    Ping(u64),
    Close(CloseCode, String),
}

impl Outgoing {
    /// Only payload takes time on the link.
    fn len(&self) -> usize {
        if let Self::Message(message) = self { message.len() } else { 0 }
    }
}

/// A part of what travels to a peer.
struct Segment {
    leaves: Timestamp,
    arrives: Timestamp,
    bytes: usize,
    /// What has arrived when this has.
    last_of: Option<Outgoing>,
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
    /// In the client's socket, while the peer does not read: with how many bytes of each have not left.
    stuck: VecDeque<(Outgoing, usize)>,
    /// In the client's socket, and when it leaves.
    leaving: VecDeque<Segment>,
    /// Has left the client's socket.
    under_way: VecDeque<Segment>,
    /// What the client's socket held when the connection was lost.
    gone: Buffered,
    /// When the link to the peer, and the one from it, have room for the next byte.
    free: [Timestamp; 2],
    /// Bytes that the client's socket has taken, and that have arrived here.
    pub(super) taken: u64,
    pub(super) arrived: u64,
    pub(super) received: Vec<Message>,
    pub(super) pings: u64,
    pub(super) close_sent: bool,
    pub(super) close_received: Option<(CloseCode, String)>,
}

const TO_PEER: usize = 0;
const TO_CLIENT: usize = 1;

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
            has_room: None,
            incoming,
        }
    }

    /// Another connection is in use, or none.
    pub(super) fn switch(&mut self, peer: Option<usize>) {
        self.peer = peer;
        self.reading = true;
        self.closing = false;
        self.incoming.clear();
        self.has_room = None;
    }
}

impl PeerState {
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

    /// What the client's socket holds.
    pub(super) fn held(&self) -> Buffered {
        let stuck = self.stuck.iter().map(|(outgoing, bytes)| (Some(outgoing), *bytes));
        let leaving = self.leaving.iter().map(|segment| (segment.last_of.as_ref(), segment.bytes));
        stuck.chain(leaving).fold(self.gone, |held, (outgoing, bytes)| Buffered {
            messages: held.messages + u64::from(matches!(outgoing, Some(Outgoing::Message(_)))),
            bytes: held.bytes + bytes,
        })
    }

    fn is_idle(&self) -> bool {
        self.leaving.is_empty() && self.under_way.is_empty()
    }
}

/// In which parts so many bytes travel, and how long each takes: a hundredth of a second, or no time at all.
fn parts(bytes: usize, rate: Option<NonZeroU64>) -> impl Iterator<Item = (usize, Duration)> {
    let part = rate.map_or(bytes, |rate| usize::try_from(rate.get() / 100).unwrap_or(usize::MAX)).max(1);
    let mut left = Some(bytes);
    core::iter::from_fn(move || {
        let before = left?;
        let bytes = before.min(part);
        left = (before > bytes).then(|| before - bytes);
        let micros = rate.map_or(0, |rate| (bytes as u64).saturating_mul(1_000_000).div_ceil(rate.get()));
        Some((bytes, Duration::from_micros(micros)))
    })
}

impl World {
    pub(super) fn add(&mut self, peer: PeerState) -> usize {
        self.peers.push(peer);
        self.active.push(self.peers.len() - 1);
        self.peers.len() - 1
    }

    /// The next thing that happens by itself.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let clients = self.clients.iter();
        let deadlines = clients.clone().filter_map(|client| client.deadline);
        let incoming = clients.filter(|client| client.reading).filter_map(|client| client.incoming.front());
        let peers = self.active.iter().map(|number| &self.peers[*number]);
        let leaving = peers.clone().filter_map(|peer| peer.leaving.front());
        let under_way = peers.filter_map(|peer| peer.under_way.front());
        let outgoing = leaving.map(|segment| segment.leaves).chain(under_way.map(|segment| segment.arrives));
        deadlines.chain(incoming.map(|arrival| arrival.arrives)).chain(outgoing).min()
    }

    pub(super) fn has_arrivals(&self, now: Timestamp) -> bool {
        let mut peers = self.active.iter().map(|number| &self.peers[*number]);
        peers.any(|peer| {
            peer.leaving.front().is_some_and(|segment| segment.leaves <= now)
                || peer.under_way.front().is_some_and(|segment| segment.arrives <= now)
        })
    }

    /// Something for a client, behind everything that is under way to it already. News of a connection that the
    /// client has given up is lost.
    pub(super) fn tell(&mut self, peer: usize, now: Timestamp, delay: Duration, incoming: Incoming) {
        let state = &mut self.peers[peer];
        let client = &mut self.clients[state.client];
        if client.peer != Some(peer) {
            return;
        }
        let bytes = if let Incoming::Message(message) = &incoming { message.len() } else { 0 };
        let mut parts = parts(bytes, self.rate).peekable();
        let mut leaves = state.free[TO_CLIENT].max(now);
        let mut last = Some(incoming);
        while let Some((_, takes)) = parts.next() {
            leaves = leaves + takes;
            let incoming = if parts.peek().is_none() { last.take() } else { None }.unwrap_or(Incoming::Part);
            let before = client.incoming.back().map_or(leaves, |arrival| arrival.arrives);
            client.incoming.push_back(Arrival { leaves, arrives: before.max(leaves + delay), incoming });
        }
        state.free[TO_CLIENT] = leaves;
    }

    pub(super) fn next_incoming(&mut self, client: usize, now: Timestamp) -> Option<(AttemptId, Incoming)> {
        let number = self.clients[client].peer?;
        let current = self.peers[number].attempt;
        let client = &mut self.clients[client];
        // It is the client's own socket that tells this, which does not depend on what is read.
        if let Some(was_full) = client.has_room.take() {
            let held = self.peers[number].held();
            return Some((current, Incoming::Event(SocketEvent::Left { held, was_full })));
        }
        if client.incoming.front()?.arrives > now || !client.reading {
            return None;
        }
        let mut incoming = client.incoming.pop_front()?.incoming;
        match &mut incoming {
            Incoming::Event(SocketEvent::Closing { code, reason }) if !client.closing => {
                client.closing = true;
                let answer = Outgoing::Close(*code, reason.clone());
                self.transmit(number, now, answer);
            }
            Incoming::Message(message) if message.len() > client.max_message_size => {
                self.cut(number, now);
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
        let state = &mut self.peers[peer];
        if state.lost {
            return;
        }
        let bytes = outgoing.len();
        state.taken += bytes as u64;
        if state.reading {
            self.schedule(peer, now, outgoing, bytes);
        } else {
            state.stuck.push_back((outgoing, bytes));
        }
    }

    /// From now on it leaves, as fast as the link allows.
    fn schedule(&mut self, peer: usize, now: Timestamp, outgoing: Outgoing, bytes: usize) {
        let (rate, latency) = (self.rate, self.latency);
        let state = &mut self.peers[peer];
        let mut parts = parts(bytes, rate).peekable();
        let mut last_of = Some(outgoing);
        while let Some((bytes, takes)) = parts.next() {
            let leaves = state.free[TO_PEER].max(now) + takes;
            state.free[TO_PEER] = leaves;
            let last_of = if parts.peek().is_none() { last_of.take() } else { None };
            let before = state.leaving.back().or(state.under_way.back()).map_or(leaves, |segment| segment.arrives);
            let segment = Segment { leaves, arrives: before.max(leaves + latency), bytes, last_of };
            // What takes no time was never held up.
            let held_up = leaves > now || !state.leaving.is_empty();
            if held_up { &mut state.leaving } else { &mut state.under_way }.push_back(segment);
        }
    }

    /// The peer reads, or does not. What has not left the client's socket waits until it does.
    pub(super) fn read(&mut self, peer: usize, now: Timestamp, on: bool) {
        let state = &mut self.peers[peer];
        if state.lost || state.reading == on {
            return;
        }
        state.reading = on;
        if on {
            let stuck = core::mem::take(&mut state.stuck);
            let had_any = !stuck.is_empty();
            for (outgoing, bytes) in stuck {
                self.schedule(peer, now, outgoing, bytes);
            }
            self.has_room(peer, had_any);
            return;
        }
        let mut bytes = 0;
        for segment in core::mem::take(&mut state.leaving) {
            bytes += segment.bytes;
            if let Some(outgoing) = segment.last_of {
                state.stuck.push_back((outgoing, core::mem::take(&mut bytes)));
            }
        }
        state.free[TO_PEER] = now;
    }

    /// The client's socket has more room; whether because something has left that was held up.
    fn has_room(&mut self, peer: usize, was_full: bool) {
        let client = &mut self.clients[self.peers[peer].client];
        if client.peer == Some(peer) {
            client.has_room = Some(was_full || client.has_room == Some(true));
        }
    }

    /// What is due leaves, and reaches the peers.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        let mut active = core::mem::take(&mut self.active);
        active.retain(|number| {
            self.arrive_at(*number, now);
            let peer = &self.peers[*number];
            self.clients[peer.client].peer == Some(*number) || !peer.is_idle()
        });
        // Nobody dials meanwhile.
        self.active = active;
    }

    fn arrive_at(&mut self, number: usize, now: Timestamp) {
        while self.peers[number].leaving.front().is_some_and(|segment| segment.leaves <= now) {
            let Some(segment) = self.peers[number].leaving.pop_front() else { break };
            self.peers[number].under_way.push_back(segment);
            self.has_room(number, true);
        }
        while self.peers[number].under_way.front().is_some_and(|segment| segment.arrives <= now) {
            let Some(segment) = self.peers[number].under_way.pop_front() else { break };
            self.peers[number].arrived += segment.bytes as u64;
            if let Some(outgoing) = segment.last_of {
                self.received(number, now, outgoing);
            }
        }
    }

    fn received(&mut self, number: usize, now: Timestamp, outgoing: Outgoing) {
        let latency = self.latency;
        let peer = &mut self.peers[number];
        let answers = !peer.silent && peer.connected;
        match outgoing {
            Outgoing::Message(message) | Outgoing::Heartbeat(message) => {
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

    /// What has left the peer before `cut` arrives; what is under way to it does not.
    pub(super) fn cut(&mut self, peer: usize, now: Timestamp) {
        let state = &mut self.peers[peer];
        state.gone = state.held();
        state.connected = false;
        state.lost = true;
        state.under_way.clear();
        state.leaving.clear();
        state.stuck.clear();
        state.free[TO_CLIENT] = now;
        let client = &mut self.clients[state.client];
        if client.peer == Some(peer) {
            client.incoming.retain(|arrival| arrival.leaves <= now);
        }
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
