//! The pump: machine, handler and transport, one event at a time.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::Waker;

use super::{AttemptId, Input, Shared, SocketEvent, Timer, Timestamp, Transport};
use crate::builder::{Builder, IsReply, Judge, Setup};
use crate::client::WebSocket;
use crate::close::EndReason;
use crate::error::ConfigError;
use crate::handler::{Handler, deliver};
use crate::machine::{Heartbeat, Machine, Output, State};
use crate::message::Message;

/// Drives one client over a transport and a timer. See the [module](super) for how to call it.
pub struct Pump<T: Transport, M: Timer> {
    shared: Arc<Shared>,
    /// What callbacks are given. It does not keep the client alive.
    ws: WebSocket,
    handler: Box<dyn Handler>,
    retry_if: Option<Box<dyn Judge>>,
    is_reply: Option<Box<dyn IsReply>>,
    heartbeat: Option<Heartbeat>,
    transport: T,
    timer: M,
    batch: VecDeque<Message>,
    /// Arrived since the last `received`.
    arrived: Arrived,
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
        Self::start(builder.check()?, |_| Ok(transport), timer)
    }

    /// Starts a checked client; `transport` makes the transport from what the pump does not need itself.
    pub(crate) fn start(
        mut setup: Setup,
        transport: impl FnOnce(&mut Setup) -> Result<T, ConfigError>,
        timer: M,
    ) -> Result<(WebSocket, Self), ConfigError> {
        if let Some(heartbeat) = setup.config.heartbeat.as_ref().filter(|heartbeat| heartbeat.message.is_none()) {
            debug_assert!(heartbeat.ping);
            if !T::CAN_PING {
                return Err(ConfigError::new("heartbeat", "Ping frames cannot be sent here: use `or_message`"));
            }
        }
        let transport = transport(&mut setup)?;
        let clock = timer.clock();
        let heartbeat = setup.config.heartbeat.clone();
        let shared = Shared::new(Machine::new(setup.config, clock.now()), clock);
        let ws = WebSocket::new(shared.clone(), setup.binary_type);
        let pump = Self {
            ws: ws.uncounted(),
            shared,
            handler: setup.handler,
            retry_if: setup.retry_if,
            is_reply: setup.is_reply,
            heartbeat,
            transport,
            timer,
            batch: VecDeque::new(),
            arrived: Arrived::default(),
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

    /// Something happened. Whatever follows from it has happened when this returns.
    pub fn event(&mut self, now: Timestamp, input: Input) {
        self.handle(now, input);
        self.drive();
    }

    /// A message arrived. Goes straight to the handler; the machine learns of a whole batch by
    /// [`received`](Self::received), which must follow the last message that is at hand.
    #[inline]
    pub fn message(&mut self, message: Message) {
        self.arrived.messages += 1;
        self.arrived.bytes += message.len() as u64;
        if let Some(is_reply) = &mut self.is_reply {
            if is_reply(&message) {
                self.arrived.answered = true;
                return;
            }
        }
        self.handler.on_message(&self.ws, message);
    }

    /// Whether another message is wanted: not while paused, nor after a close. Ask before each message; one that
    /// arrives while closing is dropped, as browsers do, one that arrives while paused must wait.
    #[inline]
    pub fn delivers(&self) -> bool {
        self.shared.delivers()
    }

    /// Whether the attempt is open. A message that was taken from the socket before somebody paused is delivered.
    pub fn is_open(&self) -> bool {
        self.shared.lock().machine.state() == State::Open
    }

    /// The end of a batch of messages, or something else that shows the peer alive.
    pub fn received(&mut self, now: Timestamp, attempt: AttemptId) {
        let Arrived { messages, bytes, answered } = core::mem::take(&mut self.arrived);
        let mut core = self.shared.lock();
        core.machine.handle(now, Input::Socket(attempt, SocketEvent::Received { messages, bytes }));
        if answered {
            core.machine.handle(now, Input::Socket(attempt, SocketEvent::Answered(None)));
        }
        drop(core);
        self.drive();
    }

    /// Carries out what handles have asked for meanwhile.
    pub fn drive(&mut self) {
        loop {
            let mut core = self.shared.lock();
            core.awake = true;
            let output = core.machine.poll();
            self.shared.note_delivers(&core.machine);
            drop(core);
            match output {
                Some(output) => self.carry_out(output),
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
        if core.machine.has_output() {
            return false;
        }
        core.awake = false;
        core.set_waker(waker);
        let deadline = core.machine.deadline();
        drop(core);
        self.timer.arm(deadline);
        true
    }

    /// When [`Input::Wake`] is due at the latest.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.shared.lock().machine.deadline()
    }

    /// Whether the client is closed and nobody is left to begin anew: the pump can be dropped.
    pub fn is_done(&self) -> bool {
        self.shared.is_abandoned() && self.shared.lock().machine.is_over()
    }

    fn handle(&mut self, now: Timestamp, input: Input) {
        self.shared.lock().machine.handle(now, input);
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Event(event) => deliver(&mut *self.handler, &self.ws, event),
            Output::Judge(event) => {
                // Asked only where there is one.
                let retry = self.retry_if.as_mut().is_none_or(|retry_if| retry_if(&event));
                self.handle(self.now(), Input::Verdict(retry));
            }
            Output::Dial(attempt) => self.transport.dial(attempt),
            Output::Transmit => self.transmit(),
            Output::Beat(beat) => self.beat(beat),
            Output::Read(on) => self.transport.read(on),
            Output::Close { code, reason } => self.transport.close(code, &reason),
            Output::Abort => self.transport.abort(),
        }
    }

    /// Offers the queue to the socket: one lock to take it, one to bring back the rest.
    fn transmit(&mut self) {
        let (offered, offered_bytes) = {
            let mut core = self.shared.lock();
            core.machine.offer(&mut self.batch)
        };
        self.transport.send(&mut self.batch);
        self.transport.flush();
        let left: usize = self.batch.iter().map(Message::len).sum();
        let messages = (offered - self.batch.len()) as u64;
        let buffered = self.transport.buffered_amount();
        self.shared.lock().machine.restore(&mut self.batch, messages, offered_bytes - left, buffered);
    }

    fn beat(&mut self, beat: u64) {
        let Some(heartbeat) = &self.heartbeat else {
            return;
        };
        match &heartbeat.message {
            Some(message) if !(heartbeat.ping && T::CAN_PING) => {
                // Past the queue, which may be long. A socket without room drops it: liveness is judged all the same.
                self.batch.push_back(message.clone());
                self.transport.send(&mut self.batch);
                self.batch.clear();
            }
            _ => self.transport.ping(beat),
        }
        self.transport.flush();
    }
}

/// A pump that is dropped before its client ended leaves nobody waiting.
impl<T: Transport, M: Timer> Drop for Pump<T, M> {
    fn drop(&mut self) {
        let panicked = std::thread::panicking();
        self.shared.perish(if panicked { EndReason::Panicked } else { EndReason::Shutdown });
    }
}
