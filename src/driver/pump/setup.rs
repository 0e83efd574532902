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

    /// Returns the message if it is to be delivered although [`delivers`](Self::delivers) returns false: it was read before the
    /// client was paused.
    #[cold]
    pub(super) fn hold(&mut self, message: Message) -> Option<Message> {
        match &mut self.setup {
            Some(setup) => setup.hold(&self.shared, message),
            None => (self.shared.lock().machine.state() == State::Open).then_some(message),
        }
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
        self.enter();
        self.hand_over(message);
        self.leave();
    }
}
