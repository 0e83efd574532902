//! The native timer: `Instant` as clock, and one tokio timer for each client.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::LazyLock;
use std::time::Instant;

use tokio::task::coop::has_budget_remaining;
use tokio::time::{Sleep, sleep_until};

use crate::driver::{Clock, Timer, Timestamp};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Timestamp {
    Timestamp::from_micros(START.elapsed().as_micros() as u64)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

pub(crate) struct NativeTimer {
    /// Made when first armed and then reset.
    sleep: Option<Pin<Box<Sleep>>>,
    sleeps_until: Timestamp,
    /// The sleep has the task's waker.
    wakes: bool,
    deadline: Option<Timestamp>,
    /// How long a new sleep lasts at most.
    first: Duration,
}

impl NativeTimer {
    /// A new sleep lasts for the close timeout at most. A client that is closed before it ends needs no earlier one then, for
    /// which tokio would wake its runtime.
    pub(crate) fn new(close_timeout: Duration) -> Self {
        Self { sleep: None, sleeps_until: Timestamp::default(), wakes: false, deadline: None, first: close_timeout }
    }

    /// Ready when the deadline or the `other` one has passed.
    pub(crate) fn poll(&mut self, other: Option<Timestamp>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = earlier(self.deadline, other) else {
            // A client that has ended must not be woken again.
            self.sleep = None;
            return Poll::Pending;
        };
        // While a sleep runs there is no need to poll it again, or to read the clock. In a flood the driver may not have seen
        // that it has ended.
        let is_running = self.wakes && self.sleep.as_ref().is_some_and(|sleep| !sleep.is_elapsed());
        if is_running && self.sleeps_until <= deadline && has_budget_remaining() {
            return Poll::Pending;
        }
        loop {
            let now = now();
            if now >= deadline {
                return Poll::Ready(());
            }
            // A sleep that ends too early is cheaper than a reset each time the deadline moves further away.
            if self.sleep.is_none() || self.sleeps_until > deadline || self.sleeps_until <= now {
                self.sleeps_until = if self.sleep.is_some() { deadline } else { deadline.min(now + self.first) };
                let at = tokio::time::Instant::now() + self.sleeps_until.since(now);
                match &mut self.sleep {
                    Some(sleep) => sleep.as_mut().reset(at),
                    None => self.sleep = Some(Box::pin(sleep_until(at))),
                }
            }
            if self.poll_sleep(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Ready when the sleep has ended, or if there is none.
    fn poll_sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // To a task that has used up its budget, all sleeps seem to run.
        let is_polled = has_budget_remaining();
        let polled = self.sleep.as_mut().map_or(Poll::Ready(()), |sleep| sleep.as_mut().poll(cx));
        self.wakes = is_polled && polled.is_pending();
        polled
    }

    /// The task has a new waker.
    pub(crate) fn forget_waker(&mut self) {
        self.wakes = false;
    }
}

impl Timer for NativeTimer {
    fn clock(&self) -> Clock {
        Clock::new(now)
    }

    fn arm(&mut self, deadline: Option<Timestamp>) {
        self.deadline = deadline;
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::pin::pin;

    use tokio::task::consume_budget;

    use super::*;

    /// A flood of messages uses up the budget of each poll.
    #[tokio::test]
    async fn a_deadline_is_met_by_a_task_that_has_used_up_its_budget() {
        let mut timer = NativeTimer::new(Duration::from_secs(5));
        let deadline = now() + Duration::from_millis(50);
        timer.arm(Some(deadline));
        poll_fn(|cx| {
            assert!(timer.poll(None, cx).is_pending());
            while pin!(consume_budget()).poll(cx).is_ready() {}
            assert!(timer.poll(None, cx).is_pending());
            while now() < deadline {
                core::hint::spin_loop();
            }
            assert!(timer.poll(None, cx).is_ready());
            Poll::Ready(())
        })
        .await;
    }
}
