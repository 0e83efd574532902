//! The native task: one per client, it polls socket, handles' wishes and timer.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use crate::driver::{Input, Pump, Timestamp};
use crate::native::timer::NativeTimer;
use crate::native::transport::{NativeTransport, Step};

/// How many messages are delivered before sends, timers and the machine get their turn.
const BATCH: usize = 256;
/// After how many batches other tasks get theirs.
const TURN: usize = 8;

/// How long after a burst the memory that it took is given back.
const TIDY_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Task {
    pump: Pump<NativeTransport, NativeTimer>,
    tidy_at: Option<Timestamp>,
}

impl Task {
    pub(crate) fn new(pump: Pump<NativeTransport, NativeTimer>) -> Self {
        Self { pump, tidy_at: None }
    }

    /// Takes what the socket has, up to a batch. Returns whether it has nothing more.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pump = &mut self.pump;
        let attempt = pump.transport().attempt();
        let mut arrived = false;
        let mut last = None;
        // Also for providers, resolvers and connectors, which are the user's as well.
        pump.enter();
        for _ in 0..BATCH {
            match pump.transport().poll(cx) {
                Poll::Ready(Step::Message(message)) => {
                    arrived = true;
                    pump.deliver(message);
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
        pump.leave();
        // Also for a part of a message.
        if pump.transport().take_arrived() || arrived {
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
            if !drained || due {
                continue;
            }
            self.tidy();
            if self.pump.sleep(cx.waker()) {
                let tidy_at = self.tidy_at;
                if self.pump.timer().poll(tidy_at, cx).is_pending() {
                    return Poll::Pending;
                }
            } else {
                self.pump.drive();
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

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::sync::atomic::{AtomicU64, Ordering};
    use core::time::Duration;
    use std::sync::Arc;

    use super::*;
    use crate::{Heartbeat, Reconnect, State, WebSocket};

    /// A handle that its own callback holds keeps the task, but nothing runs in it.
    #[tokio::test]
    async fn s04_nothing_runs_after_the_end() {
        let server = homing_test_server::Server::start().unwrap();
        let short = Duration::from_millis(100);
        let heartbeat = Heartbeat::ping(short, Duration::from_secs(30));
        for path in ["/echo", "/drop", "/stall"] {
            let slot = Arc::new(std::sync::Mutex::new(None::<WebSocket>));
            let held = slot.clone();
            let builder =
                WebSocket::builder(server.url(path)).reconnect(Reconnect::fixed(short)).heartbeat(heartbeat.clone());
            let builder = builder.open_timeout(short * 2).on_connect(move |_| drop(held.lock().unwrap().clone()));
            let (setup, source) = builder.check().unwrap();
            let (ws, pump) =
                Pump::start(setup, |setup| NativeTransport::new(setup, source), NativeTimer::new()).unwrap();
            *slot.lock().unwrap() = Some(ws.clone());
            let (mut task, polls) = (Task::new(pump), Arc::new(AtomicU64::new(0)));
            let counted = polls.clone();
            let running = tokio::spawn(poll_fn(move |cx| {
                counted.fetch_add(1, Ordering::Relaxed);
                Pin::new(&mut task).poll(cx)
            }));
            tokio::time::sleep(short).await;
            let closed = ws.closed();
            ws.close(1000, "").unwrap();
            drop(ws);
            drop(closed.await);
            // The poll that brought the end may be followed by one that finds nothing to do.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let before = polls.load(Ordering::Relaxed);
            tokio::time::sleep(short * 5).await;
            assert_eq!(polls.load(Ordering::Relaxed), before, "{path}");
            assert!(!running.is_finished(), "{path}: the handle may begin anew");
            let ws = slot.lock().unwrap().take().unwrap();
            assert_eq!(ws.state(), State::Closed);
            drop(ws);
            running.await.unwrap();
        }
    }
}
