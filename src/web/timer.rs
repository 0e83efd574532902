//! Time in a browser: the clock `Date.now`, and one `setTimeout` for each client.

use core::cell::Cell;

use wasm_bindgen::JsValue;

use super::events::TIMER;
use super::glue::{self, Callback};
use super::worker::UnthrottledTimer;
use crate::driver::{Clock, Timer, Timestamp};

/// Returns the wall clock's time, made monotonic.
///
/// `performance.now()` may stand still while the machine sleeps, and a heartbeat must notice that time has passed (S18).
/// The wall clock goes on, but can be changed. A clock that is set back does not turn this one back. A clock that is set
/// forward looks like a sleep, which never fails a connection by itself.
fn now() -> Timestamp {
    thread_local! {
        /// The last time that was returned, and how far the wall clock is behind it, in milliseconds.
        static LAST: Cell<(f64, f64)> = const { Cell::new((0.0, 0.0)) };
    }
    let wall = js_sys::Date::now();
    let (last, behind) = LAST.get();
    let behind = behind.max(last - wall);
    LAST.set((wall + behind, behind));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Timestamp::from_micros(((wall + behind) * 1000.0) as u64)
}

/// One timeout, which can be set again and again.
#[derive(Default)]
pub(super) struct Timeout {
    pending: Option<JsValue>,
}

impl Timeout {
    pub(super) fn is_set(&self) -> bool {
        self.pending.is_some()
    }

    /// The longest delay of `setTimeout`. A longer one fires at once.
    pub(super) const MAX: i32 = i32::MAX;

    /// It has fired.
    pub(super) fn fired(&mut self) {
        self.pending = None;
    }

    /// Sets it to call the client's [`Callback`] with this number, which is bound: a page may have replaced `setTimeout` by a function
    /// that passes on no arguments.
    pub(super) fn set(&mut self, callback: &JsValue, millis: i32, number: u32) {
        self.clear();
        self.pending = Some(glue::set_timeout(&glue::bind(callback, number), millis));
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
    callback: Callback,
    /// When the timeout fires, if it is set.
    fires_at: Timestamp,
    unthrottled: Option<Box<dyn UnthrottledTimer>>,
}

impl BrowserTimer {
    /// The client's callback is called when the deadline has come. It lives as long as the timer.
    pub(super) fn new(callback: Callback, unthrottled: Option<Box<dyn UnthrottledTimer>>) -> Self {
        Self { timeout: Timeout::default(), callback, fires_at: Timestamp::default(), unthrottled }
    }

    /// The timeout or the unthrottled timer fired.
    pub(super) fn fired(&mut self) {
        if self.unthrottled.is_some() {
            self.timeout.clear();
        } else {
            self.timeout.fired();
        }
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
        // A timeout that fires too early costs less than a new one each time the deadline moves away.
        if self.timeout.is_set() && self.fires_at <= deadline {
            return;
        }
        let now = now();
        let millis = deadline.as_micros().saturating_sub(now.as_micros()).div_ceil(1000);
        let millis = i32::try_from(millis).unwrap_or(Timeout::MAX);
        self.fires_at = Timestamp::from_micros(now.as_micros() + 1000 * u64::from(millis.unsigned_abs()));
        self.timeout.set(self.callback.as_ref(), millis, TIMER);
        if let Some(timer) = &self.unthrottled {
            timer.arm(Some(millis));
        }
    }
}
