//! The state that the pump and the handles of a client share.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::Waker;
use core::time::Duration;

use homing_machine::{Notify, Output};

use super::callback::Callback;
use super::keepers::Keepers;
use super::machine::end_of;
use super::on_demand::{Asked, Awaited, OnDemand};
use super::waiters::Waiters;
use super::{Clock, Machine, Request};
use crate::close::{End, EndReason};
use crate::error::{PingError, SendError, SendErrorKind};
use crate::message::{Message, payload};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard, lock};

pub(crate) struct Shared {
    core: Mutex<Core>,
    pub(crate) clock: Clock,
    /// Whether heartbeats can be sent.
    can_ping: bool,
    /// Messages are to be delivered. Read between two messages, where taking the lock would be too slow.
    delivers: AtomicBool,
    pub(super) keepers: Keepers,
    callback: Callback,
}

pub(crate) struct Core {
    pub(crate) machine: Machine,
    /// The pump is running, and will poll the machine again before it sleeps.
    pub(super) awake: bool,
    /// Something happened that the machine does not know of: the last handle was dropped, or the set-up can continue.
    nudged: bool,
    /// Messages that the set-up did not receive are to be delivered before those that arrive.
    pub(crate) holds_back: bool,
    /// The pump's latest output is that `on_open` is to be called.
    opening: bool,
    waker: Option<Waker>,
    /// The latest end of the client.
    end: Option<End>,
    pub(super) waiters: Waiters,
    /// `None` until the first of these futures.
    pub(super) on_demand: Option<Box<dyn OnDemand>>,
}

impl Core {
    /// Returns the latest end of the client.
    pub(crate) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Returns whether a future or a full queue waits for the socket's own buffer to empty.
    pub(super) fn waits_for_room(&self) -> bool {
        self.machine.is_full() || self.waiters.wait_for_sends()
    }

    /// Returns whether the pump has something to do before it sleeps.
    pub(super) fn has_news(&mut self) -> bool {
        core::mem::take(&mut self.nudged) || self.machine.has_output()
    }

    pub(super) fn set_waker(&mut self, waker: &Waker) {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }
}

impl Shared {
    pub(crate) fn new(machine: Machine, clock: Clock, can_ping: bool) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(Core {
                machine,
                awake: true,
                nudged: false,
                holds_back: false,
                opening: false,
                waker: None,
                end: None,
                waiters: Waiters::default(),
                on_demand: None,
            }),
            clock,
            can_ping,
            delivers: AtomicBool::new(false),
            keepers: Keepers::default(),
            callback: Callback::default(),
        })
    }

    /// Locks the shared state. The lock is never held while the user's code runs, so that a panic cannot leave the machine
    /// in an inconsistent state.
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Core> {
        lock(&self.core)
    }

    /// Returns the next output of the machine. If it is the end of the client, remembers that under the same lock.
    pub(crate) fn poll(&self) -> Option<Output> {
        let mut core = self.lock();
        core.awake = true;
        let output = core.machine.poll();
        core.opening = matches!(output, Some(Output::Notify(Notify::Open)));
        if matches!(output, Some(Output::Notify(Notify::End))) {
            core.end = Some(end_of(&core.machine));
        }
        self.note_delivers(&core);
        output
    }

    /// Wakes the pump if it sleeps, after a handle has changed the machine.
    #[inline]
    fn wake_pump(mut core: MutexGuard<'_, Core>) {
        if core.awake {
            return;
        }
        core.awake = true;
        let waker = core.waker.clone();
        drop(core);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Lets the pump look for what the machine does not know of.
    pub(crate) fn nudge(&self) {
        let mut core = self.lock();
        core.nudged = true;
        Self::wake_pump(core);
    }

    pub(crate) fn request(&self, request: Request) {
        let now = self.clock.now();
        let mut core = self.lock();
        core.machine.request(now, request);
        self.note_delivers(&core);
        Self::wake_pump(core);
    }

    pub(crate) fn opened(&self) -> Awaited<Result<(), End>> {
        let Core { machine, end, on_demand, .. } = &mut *self.lock();
        on_demand.get_or_insert_with(Asked::boxed).opened(machine, end.as_ref())
    }

    pub(crate) fn ping(&self) -> Awaited<Result<Duration, PingError>> {
        if !self.can_ping {
            return Awaited::done(Err(PingError::Unsupported));
        }
        let now = self.clock.now();
        let mut core = self.lock();
        let Core { machine, on_demand, .. } = &mut *core;
        machine.advance(now);
        let Some(ping) = machine.ping() else {
            return Awaited::done(Err(PingError::NotOpen));
        };
        let awaited = on_demand.get_or_insert_with(Asked::boxed).pinged(ping, machine);
        Self::wake_pump(core);
        awaited
    }

    pub(crate) fn reconnect(&self, delay: Duration) {
        let in_callback = self.callback.is_running_here();
        self.request(if in_callback { Request::ReconnectInCallback(delay) } else { Request::Reconnect(delay) });
    }

    pub(crate) fn callback(&self) -> &Callback {
        &self.callback
    }

    #[inline]
    pub(crate) fn send(&self, message: Message) -> Result<(), SendError> {
        let mut core = self.lock();
        let bytes = message.len();
        // What `on_open` sends leaves first (S13).
        let ahead = core.opening && self.callback.is_running_here();
        let result = core.machine.enqueue(message, bytes, ahead);
        Self::wake_pump(core);
        result
            .map_err(|homing_machine::SendError { kind, message }| SendError { kind: SendErrorKind::of(kind), message })
    }

    pub(super) fn note_delivers(&self, core: &Core) {
        self.delivers.store(core.machine.delivers() && !core.holds_back, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn delivers(&self) -> bool {
        self.delivers.load(Ordering::Relaxed)
    }

    /// Wakes the futures whose condition is true.
    pub(crate) fn wake_waiting(&self) {
        let mut resolve = None;
        let mut next = || {
            let Core { machine, waiters, on_demand, .. } = &mut *self.lock();
            resolve = on_demand.as_ref().and_then(|on_demand| on_demand.resolver());
            waiters.next_met(machine)
        };
        // No waker is woken or dropped under the lock.
        while let Some(waker) = next() {
            waker.wake();
        }
        if let Some(resolve) = resolve {
            resolve(self);
        }
    }

    /// Wakes the futures on demand whose condition is true.
    pub(super) fn wake_on_demand(&self) {
        let next = || {
            let Core { machine, on_demand, end, .. } = &mut *self.lock();
            on_demand.as_mut()?.next_met(machine, end.as_ref())
        };
        while let Some(waker) = next() {
            waker.wake();
        }
    }

    /// Ends the client because its pump was dropped.
    pub(crate) fn driver_gone(&self, reason: EndReason, batch: &mut VecDeque<Message>) {
        let mut core = self.lock();
        if cfg!(panic = "unwind") {
            core.machine.reclaim(batch, payload(batch));
        }
        if core.machine.driver_gone(reason) {
            core.end = Some(end_of(&core.machine));
        }
        drop(core);
        self.delivers.store(false, Ordering::Relaxed);
        self.wake_waiting();
    }
}
