//! The pump: connects the machine, the handler and the transport of one client.

mod outputs;
mod receive;
mod setup;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::Waker;

use homing_machine::Output;

use self::receive::Arrived;
use super::trace::Trace;
use super::{Input, Machine, Shared, Timer, Timestamp, Transport};
use crate::builder::{Builder, Predicate, Settings};
use crate::client::WebSocket;
use crate::close::{CloseEvent, EndReason};
use crate::error::ConfigError;
use crate::handler::Handler;
use crate::message::Message;
use crate::session::SetUp;
use crate::stream::Events;

/// How many batches are sent before control returns to the owner of the pump.
const BATCHES: u32 = 4;

/// Drives one client over a transport and a timer. The documentation of the [module](super) describes how to call it.
pub struct Pump<T: Transport, M: Timer> {
    shared: Arc<Shared>,
    /// The handle that callbacks receive. It does not keep the client alive.
    ws: WebSocket,
    handler: Box<dyn Handler>,
    retry_if: Option<Box<dyn Predicate<CloseEvent>>>,
    is_reply: Option<Box<dyn Predicate<Message>>>,
    /// The message of heartbeats; `None` if they are Ping frames.
    heartbeat: Option<Message>,
    transport: T,
    timer: M,
    batch: VecDeque<Message>,
    /// The user's set-up of each connection.
    setup: Option<Box<dyn SetUp>>,
    /// What arrived since the last `received`.
    arrived: Arrived,
    trace: Trace,
    /// The transport or the machine is running. If this is still set when the pump is dropped, it panicked.
    working: bool,
}

impl<T: Transport, M: Timer> Pump<T, M> {
    /// Creates a client over a transport of your own. It dials at the first [`drive`](Self::drive).
    ///
    /// The builder's URL must be valid, but the transport decides where to connect to.
    ///
    /// # Errors
    /// Fails if the value of an option cannot work, or cannot work over this transport.
    pub fn new(builder: Builder, transport: T, timer: M) -> Result<(WebSocket, Self), ConfigError> {
        let (settings, _) = builder.check()?;
        Self::start(settings, |_| Ok(transport), timer)
    }

    /// As [`new`](Self::new), with a stream of events instead of callbacks.
    ///
    /// # Errors
    /// As [`new`](Self::new). Also fails if a closure or a handler is set.
    pub fn with_stream(builder: Builder, transport: T, timer: M) -> Result<(WebSocket, Events, Self), ConfigError> {
        let (builder, events) = builder.streaming()?;
        let (ws, pump) = Self::new(builder, transport, timer)?;
        let events = events.of(&ws);
        Ok((ws, events, pump))
    }

    /// Starts a client from checked options, of which `transport` creates the transport.
    pub(crate) fn start(
        settings: Box<Settings>,
        transport: impl FnOnce(&Settings) -> Result<T, ConfigError>,
        timer: M,
    ) -> Result<(WebSocket, Self), ConfigError> {
        if let (false, Some(no_pings)) = (T::CAN_PING, settings.no_pings) {
            return Err(no_pings());
        }
        let transport = transport(&settings)?;
        let trace = Trace::new(&settings.config.url);
        let clock = timer.clock();
        let heartbeat = settings.heartbeat_message.filter(|_| !(T::CAN_PING && settings.pings));
        let can_ping = T::CAN_PING || heartbeat.is_some();
        let shared = Shared::new(Machine::new(settings.config, clock.now()), clock, can_ping);
        let ws = WebSocket::new(shared.clone(), settings.binary_type);
        let pump = Self {
            ws: ws.uncounted(),
            shared,
            handler: settings.handler.unwrap_or(settings.closures),
            retry_if: settings.retry_if,
            // Pings are answered by Pongs.
            is_reply: settings.is_reply.filter(|_| heartbeat.is_some()),
            heartbeat,
            transport,
            timer,
            batch: VecDeque::new(),
            setup: settings.setup,
            arrived: Arrived::default(),
            trace,
            working: false,
        };
        Ok((ws, pump))
    }

    /// Returns the transport.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// Returns the timer.
    pub fn timer(&mut self) -> &mut M {
        &mut self.timer
    }

    /// Returns the time of the timer's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Reports an input, and carries out what follows from it. If more batches of messages are left to send, the next
    /// [`sleep`](Self::sleep) returns `false`.
    pub fn event(&mut self, now: Timestamp, input: Input) {
        // Not all progress is reported by events. It is queried only when an attempt would end otherwise.
        if matches!(input, Input::Wake) && self.is_expiring(now) && self.transport.progress() {
            self.shared.lock().machine.progressed(now);
        }
        self.handle(now, input);
        self.drive();
    }

    fn is_expiring(&self, now: Timestamp) -> bool {
        self.shared.lock().machine.is_expiring(now)
    }

    /// Carries out what handles have asked for. If they keep sending, this returns after a few batches, and the next
    /// [`sleep`](Self::sleep) returns `false`.
    pub fn drive(&mut self) {
        let mut batches = 0;
        loop {
            let output = self.poll();
            match output {
                // Handles that send without a pause must not keep the owner from reading the socket and the clock.
                Some(Output::Transmit) if batches == BATCHES => break,
                Some(output) => {
                    batches += u32::from(matches!(output, Output::Transmit));
                    self.carry_out(output);
                }
                None => break,
            }
        }
        self.shared.wake_waiting();
    }

    /// Returns whether a handle has asked for something since [`sleep`](Self::sleep): call [`drive`](Self::drive).
    #[allow(dead_code, reason = "a browser calls the event loop for handles by themselves")]
    pub(crate) fn wake_up(&mut self) -> bool {
        core::mem::replace(&mut self.shared.lock().awake, true)
    }

    /// Prepares for the owner to sleep: sets the timer, and keeps `waker`, which is woken when a handle asks for something.
    ///
    /// Returns `false` if a handle has already asked for something: call [`drive`](Self::drive) again.
    #[must_use]
    pub fn sleep(&mut self, waker: &Waker) -> bool {
        let mut core = self.shared.lock();
        if core.has_news() {
            return false;
        }
        core.awake = false;
        core.set_waker(waker);
        let deadline = core.machine.deadline();
        drop(core);
        self.timer.arm(deadline);
        true
    }

    /// Returns whether a future or a full queue waits for the socket's own buffer to empty.
    #[allow(dead_code, reason = "only a browser must be asked how much it holds")]
    pub(crate) fn waits_for_room(&self) -> bool {
        self.shared.lock().waits_for_room()
    }

    /// Returns whether messages that a set-up left are still to be delivered.
    #[allow(dead_code, reason = "only a browser reports the end of a socket while the client is paused")]
    pub(crate) fn holds_back(&self) -> bool {
        self.shared.lock().holds_back
    }

    /// Frees the memory that a burst of messages needed.
    #[allow(dead_code, reason = "memory is freed natively only")]
    pub(crate) fn shrink(&mut self) {
        self.batch = VecDeque::new();
        self.shared.lock().machine.shrink();
    }

    /// Returns when [`Input::Wake`] must be reported at the latest; `None` if there is no deadline.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.shared.lock().machine.deadline()
    }

    /// Returns whether the client has ended and no handle is left that could reconnect it: the pump can be dropped.
    pub fn is_done(&self) -> bool {
        self.shared.is_done()
    }

    fn handle(&mut self, now: Timestamp, input: Input) {
        input.apply(&mut self.shared.lock().machine, now);
    }

    /// Sets whether the pump is working, and returns the previous value. For owners that poll the transport: a panic in it
    /// ends the client, as one in a callback does.
    pub(crate) fn set_working(&mut self, working: bool) -> bool {
        core::mem::replace(&mut self.working, working)
    }

    /// Runs a function of the transport that may call the user's code, such as a request provider or a connector.
    pub(crate) fn in_callback<R>(&mut self, run: impl FnOnce(&mut T) -> R) -> R {
        let Self { transport, shared, .. } = self;
        shared.callback().run(|| run(transport))
    }
}

/// Ends a client whose pump is dropped before its end. `std::thread::panicking` is not used, as a panic of the owner can drop
/// the pump as well.
impl<T: Transport, M: Timer> Drop for Pump<T, M> {
    fn drop(&mut self) {
        let panicked = self.working || self.shared.callback().is_running();
        let reason = if panicked { EndReason::Panicked } else { EndReason::Shutdown };
        self.shared.driver_gone(reason, &mut self.batch);
    }
}
