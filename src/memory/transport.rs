//! The transport of a client in memory.

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::sync::Arc;
use std::sync::Mutex;

use bytes::Bytes;
use homing_machine::Delivery;

use super::client_end::Incoming;
use super::dial::Dial;
use super::peer_end::{Outgoing, PeerEnd};
use super::world::{World, lock};
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, Clock, SocketEvent, Transport};
use crate::error::{Error, ErrorKind};
use crate::handshake::{Handshake, Headers};
use crate::message::Message;

pub(super) struct MemoryTransport {
    world: Arc<Mutex<World>>,
    client: usize,
    clock: Clock,
    delivery: Delivery,
}

impl MemoryTransport {
    pub(super) fn new(world: Arc<Mutex<World>>, client: usize, clock: Clock) -> Self {
        Self { world, client, clock, delivery: Delivery::default() }
    }

    /// Returns the bytes that the current socket has taken, and those that have arrived at its peer.
    fn delivery(&self) -> (u64, u64) {
        let mut bytes = (0, 0);
        self.with_peer(|world, peer| bytes = (world.peers[peer].taken, world.peers[peer].arrived));
        bytes
    }

    /// Runs a function on the current connection, if there is one.
    fn with_peer(&self, run: impl FnOnce(&mut World, usize)) {
        let mut world = lock(&self.world);
        if let Some(peer) = world.clients[self.client].peer {
            run(&mut world, peer);
        }
    }
}

impl Transport for MemoryTransport {
    const CAN_PING: bool = true;

    fn dial(&mut self, attempt: AttemptId) {
        self.delivery = Delivery::default();
        let now = self.clock.now();
        let mut world = lock(&self.world);
        let dial = world.script.pop_front().unwrap_or_default();
        let latency = world.latency;
        let peer = world.add(PeerEnd::new(self.client, attempt, now, dial == Dial::Accept));
        let client = &mut world.clients[self.client];
        client.switch(Some(peer));
        let mut deliver = |event| world.deliver(peer, now, latency, Incoming::Event(event));
        match dial {
            Dial::Accept => {
                deliver(SocketEvent::Connected);
                deliver(SocketEvent::Opened(Handshake::default()));
            }
            Dial::Refuse => deliver(SocketEvent::Failed(Error::new(ErrorKind::Connect, "refused"))),
            Dial::Stall => {}
            Dial::StallHandshake => deliver(SocketEvent::Connected),
            Dial::Status(status) => {
                deliver(SocketEvent::Connected);
                let (headers, body) = (Headers::default(), Bytes::new());
                let kind = ErrorKind::Handshake { status: Some(status), headers, body };
                deliver(SocketEvent::Failed(Error::new(kind, "")));
            }
        }
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        let now = self.clock.now();
        self.with_peer(|world, peer| {
            while let Some(message) = batch.front() {
                let held = world.peers[peer].held().bytes;
                // If the peer reads, an empty socket takes a message of any length.
                if held + message.len() > world.capacity && (held > 0 || !world.peers[peer].reading) {
                    return;
                }
                if let Some(message) = batch.pop_front() {
                    world.transmit(peer, now, Outgoing::Message(message));
                }
            }
        });
    }

    fn flush(&mut self) {}

    fn ping(&mut self, beat: u64) {
        let now = self.clock.now();
        self.with_peer(|world, peer| world.transmit(peer, now, Outgoing::Ping(beat)));
    }

    fn heartbeat(&mut self, message: Message) {
        let now = self.clock.now();
        self.with_peer(|world, peer| world.transmit(peer, now, Outgoing::Heartbeat(message)));
    }

    fn read(&mut self, on: bool) {
        lock(&self.world).clients[self.client].reading = on;
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        let now = self.clock.now();
        lock(&self.world).clients[self.client].closing = true;
        self.with_peer(|world, peer| world.transmit(peer, now, Outgoing::Close(code, reason.to_string())));
    }

    fn abort(&mut self) {
        let now = self.clock.now();
        self.with_peer(|world, peer| world.cut(peer, now));
        lock(&self.world).clients[self.client].switch(None);
    }

    fn fail(&mut self, code: CloseCode, reason: &str) {
        self.with_peer(|world, peer| world.peers[peer].close_received = Some((code, reason.to_string())));
        self.abort();
    }

    fn buffered(&mut self) -> Buffered {
        let mut held = Buffered::default();
        self.with_peer(|world, peer| held = world.peers[peer].held());
        held
    }

    fn mark(&mut self) -> bool {
        let (taken, arrived) = self.delivery();
        self.delivery.mark(taken, arrived)
    }

    fn progress(&mut self) -> bool {
        let (_, arrived) = self.delivery();
        self.delivery.progress(arrived)
    }
}
