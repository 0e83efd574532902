//! The pump: machine, handler and transport, one event at a time.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::Waker;

use homing_machine::{Notify, Output, State};

use super::trace::Trace;
use super::{AttemptId, Input, Machine, Shared, SocketEvent, Timer, Timestamp, Transport};
use crate::builder::{Builder, Predicate, Setup};
use crate::client::WebSocket;
use crate::close::{CloseEvent, EndReason};
use crate::error::ConfigError;
use crate::handler::Handler;
use crate::message::Message;

/// How many batches are sent before the pump's owner gets its turn.
const BATCHES: u32 = 4;

/// Drives one client over a transport and a timer. See the [module](super) for how to call it.
pub struct Pump<T: Transport, M: Timer> {
    shared: Arc<Shared>,
    /// What callbacks are given. It does not keep the client alive.
    ws: WebSocket,
    handler: Box<dyn Handler>,
    retry_if: Option<Box<dyn Predicate<CloseEvent>>>,
    is_reply: Option<Box<dyn Predicate<Message>>>,
    /// The message of heartbeats; `None` where they are Ping frames.
    heartbeat: Option<Message>,
    transport: T,
    timer: M,
    batch: VecDeque<Message>,
    /// Arrived since the last `received`.
    arrived: Arrived,
    trace: Trace,
    /// The transport or the machine is at work; still set when the pump is dropped, it panicked.
    working: bool,
}

#[derive(Default)]
struct Arrived {
    messages: u64,
    bytes: u64,
    answered: bool,
}

impl<T: Transport, M: Timer> Pump<T, M> {
    /// A client over a transport of your own, which dials at the first [`drive`](Self::drive). The builder's URL must
    /// be valid; where it leads is up to the transport.
    ///
    /// # Errors
    /// An option has a value that cannot work, or cannot work over this transport.
    pub fn new(builder: Builder, transport: T, timer: M) -> Result<(WebSocket, Self), ConfigError> {
        let (setup, _) = builder.check()?;
        Self::start(setup, |_| Ok(transport), timer)
    }

    /// Starts a checked client; `transport` makes the transport from what the pump does not need itself.
    pub(crate) fn start(
        setup: Box<Setup>,
        transport: impl FnOnce(&Setup) -> Result<T, ConfigError>,
        timer: M,
    ) -> Result<(WebSocket, Self), ConfigError> {
        if !T::CAN_PING && setup.config.heartbeat.is_some() && setup.heartbeat_message.is_none() {
            return Err(ConfigError::new("heartbeat", "Ping frames cannot be sent here: use `or_message`"));
        }
        let transport = transport(&setup)?;
        let trace = Trace::new(&setup.config.url);
        let clock = timer.clock();
        let shared = Shared::new(Machine::new(setup.config, clock.now()), clock);
        let ws = WebSocket::new(shared.clone(), setup.binary_type);
        let pump = Self {
            ws: ws.uncounted(),
            shared,
            handler: setup.handler.unwrap_or(setup.closures),
            retry_if: setup.retry_if,
            is_reply: setup.is_reply,
            heartbeat: setup.heartbeat_message.filter(|_| !(T::CAN_PING && setup.pings)),
            transport,
            timer,
            batch: VecDeque::new(),
            arrived: Arrived::default(),
            trace,
            working: false,
        };
        Ok((ws, pump))
    }

    /// The transport.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// The timer.
    pub fn timer(&mut self) -> &mut M {
        &mut self.timer
    }

    /// The time, by the timer's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Something happened. Whatever follows from it has happened when this returns, but for further batches of messages,
    /// before which [`sleep`](Self::sleep) returns `false`.
    pub fn event(&mut self, now: Timestamp, input: Input) {
        // No event shows all that moves, and nothing asks while nothing depends on it.
        if matches!(input, Input::Wake) && self.is_expiring(now) && self.transport.progress() {
            self.shared.lock().machine.progressed(now);
        }
        self.handle(now, input);
        self.drive();
    }

    fn is_expiring(&self, now: Timestamp) -> bool {
        self.shared.lock().machine.is_expiring(now)
    }

    /// A message arrived. Goes straight to the handler; the machine learns of a whole batch by
    /// [`received`](Self::received), which must follow the last message that is at hand.
    ///
    /// One that arrives while the client closes is dropped, as browsers do.
    #[inline]
    pub fn message(&mut self, message: Message) {
        self.enter();
        self.deliver(message);
        self.leave();
    }

    /// Before and after a batch of messages that [`deliver`](Self::deliver) gives to the handler.
    #[inline]
    pub(crate) fn enter(&self) {
        self.shared.callback().enter();
    }

    #[inline]
    pub(crate) fn leave(&self) {
        self.shared.callback().leave();
    }

    /// As [`message`](Self::message).
    #[inline]
    pub(crate) fn deliver(&mut self, message: Message) {
        // A message that was taken from the socket before somebody paused is delivered.
        if !self.delivers() && self.shared.lock().machine.state() != State::Open {
            return;
        }
        self.arrived.messages += 1;
        self.arrived.bytes += message.len() as u64;
        if let Some(is_reply) = &mut self.is_reply {
            let mut answers = false;
            is_reply.ask(&message, &mut answers);
            if answers {
                self.arrived.answered = true;
                return;
            }
        }
        self.trace.message(&message);
        self.handler.on_message(&self.ws, message);
    }

    /// Whether another message is wanted: not while paused, nor after a close. One that arrives while paused should
    /// wait.
    #[inline]
    pub fn delivers(&self) -> bool {
        self.shared.delivers()
    }

    /// The end of a batch of messages, or something else that shows the peer alive.
    pub fn received(&mut self, attempt: AttemptId) {
        self.note_received(attempt);
    }

    /// As [`received`](Self::received). Returns whether the pump sleeps on: nothing has to be done because of it.
    ///
    /// The machine hears of it by the time it knows, which is early at most: a clock is worth asking only for answers.
    pub(crate) fn note_received(&mut self, attempt: AttemptId) -> bool {
        let Arrived { messages, bytes, answered } = core::mem::take(&mut self.arrived);
        let mut core = self.shared.lock();
        let now = if answered { self.shared.clock.now() } else { core.machine.now() };
        Input::Socket(attempt, SocketEvent::Received { messages, bytes }).apply(&mut core.machine, now);
        if answered {
            Input::Socket(attempt, SocketEvent::Answered(None)).apply(&mut core.machine, now);
        }
        let sleeps_on = !core.awake && !core.machine.has_output();
        drop(core);
        if !sleeps_on {
            self.drive();
        }
        sleeps_on
    }

    /// Carries out what handles have asked for meanwhile. While they go on sending, a few batches at a time:
    /// [`sleep`](Self::sleep) then returns `false`.
    pub fn drive(&mut self) {
        let mut batches = 0;
        loop {
            let mut core = self.shared.lock();
            core.awake = true;
            let output = core.poll();
            self.shared.note_delivers(&core.machine);
            drop(core);
            match output {
                // Handles that send without a pause must not keep the owner from reading and from the clock.
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

    /// Arms the timer before the owner sleeps; `waker` is woken when a handle asks for something. Returns `false`
    /// when something was asked for already: drive again.
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

    /// Whether somebody would like to know that the socket's own buffer empties.
    #[allow(dead_code, reason = "only a browser must be asked how full it is")]
    pub(crate) fn waits_for_room(&self) -> bool {
        self.shared.lock().waits_for_room()
    }

    /// Gives back memory that a burst of messages needed.
    #[allow(dead_code, reason = "only natively is memory given back to anybody")]
    pub(crate) fn shrink(&mut self) {
        self.batch = VecDeque::new();
        self.shared.lock().machine.shrink();
    }

    /// When [`Input::Wake`] is due at the latest.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.shared.lock().machine.deadline()
    }

    /// Whether the client is closed and nobody is left to begin anew: the pump can be dropped.
    pub fn is_done(&self) -> bool {
        self.shared.is_done()
    }

    fn handle(&mut self, now: Timestamp, input: Input) {
        input.apply(&mut self.shared.lock().machine, now);
    }

    /// Marks the pump as working or not, and returns what it was. For owners who poll the transport: a panic in there ends
    /// the client as one in a callback does.
    pub(crate) fn set_working(&mut self, working: bool) -> bool {
        core::mem::replace(&mut self.working, working)
    }

    /// Has the transport do something that may call the user's code, as a provider or a connector.
    pub(crate) fn in_callback<R>(&mut self, run: impl FnOnce(&mut T) -> R) -> R {
        let Self { transport, shared, .. } = self;
        shared.callback().run(|| run(transport))
    }

    fn carry_out(&mut self, output: Output) {
        let before = self.set_working(true);
        self.trace.output(output);
        match output {
            Output::Notify(event) => self.notify(event),
            Output::AskRetry => {
                let close = self.shared.lock().machine.last_close().map(CloseEvent::of);
                // Asked only where there is one, and after a close.
                let mut retry = true;
                if let (Some(retry_if), Some(close)) = (&mut self.retry_if, close) {
                    self.shared.callback().run(|| retry_if.ask(&close, &mut retry));
                }
                self.handle(self.now(), Input::RetryAnswer(retry));
            }
            Output::Dial(attempt) => self.in_callback(|transport| transport.dial(attempt)),
            Output::Transmit => self.transmit(),
            Output::Mark => self.mark(),
            Output::Heartbeat(number) => self.send_heartbeat(number),
            Output::Read(on) => self.transport.read(on),
            Output::Close => {
                let (code, reason) = self.shared.lock().machine.close_frame();
                self.transport.close(code, &reason);
            }
            Output::Abort => self.transport.abort(),
        }
        self.set_working(before);
    }

    fn notify(&mut self, event: Notify) {
        let Self { handler, ws, shared, trace, .. } = self;
        let callback = shared.callback();
        match event {
            Notify::Connect => callback.run(|| handler.on_connect(ws)),
            Notify::Open => {
                let handshake = shared.lock().machine.take_handshake();
                trace.opened(&handshake);
                callback.run(|| handler.on_open(ws, &handshake));
            }
            Notify::Error => {
                let error = shared.lock().machine.last_error().cloned();
                if let Some(error) = error {
                    trace.failed(&error);
                    callback.run(|| handler.on_error(ws, &error));
                }
            }
            Notify::Close => {
                let close = shared.lock().machine.last_close().map(CloseEvent::of);
                if let Some(close) = close {
                    trace.closed(&close);
                    callback.run(|| handler.on_close(ws, &close));
                }
            }
            Notify::BufferFull => callback.run(|| handler.on_buffer_full(ws)),
            Notify::BufferDrain => callback.run(|| handler.on_buffer_drain(ws)),
            Notify::Latency(round_trip) => callback.run(|| handler.on_latency(ws, round_trip)),
            Notify::End => {
                let end = shared.lock().end().cloned();
                if let Some(end) = end {
                    trace.ended(&end);
                    callback.run(|| handler.on_end(ws, &end));
                }
            }
        }
    }

    /// Offers the queue to the socket: one lock to take it, one to bring back the rest.
    fn transmit(&mut self) {
        let ((offered, offered_bytes), drains) = {
            let mut core = self.shared.lock();
            (core.machine.offer(&mut self.batch), core.machine.is_draining())
        };
        self.transport.send(&mut self.batch);
        self.transport.flush();
        if drains {
            self.mark();
        }
        let left: usize = self.batch.iter().map(Message::len).sum();
        let messages = (offered - self.batch.len()) as u64;
        self.trace.sent(messages);
        let buffered = self.transport.buffered();
        self.shared.lock().machine.restore(&mut self.batch, messages, offered_bytes - left, buffered);
    }

    /// A new deadline is about what was taken so far. What has moved since the one before counts for that.
    fn mark(&mut self) {
        if self.transport.progress() {
            self.shared.lock().machine.progressed(self.now());
        }
        self.transport.mark();
    }

    fn send_heartbeat(&mut self, number: u64) {
        match &self.heartbeat {
            Some(message) => self.transport.heartbeat(message.clone()),
            None => self.transport.ping(number),
        }
        self.transport.flush();
    }
}

/// Ends a client whose pump is dropped before its end. That the thread panics proves nothing: it may be the owner's panic
/// that drops the pump.
impl<T: Transport, M: Timer> Drop for Pump<T, M> {
    fn drop(&mut self) {
        let panicked = self.working || self.shared.callback().is_running();
        self.shared.driver_gone(if panicked { EndReason::Panicked } else { EndReason::Shutdown });
    }
}
