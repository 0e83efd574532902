//! A network in memory, in virtual time: for tests of your own handlers, and of this crate.
//!
//! No socket, no runtime and no waiting: time passes when [`Network::advance`] is called, and everything that is due
//! happens in order on the calling thread. Dials are answered by a script, and each connection has a [`Peer`] to speak
//! for the server: it sends, closes, falls silent, stops reading, or is cut off.
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

/// A network in memory. Clones are the same network.
#[derive(Clone)]
pub struct Network {
    world: Arc<Mutex<World>>,
    /// By the number of their client.
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
    /// A network that accepts every dial and has no latency.
    pub fn new() -> Self {
        Self { world: Arc::default(), clients: Arc::default(), now: Arc::new(AtomicU64::new(0)) }
    }

    /// Connects a client through this network. It does nothing before [`advance`](Self::advance) is called.
    ///
    /// # Errors
    /// As [`Builder::connect`].
    pub fn connect(&self, builder: Builder) -> Result<WebSocket, ConfigError> {
        let number = self.lock().clients.len();
        let (setup, _) = builder.check()?;
        let max_message_size = setup.max_message_size;
        let timer = MemoryTimer::new(self.clock());
        let transport = MemoryTransport::new(self.world.clone(), number, self.clock());
        let (ws, pump) = Pump::start(setup, |_| Ok(transport), timer)?;
        // Due at once: the machine has its first dial to make.
        self.clients().push(Client { pump: Some(pump), deadline: Some(Timestamp::default()) });
        self.lock().clients.push(ClientEnd::new(max_message_size));
        Ok(ws)
    }

    /// As [`connect`](Self::connect), with events to be read from a stream in place of callbacks.
    ///
    /// # Errors
    /// As [`Builder::connect_stream`].
    pub fn connect_stream(&self, builder: Builder) -> Result<(WebSocket, Events), ConfigError> {
        builder.connect_stream_by(|builder| self.connect(builder))
    }

    /// What the next dials meet, one each; every one after these is accepted.
    pub fn script(&self, dials: impl IntoIterator<Item = Dial>) {
        self.lock().script.extend(dials);
    }

    /// How long everything takes from one end to the other, from now on. What is under way is not overtaken.
    pub fn set_latency(&self, latency: Duration) {
        self.lock().latency = latency;
    }

    /// How many bytes of payload a second travel in each direction of each connection, from now on. Default: all at
    /// once. Messages then arrive and leave bit by bit, in parts of a hundredth of a second.
    /// Zero counts as one byte a second: for a link on which nothing moves see [`Peer::read`] and [`Peer::silence`].
    pub fn set_rate(&self, bytes: impl Into<Option<u64>>) {
        self.lock().rate = bytes.into().map(|rate| NonZeroU64::new(rate).unwrap_or(NonZeroU64::MIN));
    }

    /// How many bytes a socket holds that its peer does not read, or that the link has not taken yet. Default: 64 KiB.
    /// A longer message is taken if there is nothing before it.
    pub fn set_capacity(&self, bytes: usize) {
        self.lock().capacity = bytes;
    }

    /// The time since the network was made.
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.now.load(Ordering::Relaxed))
    }

    /// Lets time pass, and everything happen that is due meanwhile.
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

    /// Lets time pass as for a machine that sleeps: nothing happens until it has passed, then everything at once.
    pub fn sleep(&self, duration: Duration) {
        self.set_now(self.timestamp() + duration);
        self.settle();
    }

    /// Tells every client that the network or page changed (S8c), as a browser does.
    pub fn page(&self, event: PageEvent) {
        let clients = self.lock().clients.len();
        for number in 0..clients {
            self.with_pump(number, |pump| pump.event(pump.now(), Input::Page(event)));
        }
        self.settle();
    }

    /// The server's end of the latest connection. Panics if nothing was ever dialled.
    pub fn peer(&self) -> Peer {
        let peers = self.lock().peers.len();
        assert!(peers > 0, "nothing was dialled yet: `advance` lets it happen");
        Peer::new(self.world.clone(), peers - 1, self.clock())
    }

    /// The server's ends of all connections so far, also of dials that never opened.
    pub fn peers(&self) -> Vec<Peer> {
        let peers = self.lock().peers.len();
        (0..peers).map(|number| Peer::new(self.world.clone(), number, self.clock())).collect()
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

    /// Lets everything happen that is due now, and what follows from it.
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

    /// One client's turn: what was asked for first, then what arrived, then the clock. Returns whether anything
    /// happened.
    fn turn(&self, number: usize, now: Timestamp) -> bool {
        let mut busy = false;
        self.with_pump(number, |pump| {
            // A message must not be taken from the socket after `pause` has returned.
            pump.drive();
            loop {
                // In a statement of its own, so that the world is not locked while the handler runs.
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

    /// The pump is taken out of its place, and nothing is locked while the handler runs.
    fn with_pump(&self, number: usize, run: impl FnOnce(&mut Pump<MemoryTransport, MemoryTimer>)) {
        let pump = self.clients()[number].pump.take();
        let Some(mut pump) = pump else { return };
        run(&mut pump);
        let deadline = pump.deadline();
        if pump.is_done() {
            self.clients()[number].deadline = deadline;
            // What is still on its way to it would be due forever.
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
