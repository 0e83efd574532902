//! The user's set-up as the pump runs it.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::{Context, Poll, Waker};

use homing_machine::{Notify, Output, State};

use super::link::Limits;
use super::{Link, Session, SetupError};
use crate::driver::platform::{BoxFuture, MaybeSend};
use crate::driver::{Buffered, Shared};
use crate::message::{Message, payload};
use crate::sync::atomic::{AtomicBool, Ordering};

/// The set-up of each connection of a client. It stands between the machine and the pump, as a trait object: a web app
/// without a set-up does not load the code.
pub(crate) trait SetUp: MaybeSend + 'static {
    /// Sets the limits of what waits to be sent and received, in bytes of payload.
    fn limit(&mut self, send: usize, receive: usize);

    /// Runs the set-up, and returns what the pump has to do next. Calls the user's code.
    fn poll(&mut self, host: &mut dyn Host) -> Option<Output>;

    /// Keeps a message that arrived, and sets `holds`, if it is for the set-up, or has to wait for others that were.
    fn arrived(&mut self, shared: &Shared, message: &Message, holds: &mut bool);
}

/// The pump, as a set-up uses it.
pub(crate) trait Host {
    fn shared(&self) -> &Arc<Shared>;

    /// Offers messages to the socket, and returns what it then holds.
    fn send(&mut self, batch: &mut VecDeque<Message>) -> Buffered;

    /// Passes a message to the handler.
    fn deliver(&mut self, message: Message);
}

/// A [`SetUp`] by an async function of the user.
pub(crate) struct UserSetup<F> {
    call: F,
    limits: Limits,
    /// The set-up of a new connection is to start.
    is_due: bool,
    running: Option<Running>,
    /// The latest connection.
    link: Link,
    /// The socket is not read, as the set-up does not receive.
    is_choked: bool,
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

impl Running {
    /// Polls the set-up if it was woken. Calls the user's code.
    fn poll(&mut self) {
        let Some(future) = &mut self.future else { return };
        if self.alarm.woken.swap(false, Ordering::AcqRel) {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                self.future = None;
                self.result = Some(result);
            }
        }
    }
}

impl<F> UserSetup<F> {
    pub(crate) fn new(call: F) -> Self {
        let limits = Limits::default();
        Self { call, limits, is_due: false, running: None, link: Link::new(limits), is_choked: false }
    }

    /// Sends what the set-up has sent, and reports its result to the machine once it has returned and everything has left.
    /// Returns whether it has, or the attempt is over.
    fn advance(&mut self, host: &mut dyn Host) -> bool {
        let Some(running) = &mut self.running else { return false };
        if !host.shared().lock().machine.is_setting_up() {
            // It has closed or reconnected its own client, and is dropped next.
            return true;
        }
        let mut batch = self.link.take_outgoing();
        if !batch.is_empty() {
            let (messages, bytes) = (batch.len(), payload(&batch));
            let buffered = host.send(&mut batch);
            let (messages, bytes) = (messages - batch.len(), bytes - payload(&batch));
            host.shared().lock().machine.set_up_sent(messages as u64, bytes, buffered);
        }
        let is_sent = self.link.restore_outgoing(batch, matches!(running.result, Some(Ok(()))));
        if !is_sent && !matches!(running.result, Some(Err(_))) {
            return false;
        }
        let Some(result) = running.result.take() else { return false };
        self.running = None;
        self.link.end();
        let result = result.map_err(SetupError::into_parts);
        let shared = host.shared();
        let now = shared.clock.now();
        let mut core = shared.lock();
        core.machine.advance(now);
        match result {
            Ok(()) => {
                core.holds_back = self.link.has_unread();
                core.machine.set_up();
            }
            Err((error, code, reason)) => core.machine.set_up_failed(error, code, reason),
        }
        true
    }

    /// Drops a set-up that is running. Calls the user's code.
    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.link.end();
            self.link.clear();
            drop(running);
        }
    }
}

impl<F, A> UserSetup<F>
where
    F: FnMut(Session) -> A,
    A: Future<Output = Result<(), SetupError>> + MaybeSend + 'static,
{
    /// Starts the set-up of a new connection. Calls the user's code.
    fn start(&mut self, shared: &Arc<Shared>) {
        let handshake = shared.lock().machine.handshake().clone();
        self.is_choked = false;
        self.link = Link::new(self.limits);
        let session = Session { link: self.link.clone(), shared: shared.clone(), handshake };
        let future: BoxFuture<_> = Box::pin((self.call)(session));
        let alarm = Arc::new(Alarm { woken: AtomicBool::new(true), shared: shared.clone() });
        let waker = Waker::from(alarm.clone());
        self.running = Some(Running { future: Some(future), result: None, alarm, waker });
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

    fn poll(&mut self, host: &mut dyn Host) -> Option<Output> {
        let shared = host.shared().clone();
        let callback = shared.callback();
        if core::mem::take(&mut self.is_due) {
            callback.run(|| self.start(&shared));
        }
        loop {
            let output = shared.poll();
            let core = shared.lock();
            let is_setting_up = core.machine.is_setting_up();
            let delivers_unread = core.holds_back && core.machine.delivers();
            drop(core);
            if !is_setting_up && self.running.is_some() {
                callback.run(|| self.stop());
            }
            match output {
                Some(Output::SetUp) => self.is_due = true,
                // Nothing of an attempt that is over is delivered.
                Some(Output::Notify(Notify::Close)) => {
                    self.link.clear();
                    shared.lock().holds_back = false;
                }
                None if is_setting_up => {
                    if let Some(running) = &mut self.running {
                        callback.run(|| running.poll());
                    }
                    let has_ended = self.advance(host);
                    let is_full = self.link.is_full();
                    if core::mem::replace(&mut self.is_choked, is_full) != is_full {
                        return Some(Output::Read(!is_full));
                    }
                    if has_ended {
                        continue;
                    }
                }
                None if delivers_unread => {
                    match self.link.next_unread() {
                        Some(message) => host.deliver(message),
                        None => shared.lock().holds_back = false,
                    }
                    continue;
                }
                _ => {}
            }
            return output;
        }
    }

    fn arrived(&mut self, shared: &Shared, message: &Message, holds: &mut bool) {
        let mut core = shared.lock();
        // Nothing that arrives once the client closes is delivered.
        if core.machine.is_setting_up() || core.holds_back && core.machine.state() == State::Open {
            core.machine.received(1, message.len() as u64);
            drop(core);
            *holds = true;
            self.link.arrived(message.clone());
            if self.link.is_full() != self.is_choked {
                shared.nudge();
            }
        }
    }
}
