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

/// The server's end of one connection. Returned by [`Network::peer`](super::Network::peer); all clones refer to the same
/// connection.
///
/// Its actions take effect at the next [`advance`](super::Network::advance), after the network's latency.
///
/// ```
/// use homing::memory::Network;
/// use homing::WebSocket;
/// use std::time::Duration;
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// let network = Network::new();
/// let ws = network.connect(WebSocket::builder("ws://example.com").on_close(|_, close| {
///     assert_eq!(close.code, 1012);
/// }))?;
/// network.advance(Duration::ZERO);
/// network.peer().close(1012, "restart");
/// network.advance(Duration::ZERO);
/// assert!(!network.peer().is_connected());
/// # drop(ws);
/// # Ok(()) }
/// ```
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

    /// Sends a message. Does nothing after [`close`](Self::close).
    pub fn send(&self, message: impl Into<Message>) {
        if !self.with(|peer| peer.close_sent) {
            self.deliver(Incoming::Message(message.into()));
        }
    }

    /// Sends a Close frame, which the client answers, and then ends the connection. The code is not checked.
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl Into<String>) {
        if !self.with(|peer| core::mem::replace(&mut peer.close_sent, true)) {
            let (code, reason) = (code.into(), reason.into());
            self.deliver(Incoming::Event(SocketEvent::Closing { code, reason: reason.clone() }));
            self.deliver(Incoming::Event(SocketEvent::Closed { code, reason, clean: true }));
            self.with(|peer| peer.connected = false);
        }
    }

    /// Ends the connection without a Close frame: the client's attempt fails with [`ErrorKind::Io`].
    ///
    /// Everything on its way to this peer is lost. So is what has not left this peer yet, also the rest of a message
    /// (see [`Network::set_rate`](super::Network::set_rate)).
    pub fn cut(&self) {
        self.fail(ErrorKind::Io, "cut off");
    }

    /// Violates the protocol: the client's attempt fails with [`ErrorKind::Protocol`].
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

    /// Starts or stops returning every message to the client. Default: off.
    pub fn echo(&self, on: bool) {
        self.with(|peer| peer.echo = on);
    }

    /// Starts or stops ignoring everything: a silent peer reads but answers neither messages nor Ping nor Close. Default:
    /// off. The client's heartbeat times out.
    pub fn silence(&self, on: bool) {
        self.with(|peer| peer.silent = on);
    }

    /// Starts or stops reading. While the peer does not read, the client's socket fills up to
    /// [`Network::set_capacity`](super::Network::set_capacity). Default: on.
    pub fn read(&self, on: bool) {
        let now = self.clock.now();
        let mut world = lock(&self.world);
        world.read(self.number, now, on);
    }

    /// Returns when the connection was dialled, as [`Network::now`](super::Network::now) was then.
    pub fn dialled_at(&self) -> Duration {
        self.with(|peer| peer.dialled_at.since(Timestamp::default()))
    }

    /// Returns the messages that have arrived here, in order. Heartbeat messages are among them.
    pub fn received(&self) -> Vec<Message> {
        self.with(|peer| peer.received.clone())
    }

    /// Removes and returns the messages that have arrived here since the last call.
    pub fn take_received(&self) -> Vec<Message> {
        self.with(|peer| core::mem::take(&mut peer.received))
    }

    /// Returns how many Ping frames have arrived here.
    pub fn pings(&self) -> u64 {
        self.with(|peer| peer.pings)
    }

    /// Returns code and reason of the Close frame that arrived here, if one did.
    pub fn close_received(&self) -> Option<(CloseCode, String)> {
        self.with(|peer| peer.close_received.clone())
    }

    /// Returns whether the connection is open, as seen from this end.
    pub fn is_connected(&self) -> bool {
        self.with(|peer| peer.connected)
    }
}

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Peer").field("number", &self.number).field("connected", &self.is_connected()).finish()
    }
}
