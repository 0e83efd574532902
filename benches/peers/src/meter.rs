//! Measures the CPU time and the elapsed time of each operation.

use std::time::{Duration, Instant};

use crate::system::cpu;

pub struct Meter {
    start: Instant,
    cpu: Duration,
}

impl Meter {
    pub fn start() -> Self {
        Self { start: Instant::now(), cpu: cpu() }
    }

    /// Returns the CPU time and the elapsed time of each of so many operations, in nanoseconds.
    pub fn each(&self, count: usize) -> [f64; 2] {
        [cpu() - self.cpu, self.start.elapsed()].map(|time| time.as_nanos() as f64 / count as f64)
    }
}

/// Measures so many operations.
pub(crate) struct Arrivals {
    count: usize,
    skipped: usize,
    arrived: usize,
    meter: Meter,
}

impl Arrivals {
    /// Measures all, as a client may receive long before it passes messages on.
    pub(crate) fn all(count: usize) -> Self {
        Self { count, skipped: 0, arrived: 0, meter: Meter::start() }
    }

    /// Leaves out the first tenth.
    pub(crate) fn later(count: usize) -> Self {
        Self { skipped: count / 10, ..Self::all(count) }
    }

    /// The number of operations so far.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived
    }

    /// Counts one. Returns the figures at the last one.
    #[inline]
    pub(crate) fn count(&mut self) -> Option<[f64; 2]> {
        self.arrived += 1;
        if self.arrived == self.skipped {
            self.meter = Meter::start();
        }
        (self.arrived == self.count).then(|| self.meter.each(self.count - self.skipped))
    }
}
