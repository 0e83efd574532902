//! Runs the user's set-up of each connection (S27).

use homing_machine::State;

use super::Pump;
use crate::driver::{Timer, Transport};
use crate::message::Message;

impl<T: Transport, M: Timer> Pump<T, M> {
    pub(super) fn start_setup(&mut self) {
        self.is_choked = false;
        if let Self { setup: Some(setup), shared, .. } = self {
            shared.callback().run(|| setup.start(shared));
        }
    }

    /// Drops the set-up, as its connection is gone or is being closed.
    pub(super) fn stop_setup(&mut self) {
        if let Self { setup: Some(setup), shared, .. } = self {
            shared.callback().run(|| setup.stop());
        }
    }

    /// Continues the set-up. Returns whether it has ended.
    pub(super) fn continue_setup(&mut self) -> bool {
        let now = self.now();
        let Self { setup: Some(setup), shared, transport, batch, .. } = self else { return false };
        shared.callback().run(|| setup.poll());
        let ended = setup.advance(shared, now, batch, &mut |batch| {
            transport.send(batch);
            transport.flush();
            transport.buffered()
        });
        self.read_setup();
        ended
    }

    /// Reads the socket unless too much waits to be received by the set-up (S22a).
    fn read_setup(&mut self) {
        let is_full = self.setup.as_ref().is_some_and(|setup| setup.is_full());
        if core::mem::replace(&mut self.is_choked, is_full) != is_full {
            self.transport.read(!is_full);
        }
    }

    /// Delivers a message that the set-up did not receive, if there is one.
    pub(super) fn deliver_unread(&mut self) {
        match self.setup.as_mut().and_then(|setup| setup.next_unread()) {
            Some(message) => {
                self.enter();
                self.hand_over(message);
                self.leave();
            }
            None => self.shared.lock().holds_back = false,
        }
    }

    /// Drops what is left of an attempt that is over.
    pub(super) fn clear_setup(&mut self) {
        if let Some(setup) = &mut self.setup {
            setup.clear();
            self.shared.lock().holds_back = false;
        }
    }

    /// Keeps a message that is not to be delivered now, or drops it. Returns it if it is to be delivered: it was read before
    /// the client was paused.
    #[cold]
    pub(super) fn hold(&mut self, message: Message) -> Option<Message> {
        let core = self.shared.lock();
        let is_open = core.machine.state() == State::Open;
        let is_held = core.machine.is_setting_up() || core.holds_back;
        drop(core);
        if !is_held {
            return is_open.then_some(message);
        }
        if let Some(setup) = &mut self.setup {
            self.arrived.count(&message);
            setup.arrived(message);
            self.read_setup();
        }
        None
    }
}
