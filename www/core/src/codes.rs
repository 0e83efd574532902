//! The numbers that stand for what happened and what is to be done. `www/src/core.ts` has the same.

/// What happened, with the two numbers `a` and `b` that may belong to it.
pub(crate) mod what {
    /// `a`: bytes in the socket's own buffer; `b`: how much it was given, ever.
    pub(crate) const WAKE: u32 = 0;
    pub(crate) const OPENED: u32 = 1;
    /// Something arrived.
    pub(crate) const HEARD: u32 = 2;
    /// A heartbeat was answered.
    pub(crate) const ANSWERED: u32 = 3;
    /// `a`: bytes in the socket's own buffer.
    pub(crate) const BUFFERED: u32 = 4;
    /// `a`: close code; `b`: 1 if clean.
    pub(crate) const CLOSED: u32 = 5;
    /// `a`: one of [`failure`](super::failure).
    pub(crate) const FAILED: u32 = 6;
    /// `a`: 0 online, 1 visible, 2 frozen, 3 thawed.
    pub(crate) const PAGE: u32 = 7;
    /// The answer to `JUDGE`; `a`: 1 to retry.
    pub(crate) const VERDICT: u32 = 8;
    /// The answer to `TRANSMIT`; `a`: messages that the socket did not take.
    pub(crate) const TRANSMITTED: u32 = 9;
    /// `a`: close code.
    pub(crate) const CLOSE: u32 = 10;
    /// `a`: milliseconds.
    pub(crate) const RECONNECT: u32 = 11;
    pub(crate) const CANCEL_RECONNECT: u32 = 12;
    /// The answer to the other `MARK`; `a` and `b` as for `WAKE`.
    pub(crate) const MARK: u32 = 13;
}

/// What is to be done, with the numbers that `value` then gives.
pub(crate) mod todo {
    pub(crate) const NOTHING: u32 = 0;
    pub(crate) const DIAL: u32 = 1;
    /// Offer the queue to the socket; 0: how many messages.
    pub(crate) const TRANSMIT: u32 = 2;
    pub(crate) const BEAT: u32 = 3;
    /// 0: close code.
    pub(crate) const CLOSE: u32 = 4;
    pub(crate) const ABORT: u32 = 5;
    /// As `TELL_CLOSE`: ask whether to retry.
    pub(crate) const JUDGE: u32 = 6;
    pub(crate) const TELL_OPEN: u32 = 7;
    /// 0: one of [`failure`](super::failure).
    pub(crate) const TELL_ERROR: u32 = 8;
    /// 0: close code; 1: 1 if clean; 2: milliseconds until the next attempt, negative for none; 3: 1 if it lasted.
    pub(crate) const TELL_CLOSE: u32 = 9;
    /// 0: 0 closed, 1 fatal, 2 exhausted, 3 declined; 1: messages that were not sent.
    pub(crate) const TELL_END: u32 = 10;
    pub(crate) const TELL_FULL: u32 = 11;
    pub(crate) const TELL_DRAIN: u32 = 12;
    /// 0: milliseconds.
    pub(crate) const TELL_LATENCY: u32 = 13;
    /// To be answered by the other `MARK`.
    pub(crate) const MARK: u32 = 14;
}

pub(crate) mod failure {
    pub(crate) const OPAQUE: u32 = 0;
    pub(crate) const OPEN_TIMEOUT: u32 = 1;
    pub(crate) const HEARTBEAT_TIMEOUT: u32 = 2;
    /// Dialling is impossible, and will be.
    pub(crate) const UNSUPPORTED: u32 = 3;
}
