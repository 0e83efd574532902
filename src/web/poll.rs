//! What has to be looked at, because no event tells it: the socket's buffer, and a close event that does not come.

use core::cell::Cell;

use super::glue::Callback;
use super::timer::Timeout;

/// How soon to look at the buffer: while somebody waits for room, and else.
const HURRIED: i32 = 1;
const LEISURELY: i32 = 32;
const SLOWEST: i32 = 128;

/// How long to wait for the close event that should follow an error event. It is missing in Chromium where the page's
/// policy forbids the connection, and in Node 20 where there is none.
const CLOSE_AFTER_ERROR: i32 = 250;

pub(super) struct SocketPoll {
    timeout: Timeout,
    /// What the machine knows of the socket's buffer.
    buffered: Cell<usize>,
    millis: i32,
    hurried: bool,
    /// An error event came, and no close event yet.
    errored: bool,
}

impl SocketPoll {
    /// `on_due` is called when it is time to poll.
    pub(super) fn new(on_due: Callback) -> Self {
        Self {
            timeout: Timeout::new(on_due),
            buffered: Cell::new(0),
            millis: LEISURELY,
            hurried: false,
            errored: false,
        }
    }

    /// The machine is about to know this.
    pub(super) fn note(&self, buffered: usize) {
        self.buffered.set(buffered);
    }

    /// Something was handed to the socket that may not have left yet.
    #[inline]
    pub(super) fn is_buffering(&self) -> bool {
        self.buffered.get() > 0
    }

    /// Looks at the buffer soon.
    pub(super) fn buffer(&mut self, hurried: bool) {
        if self.errored || (self.timeout.is_set() && self.hurried >= hurried) {
            return;
        }
        if hurried != self.hurried {
            self.hurried = hurried;
            self.millis = if hurried { HURRIED } else { LEISURELY };
        }
        self.timeout.set(self.millis);
    }

    /// The buffer was looked at. Returns whether it changed; one that stands still is looked at less and less.
    pub(super) fn looked(&mut self, buffered: usize) -> bool {
        let changed = self.buffered.replace(buffered) != buffered;
        self.millis = match (changed, self.hurried) {
            (false, _) => SLOWEST.min(self.millis * 2),
            (true, true) => HURRIED,
            (true, false) => LEISURELY,
        };
        changed
    }

    /// The close event should come now.
    pub(super) fn close_event(&mut self) {
        self.errored = true;
        self.timeout.set(CLOSE_AFTER_ERROR);
    }

    /// An error event came.
    pub(super) fn has_errored(&self) -> bool {
        self.errored
    }

    /// The time has come to look. Returns whether the close event is missing.
    pub(super) fn came(&mut self) -> bool {
        self.timeout.clear();
        self.errored
    }

    /// The socket is gone.
    pub(super) fn stop(&mut self) {
        self.timeout.clear();
        self.buffered.set(0);
        self.errored = false;
    }
}
