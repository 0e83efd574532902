//! Time in a browser: `Date.now`, and one timeout per client.

use core::cell::Cell;

use wasm_bindgen::JsValue;

use super::glue::{self, Callback};
use super::worker::UnthrottledTimer;
use crate::driver::{Clock, Timer, Timestamp};

/// `performance.now()` may stand still while the machine sleeps, and a heartbeat must notice that it slept. The wall
/// clock goes on; it can be set, though. Set back it does not turn this clock back but only goes on from there; set
/// forth it looks like a sleep, which is forgiven.
fn now() -> Timestamp {
    thread_local! {
        /// What was told last, and how far behind that the wall clock is.
        static LAST: Cell<(f64, f64)> = const { Cell::new((0.0, 0.0)) };
    }
    let wall = js_sys::Date::now();
    let (last, behind) = LAST.get();
    let behind = behind.max(last - wall);
    LAST.set((wall + behind, behind));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Timestamp::from_micros(((wall + behind) * 1000.0) as u64)
}

/// One `setTimeout` that is set again and again.
pub(super) struct Timeout {
    callback: Callback,
    pending: Option<JsValue>,
}

impl Timeout {
    pub(super) fn new(callback: Callback) -> Self {
        Self { callback, pending: None }
    }

    pub(super) fn is_set(&self) -> bool {
        self.pending.is_some()
    }

    /// Longer delays than this would fire at once.
    pub(super) const MAX: i32 = i32::MAX;

    pub(super) fn set(&mut self, millis: i32) {
        self.clear();
        self.pending = Some(glue::set_timeout(self.callback.as_ref(), millis));
    }

    pub(super) fn clear(&mut self) {
        if let Some(pending) = self.pending.take() {
            glue::clear_timeout(&pending);
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        self.clear();
    }
}

pub(super) struct BrowserTimer {
    timeout: Timeout,
    /// When the timeout fires, if it is set.
    fires_at: Timestamp,
    unthrottled: Option<Box<dyn UnthrottledTimer>>,
}

impl BrowserTimer {
    /// `on_fire` is called when the deadline has come.
    pub(super) fn new(on_fire: Callback, unthrottled: Option<Box<dyn UnthrottledTimer>>) -> Self {
        let timeout = Timeout::new(on_fire);
        Self { timeout, fires_at: Timestamp::default(), unthrottled }
    }

    /// Whoever woke the client, what was set has served.
    pub(super) fn came(&mut self) {
        self.timeout.clear();
    }
}

impl Timer for BrowserTimer {
    fn clock(&self) -> Clock {
        Clock::new(now)
    }

    fn arm(&mut self, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else {
            if self.timeout.is_set() {
                self.timeout.clear();
                if let Some(timer) = &self.unthrottled {
                    timer.arm(None);
                }
            }
            return;
        };
        // One that fires too early is cheaper than setting it anew each time that the deadline moves away.
        if self.timeout.is_set() && self.fires_at <= deadline {
            return;
        }
        let now = now();
        let millis = deadline.as_micros().saturating_sub(now.as_micros()).div_ceil(1000);
        let millis = i32::try_from(millis).unwrap_or(Timeout::MAX);
        self.fires_at = Timestamp::from_micros(now.as_micros() + 1000 * u64::from(millis.unsigned_abs()));
        self.timeout.set(millis);
        if let Some(timer) = &self.unthrottled {
            timer.arm(Some(millis));
        }
    }
}
