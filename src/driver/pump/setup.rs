//! The side of the pump that the user's set-up of each connection uses (S27).

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use homing_machine::{Output, State};

use super::Pump;
use super::outputs::offer;
use crate::driver::{Buffered, Shared, Timer, Transport};
use crate::message::Message;
use crate::session::Host;

impl<T: Transport, M: Timer> Pump<T, M> {
    /// Returns what is to be done next. Runs the set-up.
    pub(super) fn poll(&mut self) -> Option<Output> {
        let Some(mut setup) = self.setup.take() else { return self.shared.poll() };
        let output = setup.poll(self);
        self.setup = Some(setup);
        output
    }

    /// Returns whether a message is not delivered although it has arrived: the set-up keeps it, or it is dropped. A message
    /// that was read before the client was paused is delivered.
    #[cold]
    pub(super) fn holds(&mut self, message: &Message) -> bool {
        let mut holds = self.shared.lock().machine.state() != State::Open;
        if let Some(setup) = &mut self.setup {
            setup.arrived(&self.shared, message, &mut holds);
        }
        holds
    }
}

impl<T: Transport, M: Timer> Host for Pump<T, M> {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) -> Buffered {
        offer(&mut self.transport, batch)
    }

    fn deliver(&mut self, message: Message) {
        // It answers no heartbeat of the connection that is open by now.
        let answered = self.arrived.answered;
        self.enter();
        self.hand_over(message);
        self.leave();
        self.arrived.answered = answered;
    }
}
