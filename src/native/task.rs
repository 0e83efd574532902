//! The native task: one per client, it polls socket, handles' wishes and timer.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::socket::{Socket, Step};
use super::timer::NativeTimer;
use crate::driver::{Input, Pump};

/// How many messages are delivered before sends, timers and the machine get their turn.
const BATCH: usize = 256;
/// After how many batches other tasks get theirs.
const TURN: usize = 8;

pub(super) struct Task {
    pump: Pump<Socket, NativeTimer>,
}

impl Task {
    pub(super) fn new(pump: Pump<Socket, NativeTimer>) -> Self {
        Self { pump }
    }

    /// Takes what the socket has, up to a batch. Returns whether it has nothing more.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pump = &mut self.pump;
        let attempt = pump.transport().attempt();
        let mut arrived = false;
        let mut last = None;
        for _ in 0..BATCH {
            let step = if pump.transport().is_opening() {
                // Which runs providers, resolvers and connectors.
                pump.in_callback(|socket| socket.poll(cx))
            } else {
                pump.transport().poll(cx)
            };
            match step {
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
        if arrived {
            pump.received(attempt);
        }
        match last {
            Some(Poll::Pending) => return Poll::Ready(()),
            Some(Poll::Ready(event)) => pump.event(pump.now(), Input::Socket(attempt, event)),
            None => {}
        }
        Poll::Pending
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pump.transport().set_waker(cx.waker());
        self.pump.drive();
        for _ in 0..TURN {
            // The socket before the clock: what has arrived counts before its absence does.
            let drained = self.receive(cx).is_ready();
            let due = self.pump.deadline().is_some_and(|deadline| self.pump.now() >= deadline);
            if due {
                self.pump.event(self.pump.now(), Input::Wake);
            }
            if self.pump.is_done() {
                return Poll::Ready(());
            }
            if drained && !due && self.pump.sleep(cx.waker()) {
                match self.pump.timer().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => {}
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.pump.set_working(true);
        let polled = self.turn(cx);
        self.pump.set_working(false);
        polled
    }
}
