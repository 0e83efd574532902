//! What passes between a session and the pump.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::{Context, Poll, Waker};

use super::SessionError;
use crate::error::SendErrorKind;
use crate::message::{Message, payload};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::unread;

/// Both ends of a session share it.
#[derive(Clone)]
pub(crate) struct Link(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    incoming: Messages,
    outgoing: Messages,
    /// Waits for a message, or for the socket to take what was sent.
    waker: Option<Waker>,
    /// The socket is being offered what was sent.
    is_sending: bool,
    is_full: bool,
    is_over: bool,
    limits: Limits,
}

/// The limits of the messages that wait, in bytes of payload.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    pub(crate) send: usize,
    pub(crate) receive: usize,
}

#[derive(Default)]
struct Messages {
    queue: VecDeque<Message>,
    bytes: usize,
}

impl Messages {
    fn push(&mut self, message: Message) {
        self.bytes += message.len();
        self.queue.push_back(message);
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }
}

impl Link {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Mutex::new(State { limits, ..State::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    pub(super) fn send(&self, message: Message) -> Result<(), (SendErrorKind, Message)> {
        let mut state = self.lock();
        if state.is_over {
            return Err((SendErrorKind::SessionOver, message));
        }
        // Empty messages need memory as well.
        if state.outgoing.bytes.max(state.outgoing.queue.len()) >= state.limits.send {
            return Err((SendErrorKind::Full, message));
        }
        state.outgoing.push(message);
        Ok(())
    }

    /// Returns a message, and whether the socket may be read again now.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<Result<(Message, bool), SessionError>> {
        self.poll(cx, |state| {
            let message = state.incoming.pop()?;
            let incoming = &state.incoming;
            let was_full = state.is_full;
            state.is_full &= !unread::has_room(incoming.queue.len(), incoming.bytes, state.limits.receive);
            Some((message, was_full && !state.is_full))
        })
    }

    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<Result<(), SessionError>> {
        self.poll(cx, |state| (state.outgoing.queue.is_empty() && !state.is_sending).then_some(()))
    }

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        find: impl FnOnce(&mut State) -> Option<T>,
    ) -> Poll<Result<T, SessionError>> {
        // Declared before the lock, so that the waker is dropped after it.
        let _unneeded;
        let mut state = self.lock();
        if state.is_over {
            return Poll::Ready(Err(SessionError {}));
        }
        if let Some(found) = find(&mut state) {
            return Poll::Ready(Ok(found));
        }
        _unneeded = state.waker.replace(cx.waker().clone());
        Poll::Pending
    }

    /// A message has arrived.
    pub(super) fn arrived(&self, message: Message) {
        let mut state = self.lock();
        state.incoming.push(message);
        let incoming = &state.incoming;
        state.is_full |= unread::is_full(incoming.queue.len(), incoming.bytes, state.limits.receive);
        Self::wake(state);
    }

    /// Returns whether the socket must not be read. A session that is over bounds nothing.
    pub(super) fn is_full(&self) -> bool {
        let state = self.lock();
        state.is_full && !state.is_over
    }

    /// Takes a message that the session did not receive.
    pub(super) fn next_unread(&self) -> Option<Message> {
        self.lock().incoming.pop()
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.lock().incoming.queue.is_empty()
    }

    /// Takes what was sent.
    pub(super) fn take_outgoing(&self) -> VecDeque<Message> {
        let mut state = self.lock();
        let batch = core::mem::take(&mut state.outgoing.queue);
        state.is_sending = !batch.is_empty();
        batch
    }

    /// Takes back what the socket has not taken. Returns whether everything has left. If it has, and `ends`, the session is
    /// over: another thread may still send.
    pub(super) fn restore_outgoing(&self, mut batch: VecDeque<Message>, ends: bool) -> bool {
        let mut state = self.lock();
        let outgoing = &mut state.outgoing;
        // Other threads may have sent meanwhile.
        batch.append(&mut outgoing.queue);
        outgoing.queue = batch;
        let is_empty = outgoing.queue.is_empty();
        outgoing.bytes = payload(&outgoing.queue);
        state.is_over |= is_empty && ends;
        if core::mem::take(&mut state.is_sending) && is_empty {
            Self::wake(state);
        }
        is_empty
    }

    /// Ends the session.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.is_over = true;
        let unsent = core::mem::take(&mut state.outgoing);
        Self::wake(state);
        drop(unsent);
    }

    pub(super) fn clear(&self) {
        let unread = core::mem::take(&mut self.lock().incoming);
        drop(unread);
    }

    /// Wakes the session after unlocking.
    fn wake(mut state: MutexGuard<'_, State>) {
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
