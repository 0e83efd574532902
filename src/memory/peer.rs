//! The server's end of a connection.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::sync::Mutex;

use super::client_end::Incoming;
use super::peer_end::PeerEnd;
use super::world::{World, lock};
use crate::close::CloseCode;
use crate::driver::{Clock, SocketEvent, Timestamp};
use crate::error::ErrorKind;
use crate::message::Message;

/// The server's end of one connection. What it does takes effect when the network advances, if only by nothing.
#[derive(Clone)]
pub struct Peer {
    world: Arc<Mutex<World>>,
    number: usize,
    clock: Clock,
}

impl Peer {
    pub(super) fn new(world: Arc<Mutex<World>>, number: usize, clock: Clock) -> Self {
        Self { world, number, clock }
    }

    fn with<R>(&self, run: impl FnOnce(&mut PeerEnd) -> R) -> R {
        run(&mut lock(&self.world).peers[self.number])
    }

    fn deliver(&self, incoming: Incoming) {
        let now = self.clock.now();
        let mut world = lock(&self.world);
        let latency = world.latency;
        if world.peers[self.number].connected {
            world.deliver(self.number, now, latency, incoming);
        }
    }

    /// Sends a message. Nothing happens after a close.
    pub fn send(&self, message: impl Into<Message>) {
        if !self.with(|peer| peer.close_sent) {
            self.deliver(Incoming::Message(message.into()));
        }
    }

    /// Sends a Close frame, which the client answers.
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl Into<String>) {
        if !self.with(|peer| core::mem::replace(&mut peer.close_sent, true)) {
            let (code, reason) = (code.into(), reason.into());
            self.deliver(Incoming::Event(SocketEvent::Closing { code, reason: reason.clone() }));
            self.deliver(Incoming::Event(SocketEvent::Closed { code, reason, clean: true }));
            self.with(|peer| peer.connected = false);
        }
    }

    /// Ends the connection without a Close frame. What is under way to this peer is lost, and so is what has not left it
    /// yet (see [`Network::set_rate`](super::Network::set_rate)): the rest of a message, too.
    pub fn cut(&self) {
        self.fail(ErrorKind::Io, "cut off");
    }

    /// Breaks the protocol, which ends the connection.
    pub fn violate(&self) {
        self.fail(ErrorKind::Protocol, "protocol broken");
    }

    fn fail(&self, kind: ErrorKind, detail: &str) {
        let now = self.clock.now();
        let mut world = lock(&self.world);
        let latency = world.latency;
        if world.peers[self.number].connected {
            world.fail(self.number, now, latency, kind, detail);
        }
    }

    /// Answers every message with itself from now on, or not.
    pub fn echo(&self, on: bool) {
        self.with(|peer| peer.echo = on);
    }

    /// Goes on reading but answers nothing from now on, neither Ping nor Close; or answers again.
    pub fn silence(&self, on: bool) {
        self.with(|peer| peer.silent = on);
    }

    /// Stops reading, so that the client's socket fills up; or reads again.
    pub fn read(&self, on: bool) {
        let now = self.clock.now();
        let mut world = lock(&self.world);
        world.read(self.number, now, on);
    }

    /// When it was dialled, as time since the network was made.
    pub fn dialled_at(&self) -> Duration {
        self.with(|peer| peer.dialled_at.since(Timestamp::default()))
    }

    /// The messages that arrived here.
    pub fn received(&self) -> Vec<Message> {
        self.with(|peer| peer.received.clone())
    }

    /// The messages that arrived here since this was called last, which are then forgotten.
    pub fn take_received(&self) -> Vec<Message> {
        self.with(|peer| core::mem::take(&mut peer.received))
    }

    /// How many Pings arrived here.
    pub fn pings(&self) -> u64 {
        self.with(|peer| peer.pings)
    }

    /// The Close frame that arrived here.
    pub fn close_received(&self) -> Option<(CloseCode, String)> {
        self.with(|peer| peer.close_received.clone())
    }

    /// Whether the connection is open as seen from here.
    pub fn is_connected(&self) -> bool {
        self.with(|peer| peer.connected)
    }
}

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Peer").field("number", &self.number).field("connected", &self.is_connected()).finish()
    }
}
