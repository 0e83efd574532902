//! A network in memory and virtual time, to test handlers without sockets, sleeps or a runtime.
//!
//! Time passes only when [`Network::advance`] is called. Everything that is due until then happens in order on the calling
//! thread, so that tests are deterministic. A script decides how dials end ([`Dial`]). The server's end of each connection is
//! a [`Peer`]: it sends, closes, stops answering or reading, or loses the connection.
//!
//! The client under test is the real one, with its reconnects, timeouts, queue and heartbeat. Only the transport and the
//! clock are replaced, so options that concern them (headers, TLS, proxies, request providers) have no effect. Use
//! [`Builder::jitter_seed`](crate::Builder::jitter_seed) for repeatable delays.
//!
//! # Examples
//! A client that is refused once, and connects at the second attempt:
//!
//! ```
//! use homing::memory::{Dial, Network};
//! use homing::{Message, State, WebSocket};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let network = Network::new();
//! network.script([Dial::Refuse, Dial::Accept]);
//! let ws = network.connect(WebSocket::builder("ws://example.com"))?;
//! ws.send("hello")?;
//!
//! network.advance(Duration::ZERO);
//! assert_eq!(ws.state(), State::Waiting); // refused; the first retry comes within 1 s
//! network.advance(Duration::from_secs(1));
//! assert_eq!(ws.state(), State::Open);
//! assert_eq!(network.peer().received(), [Message::text("hello")]);
//! # Ok(()) }
//! ```

mod client_end;
mod dial;
mod peer;
mod peer_end;
#[cfg(test)]
mod tests;
mod timer;
mod transport;
mod world;

use alloc::sync::Arc;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use dial::Dial;
pub use peer::Peer;

use crate::builder::Builder;
use crate::client::WebSocket;
use crate::driver::{Clock, Input, PageEvent, Pump, Timestamp};
use crate::error::ConfigError;
use crate::stream::Events;
use client_end::{ClientEnd, Incoming};
use timer::MemoryTimer;
use transport::MemoryTransport;
use world::{World, lock};

/// A network in memory. All clones refer to the same network.
///
/// Dropping the last clone ends its clients, with [`EndReason::Shutdown`](crate::EndReason::Shutdown).
#[derive(Clone)]
pub struct Network {
    world: Arc<Mutex<World>>,
    /// In the same order as the clients of `world`.
    clients: Arc<Mutex<Vec<Client>>>,
    now: Arc<AtomicU64>,
}

/// A client on the network.
struct Client {
    /// Taken out while it runs.
    pump: Option<Pump<MemoryTransport, MemoryTimer>>,
    deadline: Option<Timestamp>,
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Network {
    /// Returns a network that accepts every dial and has no latency.
    pub fn new() -> Self {
        Self { world: Arc::default(), clients: Arc::default(), now: Arc::new(AtomicU64::new(0)) }
    }

    /// Connects a client through this network. It dials when [`advance`](Self::advance) is called next.
    ///
    /// The URL must be valid, but is not used.
    ///
    /// # Errors
    /// As [`Builder::connect`], except that no runtime is needed.
    pub fn connect(&self, builder: Builder) -> Result<WebSocket, ConfigError> {
        let number = self.lock().clients.len();
        let (settings, _) = builder.check()?;
        let max_message_size = settings.max_message_size;
        let timer = MemoryTimer::new(self.clock());
        let transport = MemoryTransport::new(self.world.clone(), number, self.clock());
        let (ws, pump) = Pump::start(settings, |_| Ok(transport), timer)?;
        // Due at once: the machine has its first dial to make.
        self.clients().push(Client { pump: Some(pump), deadline: Some(Timestamp::default()) });
        self.lock().clients.push(ClientEnd::new(max_message_size));
        Ok(ws)
    }

    /// As [`connect`](Self::connect), with a stream of events instead of callbacks.
    ///
    /// # Errors
    /// As [`Builder::connect_stream`].
    pub fn connect_stream(&self, builder: Builder) -> Result<(WebSocket, Events), ConfigError> {
        builder.connect_stream_by(|builder| self.connect(builder))
    }

    /// Appends to the script: each of the next dials ends as the next entry says. Dials after the last entry are accepted.
    pub fn script(&self, dials: impl IntoIterator<Item = Dial>) {
        self.lock().script.extend(dials);
    }

    /// Sets how long everything takes from one end to the other, from now on. Default: zero. Order is kept: nothing overtakes
    /// what was sent before.
    pub fn set_latency(&self, latency: Duration) {
        self.lock().latency = latency;
    }

    /// Sets how many bytes of payload per second each connection carries in each direction, from now on. Default: `None`, no
    /// limit.
    ///
    /// With a rate, messages leave and arrive in parts of a hundredth of a second. Zero counts as one byte per second. For a
    /// connection on which nothing moves see [`Peer::read`] and [`Peer::silence`].
    pub fn set_rate(&self, bytes: impl Into<Option<u64>>) {
        self.lock().rate = bytes.into().map(|rate| NonZeroU64::new(rate).unwrap_or(NonZeroU64::MIN));
    }

    /// Sets how many bytes of payload the client's socket buffers while the peer does not read, or while the
    /// [rate](Self::set_rate) delays them. Default: 64 KiB. If the peer reads, an empty socket takes a
    /// longer message as a whole.
    pub fn set_capacity(&self, bytes: usize) {
        self.lock().capacity = bytes;
    }

    /// Returns the virtual time since the network was created.
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.now.load(Ordering::Relaxed))
    }

    /// Advances the time. Everything that is due meanwhile happens at its time, in order, on this thread: dials, messages,
    /// timeouts and callbacks. Zero runs what is due now.
    pub fn advance(&self, duration: Duration) {
        let target = self.timestamp() + duration;
        loop {
            self.settle();
            match self.next_due() {
                Some(due) if due <= target => self.set_now(due),
                _ => break,
            }
        }
        self.set_now(target);
        self.settle();
    }

    /// Advances the time as for a machine that was suspended: nothing happens until the duration has passed, then everything
    /// that became due happens at once.
    pub fn sleep(&self, duration: Duration) {
        self.set_now(self.timestamp() + duration);
        self.settle();
    }

    /// Notifies every client that the network or the page changed (S8c), as a browser does.
    pub fn page(&self, event: PageEvent) {
        let clients = self.lock().clients.len();
        for number in 0..clients {
            self.with_pump(number, |pump| pump.event(pump.now(), Input::Page(event)));
        }
        self.settle();
    }

    /// Returns the server's end of the latest connection, also if it did not open.
    ///
    /// # Panics
    /// Panics if nothing was dialled yet. Call [`advance`](Self::advance) first.
    pub fn peer(&self) -> Peer {
        let dials = self.dials();
        assert!(dials > 0, "nothing was dialled yet: call `advance` first");
        Peer::new(self.world.clone(), dials - 1, self.clock())
    }

    /// Returns how often clients have dialled so far.
    #[must_use]
    pub fn dials(&self) -> usize {
        self.lock().peers.len()
    }

    /// Returns the server's ends of all connections so far in the order of the dials, also of those that did not open.
    pub fn peers(&self) -> Vec<Peer> {
        (0..self.dials()).map(|number| Peer::new(self.world.clone(), number, self.clock())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn clients(&self) -> MutexGuard<'_, Vec<Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self) -> Clock {
        let now = self.now.clone();
        Clock::new(move || Timestamp::from_micros(now.load(Ordering::Relaxed)))
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::Relaxed))
    }

    fn set_now(&self, now: Timestamp) {
        self.now.fetch_max(now.as_micros(), Ordering::Relaxed);
    }

    fn next_due(&self) -> Option<Timestamp> {
        let deadline = self.clients().iter().filter_map(|client| client.deadline).min();
        deadline.into_iter().chain(self.lock().next_due()).min()
    }

    /// Runs everything that is due now, and what follows from it.
    fn settle(&self) {
        loop {
            let now = self.timestamp();
            self.lock().arrive(now);
            let clients = self.lock().clients.len();
            let mut busy = false;
            for number in 0..clients {
                busy |= self.turn(number, now);
            }
            if !busy && !self.lock().has_arrivals(now) {
                return;
            }
        }
    }

    /// Runs one client: requests of handles first, then what arrived, then the clock. Returns whether anything happened.
    fn turn(&self, number: usize, now: Timestamp) -> bool {
        let mut busy = false;
        self.with_pump(number, |pump| {
            // After `pause` has returned, no message may be taken from the socket.
            pump.drive();
            loop {
                // A statement of its own, so that the world is not locked while the handler runs.
                let next = self.lock().next_incoming(number, now);
                let Some((attempt, incoming)) = next else { break };
                busy = true;
                match incoming {
                    Incoming::Event(event) => pump.event(now, Input::Socket(attempt, event)),
                    Incoming::Part => pump.received(attempt),
                    Incoming::Message(message) => {
                        pump.message(message);
                        pump.received(attempt);
                    }
                }
            }
            if pump.deadline().is_some_and(|deadline| now >= deadline) {
                busy = true;
                pump.event(now, Input::Wake);
            }
            let flag = pump.timer().flag();
            busy |= flag.take();
            pump.drive();
            busy |= !pump.sleep(&flag.waker());
        });
        busy
    }

    /// Runs the pump outside of its place, so that nothing is locked while the handler runs.
    fn with_pump(&self, number: usize, run: impl FnOnce(&mut Pump<MemoryTransport, MemoryTimer>)) {
        let pump = self.clients()[number].pump.take();
        let Some(mut pump) = pump else { return };
        run(&mut pump);
        let deadline = pump.deadline();
        if pump.is_done() {
            self.clients()[number].deadline = deadline;
            // Otherwise what is still on its way to the client would be due forever.
            self.lock().clients[number].switch(None);
        } else {
            self.clients()[number] = Client { pump: Some(pump), deadline };
        }
    }
}

impl core::fmt::Debug for Network {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Network").field("now", &self.now()).finish_non_exhaustive()
    }
}
