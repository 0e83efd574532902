//! The rules, one test each, in virtual time.
//!
//! A [`Rig`] does what a driver does, and logs each output as a line for the test to compare.

mod by_hand;
mod closing;
mod late;
mod life;
mod limit;
mod liveness;
mod pace;
mod page;
mod ping;
mod policy;
mod progress;
mod queue;
mod retry;
mod rig;
mod script;
mod setup;
mod start;
mod stats;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use rig::Rig;
use script::{Error, ErrorKind, Input, SocketEvent, Test};

use crate::{
    Backoff, Buffered, CloseCode, Heartbeat, Notify, Output, PausedBy, SendError, SendErrorKind, State, Timestamp,
};

type Config = crate::Config<String>;
type Machine = crate::Machine<Test>;
type Request = crate::Request<String>;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// Waits as long before each retry.
pub(crate) fn fixed(delay: Duration) -> Backoff {
    Backoff { first: delay, max: delay, factor: 1.0, jitter: 0.0, max_attempts: None, max_initial_attempts: None }
}

/// Doubles the delay, with full jitter.
pub(crate) fn exponential(first: Duration, max: Duration) -> Backoff {
    Backoff { first, max, factor: 2.0, jitter: 1.0, max_attempts: None, max_initial_attempts: None }
}

/// The default of `homing`.
pub(crate) fn standard() -> Backoff {
    exponential(SECOND, 30 * SECOND)
}

pub(crate) fn never() -> Backoff {
    Backoff { max_attempts: Some(0), ..fixed(Duration::ZERO) }
}

/// Doubles the delay, without jitter.
fn doubling() -> Backoff {
    Backoff { jitter: 0.0, ..standard() }
}

/// An open client with this heartbeat.
fn beating(interval: u32, timeout: u32) -> Rig {
    Rig::open(Config { heartbeat: every(interval * SECOND, timeout * SECOND), ..config() })
}

fn every(interval: Duration, timeout: Duration) -> Option<Heartbeat> {
    Some(Heartbeat { interval, timeout })
}

/// Retries after 1 s each time, has no heartbeat, and no jitter.
fn config() -> Config {
    Config {
        backoff: fixed(SECOND),
        heartbeat: None,
        open_timeout: Some(10 * SECOND),
        setup_timeout: None,
        close_timeout: 5 * SECOND,
        stable_after: 5 * SECOND,
        max_retry_after: 3600 * SECOND,
        max_send_buffer: 1000,
        has_provider: false,
        has_predicate: false,
        seed: 1,
        url: "ws://example.com/".to_string(),
    }
}

fn close() -> Request {
    Request::Close { code: CloseCode::NORMAL, reason: String::new() }
}

fn pause(on: bool) -> Request {
    Request::Pause(PausedBy::User, on)
}
