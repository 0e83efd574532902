//! What the pump and the handles of a client share: the machine, and who waits for it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::{discriminant, replace};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard};

use super::{Clock, platform};
use crate::close::{CloseCode, EndReason};
use crate::error::SendError;
use crate::machine::{Machine, Request};
use crate::message::Message;

pub(crate) struct Shared {
    core: Mutex<Core>,
    pub(crate) clock: Clock,
    /// Messages are wanted. Read between two messages, where the lock would cost too much.
    delivers: AtomicBool,
    /// Handles that keep the client alive.
    handles: AtomicUsize,
    detached: AtomicBool,
}

pub(crate) struct Core {
    pub(crate) machine: Machine,
    /// The pump is running and will look at the machine again before it sleeps.
    pub(super) awake: bool,
    /// The last handle was dropped since the pump last looked whether it is done.
    left: bool,
    waker: Option<Waker>,
    waiting: Vec<Waiting>,
    /// How many waiters have ever waited.
    waiters: u64,
}

struct Waiting {
    waiter: u64,
    wait: Wait,
    waker: Waker,
}

/// What a future waits for.
#[derive(Clone, Copy)]
pub(crate) enum Wait {
    /// Room in the send buffer, or the end.
    Ready,
    /// Every message up to this number has left, or some were lost since then, or the end.
    Flushed { accepted: u64, losses: u64 },
    /// The client has ended more often than this.
    Ended(u64),
}

impl Core {
    pub(crate) fn is_met(&self, wait: Wait) -> bool {
        let machine = &self.machine;
        match wait {
            Wait::Ready => !machine.is_full() || machine.is_over(),
            Wait::Flushed { accepted, losses } => {
                machine.has_left(accepted) || machine.losses() != losses || machine.is_over()
            }
            Wait::Ended(ends) => machine.ends().0 > ends,
        }
    }

    /// Whether somebody would like to know that the socket's own buffer empties.
    pub(super) fn waits_for_room(&self) -> bool {
        self.machine.is_full() || self.waiting.iter().any(|waiting| !matches!(waiting.wait, Wait::Ended(_)))
    }

    /// One who waits no longer: whose condition has come about or, where that is asked, who is gone.
    fn next(&mut self, gone: Option<u64>) -> Option<Waker> {
        let next = self.waiting.iter().position(|waiting| match gone {
            Some(waiter) => waiting.waiter == waiter,
            None => self.is_met(waiting.wait),
        })?;
        Some(self.waiting.swap_remove(next).waker)
    }

    /// Whether the pump has to look again before it sleeps.
    pub(super) fn has_news(&mut self) -> bool {
        core::mem::take(&mut self.left) || self.machine.has_output()
    }

    pub(super) fn set_waker(&mut self, waker: &Waker) {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }
}

impl Shared {
    pub(crate) fn new(machine: Machine, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(Core { machine, awake: true, left: false, waker: None, waiting: Vec::new(), waiters: 0 }),
            clock,
            delivers: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
            detached: AtomicBool::new(false),
        })
    }

    /// The lock is never held while foreign code runs, so a panic elsewhere cannot leave the machine half-changed.
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Core> {
        platform::lock(&self.core)
    }

    /// Wakes the pump if it sleeps, after a handle has changed the machine.
    #[inline]
    fn rouse(mut core: MutexGuard<'_, Core>) {
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

    pub(crate) fn request(&self, request: Request) {
        let now = self.clock.now();
        let mut core = self.lock();
        core.machine.request(now, request);
        self.note_delivers(&core.machine);
        Self::rouse(core);
    }

    #[inline]
    pub(crate) fn send(&self, message: Message) -> Result<(), SendError> {
        let mut core = self.lock();
        let result = core.machine.send(message);
        Self::rouse(core);
        result
    }

    pub(super) fn note_delivers(&self, machine: &Machine) {
        self.delivers.store(machine.delivers(), Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn delivers(&self) -> bool {
        self.delivers.load(Ordering::Relaxed)
    }

    /// Wakes the futures whose condition has come about.
    pub(crate) fn wake_waiting(&self) {
        self.settle(None);
    }

    fn settle(&self, gone: Option<u64>) {
        loop {
            // In a statement of its own: no waker is woken or dropped under the lock.
            let next = self.lock().next(gone);
            let Some(waker) = next else { break };
            if gone.is_none() {
                waker.wake();
            }
        }
    }

    pub(crate) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    /// The last handle closes the client, unless it was detached (S6).
    pub(crate) fn drop_handle(&self) {
        if self.handles.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        if !self.detached.load(Ordering::Acquire) {
            self.request(Request::Close { code: CloseCode::NORMAL, reason: Default::default() });
        }
        // Also where nothing comes of it: a client that has ended is done now.
        let mut core = self.lock();
        core.left = true;
        Self::rouse(core);
    }

    pub(crate) fn detach(&self) {
        self.detached.store(true, Ordering::Release);
    }

    /// Whether nobody holds a handle, and nobody wished the client to run on without.
    pub(crate) fn is_dropped(&self) -> bool {
        self.is_abandoned() && !self.detached.load(Ordering::Acquire)
    }

    /// Whether nobody is left who could begin anew.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.handles.load(Ordering::Acquire) == 0
    }

    /// The pump is gone before the client ended.
    pub(crate) fn perish(&self, reason: EndReason) {
        self.lock().machine.perish(reason);
        self.delivers.store(false, Ordering::Relaxed);
        self.wake_waiting();
    }
}

/// One that waits, as long as it is there. Waits for one thing of each kind at a time.
pub(crate) struct Waiter {
    pub(crate) shared: Arc<Shared>,
    /// 0 until it has to wait.
    number: u64,
}

impl Waiter {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, number: 0 }
    }

    pub(crate) fn poll(&mut self, wait: Wait, cx: &mut Context<'_>) -> Poll<()> {
        // Dropped after the lock: what a waker holds may be anybody's.
        let _before;
        let mut core = self.shared.lock();
        if core.is_met(wait) {
            return Poll::Ready(());
        }
        if self.number == 0 {
            core.waiters += 1;
            self.number = core.waiters;
        }
        let (waiter, kind) = (self.number, discriminant(&wait));
        let known = core.waiting.iter_mut().find(|it| it.waiter == waiter && discriminant(&it.wait) == kind);
        if let Some(known) = known {
            known.wait = wait;
            if !known.waker.will_wake(cx.waker()) {
                _before = replace(&mut known.waker, cx.waker().clone());
            }
        } else {
            core.waiting.push(Waiting { waiter, wait, waker: cx.waker().clone() });
        }
        Poll::Pending
    }
}

/// Another one, which has not waited yet.
impl Clone for Waiter {
    fn clone(&self) -> Self {
        Self::new(self.shared.clone())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.number != 0 {
            self.shared.settle(Some(self.number));
        }
    }
}
