//! The user's set-up as the pump runs it.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};

use super::link::Limits;
use super::{Link, Session, SetupError};
use crate::driver::platform::{BoxFuture, MaybeSend};
use crate::driver::{Buffered, Shared, Timestamp};
use crate::message::Message;

/// The set-up of each connection of a client. A trait object, so that a web app without a set-up does not load the code.
pub(crate) trait SetUp: MaybeSend + 'static {
    /// Sets the limits of what waits to be sent and received, in bytes of payload.
    fn limit(&mut self, send: usize, receive: usize);

    /// Starts the set-up of a new connection. Calls the user's code.
    fn start(&mut self, shared: &Arc<Shared>);

    /// Polls the set-up if it was woken. Calls the user's code.
    fn poll(&mut self);

    /// Sends what the set-up has sent, and reports its result to the machine once it has returned and everything has left.
    /// Returns whether it has. `batch` is empty, and `send` returns what the socket then holds.
    fn advance(
        &mut self,
        shared: &Shared,
        now: Timestamp,
        batch: &mut VecDeque<Message>,
        send: &mut dyn FnMut(&mut VecDeque<Message>) -> Buffered,
    ) -> bool;

    /// A message has arrived.
    fn arrived(&mut self, message: Message);

    /// Returns whether the socket must not be read, as too much waits to be received (S22a).
    fn is_full(&self) -> bool;

    /// Returns the next message that the set-up did not receive.
    fn next_unread(&mut self) -> Option<Message>;

    /// Drops a set-up that is running. Calls the user's code.
    fn stop(&mut self);

    /// Drops the messages that the set-up did not receive.
    fn clear(&mut self);
}

/// A [`SetUp`] by an async function of the user.
pub(crate) struct UserSetup<F> {
    call: F,
    limits: Limits,
    running: Option<Running>,
    /// The latest connection.
    link: Link,
}

struct Running {
    /// `None` once it has returned.
    future: Option<BoxFuture<Result<(), SetupError>>>,
    result: Option<Result<(), SetupError>>,
    alarm: Arc<Alarm>,
    waker: Waker,
}

/// Wakes the pump because the set-up can continue.
struct Alarm {
    woken: AtomicBool,
    shared: Arc<Shared>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.shared.nudge();
        }
    }
}

impl<F> UserSetup<F> {
    pub(crate) fn new(call: F) -> Self {
        let limits = Limits::default();
        Self { call, limits, running: None, link: Link::new(limits) }
    }
}

/// The client is gone, but sessions may still be held elsewhere.
impl<F> Drop for UserSetup<F> {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl<F, A> SetUp for UserSetup<F>
where
    F: FnMut(Session) -> A + MaybeSend + 'static,
    A: Future<Output = Result<(), SetupError>> + MaybeSend + 'static,
{
    fn limit(&mut self, send: usize, receive: usize) {
        self.limits = Limits { send, receive };
    }

    fn start(&mut self, shared: &Arc<Shared>) {
        let handshake = shared.lock().machine.handshake().clone();
        self.link = Link::new(self.limits);
        let session = Session { link: self.link.clone(), shared: shared.clone(), handshake };
        let future: BoxFuture<_> = Box::pin((self.call)(session));
        let alarm = Arc::new(Alarm { woken: AtomicBool::new(true), shared: shared.clone() });
        let waker = Waker::from(alarm.clone());
        self.running = Some(Running { future: Some(future), result: None, alarm, waker });
    }

    fn poll(&mut self) {
        let Some(running) = &mut self.running else { return };
        let Some(future) = &mut running.future else { return };
        if running.alarm.woken.swap(false, Ordering::AcqRel) {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&running.waker)) {
                running.future = None;
                running.result = Some(result);
            }
        }
    }

    fn advance(
        &mut self,
        shared: &Shared,
        now: Timestamp,
        batch: &mut VecDeque<Message>,
        send: &mut dyn FnMut(&mut VecDeque<Message>) -> Buffered,
    ) -> bool {
        let Some(running) = &mut self.running else { return false };
        self.link.take_outgoing(batch);
        if !batch.is_empty() {
            let (messages, bytes) = (batch.len(), payload(batch));
            let buffered = send(batch);
            let (messages, bytes) = (messages - batch.len(), bytes - payload(batch));
            shared.lock().machine.set_up_sent(messages as u64, bytes, buffered);
        }
        let is_sent = self.link.restore_outgoing(batch);
        if !is_sent && !matches!(running.result, Some(Err(_))) {
            return false;
        }
        let Some(result) = running.result.take() else { return false };
        self.running = None;
        self.link.end();
        let failed = result.map_err(SetupError::into_parts);
        let mut core = shared.lock();
        core.machine.advance(now);
        match failed {
            Ok(()) => {
                core.holds_back = self.link.has_unread();
                core.machine.set_up();
            }
            Err((error, code, reason)) => core.machine.set_up_failed(error, code, reason),
        }
        true
    }

    fn arrived(&mut self, message: Message) {
        self.link.arrived(message);
    }

    fn is_full(&self) -> bool {
        self.link.is_full()
    }

    fn next_unread(&mut self) -> Option<Message> {
        self.link.next_unread()
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.link.end();
            self.link.clear();
            drop(running);
        }
    }

    fn clear(&mut self) {
        self.link.clear();
    }
}

fn payload(batch: &VecDeque<Message>) -> usize {
    batch.iter().map(Message::len).sum()
}
