//! Runs the user's set-up of each connection (S27).

use homing_machine::State;

use super::Pump;
use crate::driver::{Timer, Transport};
use crate::message::Message;

impl<T: Transport, M: Timer> Pump<T, M> {
    pub(super) fn start_setup(&mut self) {
        self.is_choked = false;
        let Self { setup: Some(setup), shared, .. } = self else { return };
        let handshake = shared.lock().machine.handshake().clone();
        shared.callback().run(|| setup.start(shared, handshake));
    }

    /// Drops the set-up, as its connection is gone or is being closed.
    pub(super) fn stop_setup(&mut self) {
        if let Self { setup: Some(setup), shared, .. } = self {
            shared.callback().run(|| setup.stop());
        }
    }

    /// Continues the set-up. Returns whether it has ended.
    #[cold]
    pub(super) fn continue_setup(&mut self) -> bool {
        let now = self.now();
        let Self { setup: Some(setup), shared, transport, batch, .. } = self else { return false };
        shared.callback().run(|| setup.poll(batch));
        if !batch.is_empty() {
            let count = |batch: &std::collections::VecDeque<Message>| {
                (batch.len(), batch.iter().map(Message::len).sum::<usize>())
            };
            let before = count(batch);
            transport.send(batch);
            transport.flush();
            let after = count(batch);
            let buffered = transport.buffered();
            shared.lock().machine.set_up_sent((before.0 - after.0) as u64, before.1 - after.1, buffered);
        }
        let result = setup.restore(batch);
        let is_choked = setup.is_full() && result.is_none();
        if core::mem::replace(&mut self.is_choked, is_choked) != is_choked {
            transport.read(!is_choked);
        }
        let Some(result) = result else { return false };
        let mut core = shared.lock();
        core.machine.advance(now);
        match result {
            Ok(()) => {
                core.holds_back = setup.has_unread();
                core.machine.set_up();
            }
            Err(error) => {
                setup.clear();
                let (error, code, reason) = error.into_parts();
                core.machine.set_up_failed(error, code, reason);
            }
        }
        true
    }

    /// Delivers a message that the set-up did not receive, if there is one.
    #[cold]
    pub(super) fn deliver_unread(&mut self) {
        let unread = self.setup.as_mut().and_then(|setup| setup.next_unread());
        match unread {
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
        let (is_setting_up, holds_back) = (core.machine.is_setting_up(), core.holds_back);
        let is_open = core.machine.state() == State::Open;
        drop(core);
        if is_open && !holds_back {
            return Some(message);
        }
        if let Some(setup) = self.setup.as_mut().filter(|_| is_setting_up || is_open) {
            self.arrived.count(&message);
            setup.arrived(message);
            if setup.is_full() && !core::mem::replace(&mut self.is_choked, true) {
                self.transport.read(false);
            }
        }
        None
    }
}
