//! The client's task: it polls the transport, the commands of handles and the timer.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use crate::driver::{Input, Pump, Timestamp};
use crate::native::timer::NativeTimer;
use crate::native::transport::{NativeTransport, Step};

/// The most messages that are delivered before commands and timers are handled.
const BATCH: usize = 256;
/// The most batches before the task yields to others.
const TURN: usize = 8;

/// Delay after which the memory of a burst is freed.
const TIDY_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Task {
    pump: Pump<NativeTransport, NativeTimer>,
    tidy_at: Option<Timestamp>,
}

impl Task {
    pub(crate) fn new(pump: Pump<NativeTransport, NativeTimer>) -> Self {
        Self { pump, tidy_at: None }
    }

    /// Delivers up to a batch of messages. Returns whether there are no more.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pump = &mut self.pump;
        let attempt = pump.transport().attempt();
        let mut arrived = false;
        let mut last = None;
        // Providers, resolvers and connectors are user code as well, so the pump is entered for them.
        pump.enter();
        for _ in 0..BATCH {
            match pump.transport().poll(cx) {
                Poll::Ready(Step::Message(message)) => {
                    arrived = true;
                    pump.deliver(message);
                    // The handler closed, paused or reconnected: that is handled first. Once the Close frame was sent, all
                    // messages are dropped.
                    if !pump.delivers() && !pump.transport().is_closing() {
                        break;
                    }
                }
                Poll::Ready(Step::Control(control)) => {
                    arrived = true;
                    let event = control.event();
                    pump.when_open(|transport, ws| transport.report(control, ws));
                    if event.is_some() || !pump.delivers() {
                        last = event.map(Poll::Ready);
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
        // A part of a message counts as well (rule S17).
        if pump.transport().take_arrived() || arrived {
            pump.received(attempt);
        }
        match last {
            // A reply to a message could not be written, of which only a socket wakes the task.
            Some(Poll::Pending) if pump.transport().has_failed() => {}
            Some(Poll::Pending) => return Poll::Ready(()),
            Some(Poll::Ready(event)) => pump.event(pump.now(), Input::Socket(attempt, event)),
            None => {}
        }
        pump.transport().uncork();
        Poll::Pending
    }

    /// Frees memory about once a second. Sets no timer while there is none to free.
    fn plan_tidying(&mut self) {
        let pump = &mut self.pump;
        if self.tidy_at.is_none() && pump.transport().is_large() {
            self.tidy_at = Some(pump.now() + TIDY_AFTER);
        }
    }

    /// Does what is due now.
    fn wake(&mut self) {
        let pump = &mut self.pump;
        let now = pump.now();
        if self.tidy_at.is_some_and(|at| now >= at) {
            self.tidy_at = None;
            pump.transport().tidy();
            pump.shrink();
        }
        if pump.deadline().is_some_and(|deadline| now >= deadline) {
            pump.event(now, Input::Wake);
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.pump.transport().set_waker(cx.waker()) {
            self.pump.timer().forget_waker();
        }
        if self.pump.wake_up() {
            self.pump.drive();
        }
        for _ in 0..TURN {
            // The socket is polled before the clock is read, so that data that has arrived is counted before a timeout.
            let drained = self.receive(cx).is_ready();
            if self.pump.is_done() {
                return Poll::Ready(());
            }
            if !drained {
                self.wake();
                continue;
            }
            self.plan_tidying();
            if !self.pump.sleep(cx.waker()) {
                self.pump.drive();
                continue;
            }
            let tidy_at = self.tidy_at;
            if self.pump.timer().poll(tidy_at, cx).is_pending() {
                return Poll::Pending;
            }
            self.wake();
        }
        // A future of the user that always wakes itself keeps the pump from sleeping, but no timeout from being met.
        self.wake();
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

    /// A handle that is held by its own callback keeps the task alive, but the task is not polled.
    #[tokio::test]
    async fn s04_the_task_is_not_polled_after_the_end() {
        let server = homing_test_server::Server::start().unwrap();
        let short = Duration::from_millis(100);
        let heartbeat = Heartbeat::ping(short, Duration::from_secs(30));
        for path in ["/echo", "/drop", "/stall"] {
            let slot = Arc::new(std::sync::Mutex::new(None::<WebSocket>));
            let held = slot.clone();
            let builder =
                WebSocket::builder(server.url(path)).reconnect(Reconnect::fixed(short)).heartbeat(heartbeat.clone());
            let builder = builder.open_timeout(short * 2).on_connect(move |_| drop(held.lock().unwrap().clone()));
            let (settings, source) = builder.check().unwrap();
            let timer = NativeTimer::new(settings.config.close_timeout);
            let (ws, pump) = Pump::start(settings, |settings| NativeTransport::new(settings, source), timer).unwrap();
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
            // One more poll may follow the one that ended the client.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let before = polls.load(Ordering::Relaxed);
            tokio::time::sleep(short * 5).await;
            assert_eq!(polls.load(Ordering::Relaxed), before, "{path}");
            assert!(!running.is_finished(), "{path}: the handle may still reconnect");
            let ws = slot.lock().unwrap().take().unwrap();
            assert_eq!(ws.state(), State::Closed);
            drop(ws);
            running.await.unwrap();
        }
    }
}
