//! The native timer: `Instant` as clock, and one tokio timer for each client.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::LazyLock;
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

use crate::driver::{Clock, Timer, Timestamp};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Timestamp {
    Timestamp::from_micros(START.elapsed().as_micros() as u64)
}

pub(crate) struct NativeTimer {
    /// Made when first armed and then reset.
    sleep: Option<Pin<Box<Sleep>>>,
    sleeps_until: Timestamp,
    deadline: Option<Timestamp>,
}

impl NativeTimer {
    pub(crate) fn new() -> Self {
        Self { sleep: None, sleeps_until: Timestamp::default(), deadline: None }
    }

    /// Ready when the deadline or the `other` one has passed.
    pub(crate) fn poll(&mut self, other: Option<Timestamp>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline.into_iter().chain(other).min() else {
            // A client that has ended must not be woken again.
            self.sleep = None;
            return Poll::Pending;
        };
        // A sleep that ends too early is cheaper than a reset each time the deadline moves further away. While it runs there
        // is no need to read the clock.
        if self.sleeps_until <= deadline && self.poll_sleep(cx).is_pending() {
            return Poll::Pending;
        }
        loop {
            let now = now();
            if now >= deadline {
                return Poll::Ready(());
            }
            self.sleeps_until = deadline;
            let at = tokio::time::Instant::now() + deadline.since(now);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(at),
                None => self.sleep = Some(Box::pin(sleep_until(at))),
            }
            if self.poll_sleep(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Ready when the sleep has ended, or if there is none.
    fn poll_sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().map_or(Poll::Ready(()), |sleep| sleep.as_mut().poll(cx))
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
