//! Receives messages.

use homing_machine::State;

use super::Pump;
use crate::client::WebSocket;
use crate::driver::{AttemptId, Timer, Transport};
use crate::message::Message;

/// What arrived since the last [`Pump::received`].
#[derive(Default)]
pub(super) struct Arrived {
    messages: u64,
    bytes: u64,
    pub(super) answered: bool,
}

impl Arrived {
    #[inline]
    pub(super) fn count(&mut self, message: &Message) {
        self.messages += 1;
        self.bytes += message.len() as u64;
    }
}

impl<T: Transport, M: Timer> Pump<T, M> {
    /// Passes a received message to the handler. [`received`](Self::received) must be called after the last message of a
    /// batch.
    ///
    /// A message that arrives while the client closes is dropped, as in browsers.
    #[inline]
    pub fn message(&mut self, message: Message) {
        self.enter();
        self.deliver(message);
        self.leave();
    }

    /// Marks the start of a batch of messages for [`deliver`](Self::deliver).
    #[inline]
    pub(crate) fn enter(&self) {
        self.shared.callback().enter();
    }

    #[inline]
    pub(crate) fn leave(&self) {
        self.shared.callback().leave();
    }

    /// The same as [`message`](Self::message), inside a batch.
    #[inline]
    pub(crate) fn deliver(&mut self, message: Message) {
        if self.delivers() || !self.holds(&message) {
            self.arrived.count(&message);
            self.hand_over(message);
        }
    }

    /// Runs a callback of the transport inside a batch, unless the client is not open.
    #[allow(dead_code, reason = "only natively the transport has callbacks")]
    pub(crate) fn when_open(&mut self, run: impl FnOnce(&mut T, &WebSocket)) {
        if self.delivers() || self.shared.lock().machine.state() == State::Open {
            run(&mut self.transport, &self.ws);
        }
    }

    /// Passes a message to the handler, unless it is the reply to a heartbeat.
    #[inline]
    pub(super) fn hand_over(&mut self, message: Message) {
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

    /// Returns whether messages are to be delivered: not while paused, and not after a close. Messages that arrive while
    /// paused should be held back.
    #[inline]
    pub fn delivers(&self) -> bool {
        self.shared.delivers()
    }

    /// Reports the end of a batch of messages, or anything else that shows that the peer is alive.
    pub fn received(&mut self, attempt: AttemptId) {
        self.note_received(attempt);
    }

    /// The same as [`received`](Self::received). Returns whether the pump can stay asleep, as nothing follows from it.
    ///
    /// The machine's own time is used, which may be early: reading the clock is needed only for the round trip of an answer.
    pub(crate) fn note_received(&mut self, attempt: AttemptId) -> bool {
        let Arrived { messages, bytes, answered } = core::mem::take(&mut self.arrived);
        let mut core = self.shared.lock();
        let reply = match &core.on_demand {
            None => answered.then_some(None),
            Some(on_demand) => {
                // Without a predicate, any message answers a heartbeat message.
                let may_reply = messages > 0 && self.heartbeat.is_some() && self.is_reply.is_none();
                on_demand.answered(&core.machine, answered, may_reply).map(|number| Some(number.get()))
            }
        };
        // Directly, as an `Input` of each message costs more than all of this.
        let machine = &mut core.machine;
        if reply.is_some() {
            machine.advance(self.shared.clock.now());
        }
        if machine.is_current(attempt) {
            machine.received(messages, bytes);
            if let Some(number) = reply {
                machine.answered(number);
            }
        }
        let sleeps_on = !core.awake && !core.machine.has_output();
        drop(core);
        if !sleeps_on {
            self.drive();
        }
        sleeps_on
    }
}
