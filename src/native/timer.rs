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
        loop {
            let now = now();
            if now >= deadline {
                return Poll::Ready(());
            }
            // A sleep that ends too early is cheaper than a reset each time the deadline moves further away.
            if self.sleep.is_none() || self.sleeps_until > deadline || self.sleeps_until <= now {
                self.sleeps_until = deadline;
                let at = tokio::time::Instant::now() + deadline.since(now);
                match &mut self.sleep {
                    Some(sleep) => sleep.as_mut().reset(at),
                    None => self.sleep = Some(Box::pin(sleep_until(at))),
                }
            }
            match self.sleep.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {}
                _ => return Poll::Pending,
            }
        }
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
