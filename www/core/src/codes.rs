//! The numbers that cross between Rust and JavaScript.
//!
//! This file is their only definition: `www/build.js` generates `www/src/machine/codes.ts` from its modules, constants and
//! comments.

// Some are used by JavaScript only.
#![allow(dead_code)]

/// Inputs, with the numbers `a` and `b` that belong to some of them.
pub(crate) mod input {
    /// `a`: bytes in the socket's own buffer; `b`: bytes that it was given so far, infinite if it was empty at the last `MARK`.
    pub(crate) const WAKE: u32 = 0;
    pub(crate) const OPENED: u32 = 1;
    /// Something arrived.
    pub(crate) const RECEIVED: u32 = 2;
    /// A heartbeat was answered.
    pub(crate) const ANSWERED: u32 = 3;
    /// `a`: bytes in the socket's own buffer.
    pub(crate) const BUFFERED: u32 = 4;
    /// `a`: close code; `b`: 1 if clean.
    pub(crate) const CLOSED: u32 = 5;
    pub(crate) const FAILED: u32 = 6;
    /// `a`: one of `page`.
    pub(crate) const PAGE: u32 = 7;
    /// The answer to `ASK_RETRY`. `a`: 1 to retry.
    pub(crate) const RETRY_ANSWER: u32 = 8;
    /// The answer to `TRANSMIT`. `a`: messages that the socket did not take.
    pub(crate) const TRANSMITTED: u32 = 9;
    /// `a`: close code.
    pub(crate) const CLOSE: u32 = 10;
    /// `a`: milliseconds.
    pub(crate) const RECONNECT: u32 = 11;
    /// The answer to the other `MARK`. `a` and `b`: as for `WAKE`.
    pub(crate) const MARK: u32 = 12;
    /// The answer to the other `SET_UP`. `a`: 0 if it is done, 1 if it failed, 2 if it failed for good.
    pub(crate) const SET_UP: u32 = 13;
}

/// Outputs, with the numbers that `value` returns then.
pub(crate) mod output {
    pub(crate) const NOTHING: u32 = 0;
    pub(crate) const DIAL: u32 = 1;
    /// Offer the queue to the socket. 0: the number of messages.
    pub(crate) const TRANSMIT: u32 = 2;
    pub(crate) const HEARTBEAT: u32 = 3;
    pub(crate) const CLOSE: u32 = 4;
    pub(crate) const ABORT: u32 = 5;
    /// Ask whether to retry. Values as for `NOTIFY_CLOSE`.
    pub(crate) const ASK_RETRY: u32 = 6;
    pub(crate) const NOTIFY_OPEN: u32 = 7;
    /// 0: one of `failure`.
    pub(crate) const NOTIFY_ERROR: u32 = 8;
    /// 0: close code; 1: 1 if clean; 2: milliseconds until the next attempt, negative for none; 3: 1 if it was open for `stable_after`.
    pub(crate) const NOTIFY_CLOSE: u32 = 9;
    /// 0: one of `reason`; 1: messages that were not sent.
    pub(crate) const NOTIFY_END: u32 = 10;
    pub(crate) const NOTIFY_DRAIN: u32 = 11;
    /// 0: milliseconds.
    pub(crate) const NOTIFY_LATENCY: u32 = 12;
    /// To be answered by the other `MARK`.
    pub(crate) const MARK: u32 = 13;
    /// Start the set-up. To be answered by the other `SET_UP`.
    pub(crate) const SET_UP: u32 = 14;
}

/// Why an attempt failed.
pub(crate) mod failure {
    pub(crate) const OPAQUE: u32 = 0;
    pub(crate) const OPEN_TIMEOUT: u32 = 1;
    pub(crate) const HEARTBEAT_TIMEOUT: u32 = 2;
    pub(crate) const SETUP_TIMEOUT: u32 = 3;
    /// The set-up failed for good.
    pub(crate) const FATAL: u32 = 4;
}

/// Changes of the network and the page.
pub(crate) mod page {
    pub(crate) const ONLINE: u32 = 0;
    pub(crate) const VISIBLE: u32 = 1;
    pub(crate) const FROZEN: u32 = 2;
    pub(crate) const THAWED: u32 = 3;
}

/// Why a client has ended.
pub(crate) mod reason {
    use homing_machine::EndReason;

    pub(crate) const CLOSED: u32 = 0;
    pub(crate) const FATAL: u32 = 1;
    pub(crate) const EXHAUSTED: u32 = 2;
    pub(crate) const DECLINED: u32 = 3;

    const _: () = assert!(
        EndReason::Closed as u32 == CLOSED
            && EndReason::Fatal as u32 == FATAL
            && EndReason::Exhausted as u32 == EXHAUSTED
            && EndReason::Declined as u32 == DECLINED
    );
}

/// The state of a client.
pub(crate) mod state {
    use homing_machine::State;

    pub(crate) const CONNECTING: u32 = 0;
    pub(crate) const OPEN: u32 = 1;
    pub(crate) const CLOSING: u32 = 2;
    pub(crate) const WAITING: u32 = 3;
    pub(crate) const CLOSED: u32 = 4;

    const _: () = assert!(
        State::Connecting as u32 == CONNECTING
            && State::Open as u32 == OPEN
            && State::Closing as u32 == CLOSING
            && State::Waiting as u32 == WAITING
            && State::Closed as u32 == CLOSED
    );
}

/// Results of queueing a message.
pub(crate) mod sent {
    pub(crate) const TAKEN: u32 = 0;
    pub(crate) const FULL: u32 = 1;
    pub(crate) const CLOSED: u32 = 2;
}

/// Statistics of a client; negative if there is no value yet.
pub(crate) mod stat {
    pub(crate) const HEARTBEATS: u32 = 0;
    /// Milliseconds.
    pub(crate) const LAST_RTT: u32 = 1;
    /// Milliseconds.
    pub(crate) const SMOOTHED_RTT: u32 = 2;
}

/// Options by name. Durations are in milliseconds, and `Infinity` means none.
pub(crate) mod setting {
    pub(crate) const MIN: u32 = 0;
    pub(crate) const MAX: u32 = 1;
    pub(crate) const FACTOR: u32 = 2;
    pub(crate) const JITTER: u32 = 3;
    pub(crate) const MAX_ATTEMPTS: u32 = 4;
    pub(crate) const STABLE_AFTER: u32 = 5;
    pub(crate) const OPEN_TIMEOUT: u32 = 6;
    pub(crate) const CLOSE_TIMEOUT: u32 = 7;
    pub(crate) const INTERVAL: u32 = 8;
    pub(crate) const TIMEOUT: u32 = 9;
    /// Bytes.
    pub(crate) const MAX_SEND_BUFFER: u32 = 10;
    /// 1 if the URL or the subprotocols come from a function.
    pub(crate) const HAS_PROVIDER: u32 = 11;
    /// 1 if there is a `shouldReconnect`.
    pub(crate) const HAS_PREDICATE: u32 = 12;
    /// From 0 to 1.
    pub(crate) const SEED: u32 = 13;
    pub(crate) const MAX_INITIAL_ATTEMPTS: u32 = 14;
    /// 0 if there is no set-up.
    pub(crate) const SETUP_TIMEOUT: u32 = 15;
}
