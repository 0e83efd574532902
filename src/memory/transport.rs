//! The client's end of a connection, and its timer.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::Mutex;

use bytes::Bytes;

use super::world::{Flag, Incoming, Outgoing, PeerState, World};
use super::{Dial, lock};
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, Clock, SocketEvent, Timer, Timestamp, Transport};
use crate::error::{Error, ErrorKind};
use crate::handshake::{Handshake, Headers};
use crate::machine::Delivery;
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

    /// Bytes that the socket in use has taken, and those that its peer has.
    fn delivery(&self) -> (u64, u64) {
        let mut bytes = (0, 0);
        self.with_peer(|world, peer| bytes = (world.peers[peer].taken, world.peers[peer].arrived));
        bytes
    }

    /// Does something with the connection in use, if there is one.
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
        let peer = world.add(PeerState::new(self.client, attempt, now, dial == Dial::Accept));
        let client = &mut world.clients[self.client];
        client.switch(Some(peer));
        let mut tell = |event| world.tell(peer, now, latency, Incoming::Event(event));
        match dial {
            Dial::Accept => {
                tell(SocketEvent::Connected);
                tell(SocketEvent::Opened(Handshake::default()));
            }
            Dial::Refuse => tell(SocketEvent::Failed(Error::new(ErrorKind::Connect, "refused"))),
            Dial::Stall => {}
            Dial::StallHandshake => tell(SocketEvent::Connected),
            Dial::Status(status) => {
                tell(SocketEvent::Connected);
                let (headers, body) = (Headers::default(), Bytes::new());
                let kind = ErrorKind::Handshake { status: Some(status), headers, body };
                tell(SocketEvent::Failed(Error::new(kind, "")));
            }
        }
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        let now = self.clock.now();
        self.with_peer(|world, peer| {
            while let Some(message) = batch.front() {
                let held = world.peers[peer].held().bytes;
                // An empty socket takes the first part of a message of any length, if the peer reads.
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

    fn buffered(&mut self) -> Buffered {
        let mut held = Buffered::default();
        self.with_peer(|world, peer| held = world.peers[peer].held());
        held
    }

    fn mark(&mut self) {
        let (taken, arrived) = self.delivery();
        self.delivery.mark(taken, arrived);
    }

    fn progress(&mut self) -> bool {
        let (_, arrived) = self.delivery();
        self.delivery.progress(arrived)
    }
}

/// The network looks at each client's deadline itself.
pub(super) struct MemoryTimer {
    clock: Clock,
    flag: Flag,
}

impl MemoryTimer {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, flag: Flag::default() }
    }

    pub(super) fn flag(&self) -> Flag {
        self.flag.clone()
    }
}

impl Timer for MemoryTimer {
    fn clock(&self) -> Clock {
        self.clock.clone()
    }

    fn arm(&mut self, _: Option<Timestamp>) {}
}

/// A peer's end is told to its client.
pub(super) fn failed(world: &mut World, peer: usize, now: Timestamp, delay: Duration, kind: ErrorKind, detail: &str) {
    world.cut(peer, now);
    let detail: String = detail.to_string();
    world.tell(peer, now, delay, Incoming::Event(SocketEvent::Failed(Error::new(kind, detail))));
}
