//! Polls a socket for what no event reports: how full its buffer is, and a close event that does not come.

use core::cell::Cell;

use wasm_bindgen::JsValue;

use super::events::POLL;
use super::timer::Timeout;

// Milliseconds between two polls of the buffer: while something waits for room, otherwise, and at most.
const URGENT: i32 = 1;
const RELAXED: i32 = 32;
const SLOWEST: i32 = 128;

/// Milliseconds to wait for the close event that should follow an error event. Chromium does not fire it where the page's
/// content security policy forbids the connection, and Node 20 not where there is none.
const CLOSE_AFTER_ERROR: i32 = 250;

pub(super) struct SocketPoll {
    /// The client's [`Callback`](super::glue::Callback).
    function: JsValue,
    timeout: Timeout,
    /// The number of bytes in the socket's buffer, as last reported to the machine.
    buffered: Cell<usize>,
    /// The delay until the next poll.
    millis: i32,
    is_urgent: bool,
    /// An error event came, and no close event yet.
    errored: bool,
}

impl SocketPoll {
    /// The function is called when it is time to poll.
    pub(super) fn new(function: JsValue) -> Self {
        Self {
            function,
            timeout: Timeout::default(),
            buffered: Cell::new(0),
            millis: RELAXED,
            is_urgent: false,
            errored: false,
        }
    }

    pub(super) fn function(&self) -> &JsValue {
        &self.function
    }

    /// Notes what is being reported to the machine.
    pub(super) fn set_reported(&self, buffered: usize) {
        self.buffered.set(buffered);
    }

    /// Returns whether bytes that the socket was given may not have left yet.
    #[inline]
    pub(super) fn is_buffering(&self) -> bool {
        self.buffered.get() > 0
    }

    /// Schedules the next poll of the buffer.
    pub(super) fn schedule(&mut self, is_urgent: bool) {
        if self.errored || (self.timeout.is_set() && self.is_urgent >= is_urgent) {
            return;
        }
        if is_urgent != self.is_urgent {
            self.is_urgent = is_urgent;
            self.millis = if is_urgent { URGENT } else { RELAXED };
        }
        self.timeout.set(&self.function, self.millis, POLL);
    }

    /// Takes the result of a poll. Returns whether the buffer has changed; while it does not, polls become less frequent.
    pub(super) fn update(&mut self, buffered: usize) -> bool {
        let changed = self.buffered.replace(buffered) != buffered;
        self.millis = match (changed, self.is_urgent) {
            (false, _) => SLOWEST.min(self.millis * 2),
            (true, true) => URGENT,
            (true, false) => RELAXED,
        };
        changed
    }

    /// An error event came: waits for the close event instead of polling the buffer.
    pub(super) fn expect_close(&mut self) {
        self.errored = true;
        self.timeout.set(&self.function, CLOSE_AFTER_ERROR, POLL);
    }

    /// Returns whether an error event came.
    pub(super) fn has_errored(&self) -> bool {
        self.errored
    }

    /// The timeout fired. Returns whether the close event is missing.
    pub(super) fn fired(&mut self) -> bool {
        self.timeout.fired();
        self.errored
    }

    /// The socket is gone.
    pub(super) fn stop(&mut self) {
        self.timeout.clear();
        self.buffered.set(0);
        self.errored = false;
    }
}
