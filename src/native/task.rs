//! The native task: one per client, it polls socket, handles' wishes and timer.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::socket::{Socket, Step};
use super::timer::NativeTimer;
use crate::driver::{Input, Pump, Timestamp};

/// How many messages are delivered before sends, timers and the machine get their turn.
const BATCH: usize = 256;
/// After how many batches other tasks get theirs.
const TURN: usize = 8;

/// How long after a burst the memory that it took is given back, in microseconds.
const TIDY_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Task {
    pump: Pump<Socket, NativeTimer>,
    tidy_at: Option<Timestamp>,
}

impl Task {
    pub(super) fn new(pump: Pump<Socket, NativeTimer>) -> Self {
        Self { pump, tidy_at: None }
    }

    /// Takes what the socket has, up to a batch. Returns whether it has nothing more.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pump = &mut self.pump;
        let attempt = pump.transport().attempt();
        let mut arrived = false;
        let mut last = None;
        for _ in 0..BATCH {
            match pump.transport().poll(cx) {
                Poll::Ready(Step::Message(message)) => {
                    arrived = true;
                    pump.message(message);
                    // Somebody closed, paused or reconnected: that comes first.
                    if !pump.delivers() {
                        break;
                    }
                }
                Poll::Ready(Step::Event(event)) => {
                    last = Some(Poll::Ready(event));
                    break;
                }
                Poll::Pending => {
                    last = Some(Poll::Pending);
                    break;
                }
            }
        }
        // Also for a part of a message.
        if pump.transport().has_arrived() || arrived {
            pump.received(attempt);
        }
        match last {
            Some(Poll::Pending) => return Poll::Ready(()),
            Some(Poll::Ready(event)) => pump.event(pump.now(), Input::Socket(attempt, event)),
            None => {}
        }
        pump.transport().uncork();
        Poll::Pending
    }

    /// Gives memory back now and then. No timer is set for it while there is none to give back.
    fn tidy(&mut self) {
        let pump = &mut self.pump;
        if let Some(at) = self.tidy_at {
            if pump.now() < at {
                return;
            }
            self.tidy_at = None;
            pump.transport().tidy();
            pump.shrink();
        }
        if pump.transport().is_large() {
            self.tidy_at = Some(pump.now() + TIDY_AFTER);
        }
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.pump.transport().set_waker(cx.waker());
        this.pump.drive();
        for _ in 0..TURN {
            // The socket before the clock: what has arrived counts before its absence does.
            let drained = this.receive(cx).is_ready();
            let due = this.pump.deadline().is_some_and(|deadline| this.pump.now() >= deadline);
            if due {
                this.pump.event(this.pump.now(), Input::Wake);
            }
            if this.pump.is_done() {
                return Poll::Ready(());
            }
            if !drained || due {
                continue;
            }
            this.tidy();
            if this.pump.sleep(cx.waker()) {
                let tidy_at = this.tidy_at;
                if this.pump.timer().poll(tidy_at, cx).is_pending() {
                    return Poll::Pending;
                }
            } else {
                this.pump.drive();
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
