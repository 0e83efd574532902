//! The state of the network: its connections, and what is on its way through them.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU64;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::client_end::{Arrival, ClientEnd, Incoming};
use super::dial::Dial;
use super::peer_end::{Outgoing, PeerEnd, Segment, TO_CLIENT, TO_PEER};
use crate::close::CloseCode;
use crate::driver::{AttemptId, SocketEvent, Timestamp};
use crate::error::{Error, ErrorKind};

pub(super) struct World {
    pub(super) clients: Vec<ClientEnd>,
    pub(super) peers: Vec<PeerEnd>,
    pub(super) script: VecDeque<Dial>,
    pub(super) latency: Duration,
    /// Bytes per second in each direction.
    pub(super) rate: Option<NonZeroU64>,
    pub(super) capacity: usize,
    /// The peers to which something can still happen.
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

impl World {
    pub(super) fn add(&mut self, peer: PeerEnd) -> usize {
        self.peers.push(peer);
        self.active.push(self.peers.len() - 1);
        self.peers.len() - 1
    }

    /// Returns the time of the next thing that happens on a connection.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let incoming = self.clients.iter().filter(|client| client.reading).filter_map(|client| client.incoming.front());
        let peers = self.active.iter().map(|number| &self.peers[*number]);
        let leaving = peers.clone().filter_map(|peer| peer.leaving.front());
        let under_way = peers.filter_map(|peer| peer.under_way.front());
        let outgoing = leaving.map(|segment| segment.leaves).chain(under_way.map(|segment| segment.arrives));
        incoming.map(|arrival| arrival.arrives).chain(outgoing).min()
    }

    pub(super) fn has_arrivals(&self, now: Timestamp) -> bool {
        let mut peers = self.active.iter().map(|number| &self.peers[*number]);
        peers.any(|peer| {
            peer.leaving.front().is_some_and(|segment| segment.leaves <= now)
                || peer.under_way.front().is_some_and(|segment| segment.arrives <= now)
        })
    }

    /// Sends something to a client, behind everything that is on its way already. Does nothing if the client has given up the
    /// connection.
    pub(super) fn deliver(&mut self, peer: usize, now: Timestamp, delay: Duration, incoming: Incoming) {
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
        // The client's own socket reports this, whether the client reads or not.
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

    /// Sends something to a peer. It stays in the client's socket while the peer does not read.
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

    /// Splits something into segments, which leave as fast as the link allows.
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
            // A segment that takes no time is never held up in the socket.
            let held_up = leaves > now || !state.leaving.is_empty();
            if held_up { &mut state.leaving } else { &mut state.under_way }.push_back(segment);
        }
    }

    /// Starts or stops reading at the peer. While it does not read, nothing leaves the client's socket.
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

    /// Notes that the client's socket has more room, and whether something has left that was held up.
    fn has_room(&mut self, peer: usize, was_full: bool) {
        let client = &mut self.clients[self.peers[peer].client];
        if client.peer == Some(peer) {
            client.has_room = Some(was_full || client.has_room == Some(true));
        }
    }

    /// Moves everything that is due: out of the sockets, and to the peers.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        let mut active = core::mem::take(&mut self.active);
        active.retain(|number| {
            self.arrive_at(*number, now);
            let peer = &self.peers[*number];
            self.clients[peer.client].peer == Some(*number) || !peer.is_idle()
        });
        // Nothing dials meanwhile, so nothing was added.
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
                    self.deliver(number, now, latency, Incoming::Message(message));
                }
            }
            Outgoing::Ping(beat) => {
                peer.pings += 1;
                if answers {
                    self.deliver(number, now, latency, Incoming::Event(SocketEvent::Answered(Some(beat))));
                }
            }
            Outgoing::Close(code, reason) => {
                peer.close_received = Some((code, reason.clone()));
                if !answers {
                    return;
                }
                if !core::mem::replace(&mut peer.close_sent, true) {
                    let closing = SocketEvent::Closing { code, reason: reason.clone() };
                    self.deliver(number, now, latency, Incoming::Event(closing));
                }
                self.peers[number].connected = false;
                let closed = SocketEvent::Closed { code, reason, clean: true };
                self.deliver(number, now, latency, Incoming::Event(closed));
            }
        }
    }

    /// Ends a connection without a Close frame. What has left the peer still arrives at the client; what is on its way to the
    /// peer is lost.
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

    /// Cuts a connection and reports the failure to its client.
    pub(super) fn fail(&mut self, peer: usize, now: Timestamp, delay: Duration, kind: ErrorKind, detail: &str) {
        self.cut(peer, now);
        let detail = String::from(detail);
        self.deliver(peer, now, delay, Incoming::Event(SocketEvent::Failed(Error::new(kind, detail))));
    }
}

/// Returns the parts in which so many bytes travel, each with its duration: a hundredth of a second, or zero without a rate.
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

pub(super) fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
