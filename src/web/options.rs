//! Options that only exist in browsers.

use super::worker::{StartTimer, WorkerTimer};
use crate::builder::Builder;

/// The browser's part of a builder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Starts a client's timer in the worker. A function, so that the worker's code is only part of apps that use it.
    pub(super) worker_timer: Option<StartTimer>,
}

/// What a [`Builder`] can do in browsers only.
///
/// ```no_run
/// use homing::{Heartbeat, WebSocket, web::BuilderExt};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// let ws = WebSocket::builder("/feed")
///     .heartbeat(Heartbeat::message(Duration::from_secs(20), Duration::from_secs(10), "ping"))
///     .heartbeat_in_worker(true)
///     .connect()?;
/// # Ok(()) }
/// ```
pub trait BuilderExt: Sized + sealed::Sealed {
    /// Takes time from a small worker, so that a tab in the background keeps its heartbeat: browsers let the timers of
    /// such a page fire once a minute. Default `false`.
    ///
    /// All clients of a page share one worker, made from a `blob:` URL. Where the page's content security policy
    /// forbids that, the page's own timers are used, and the console says so once.
    #[must_use]
    fn heartbeat_in_worker(self, on: bool) -> Self;
}

impl BuilderExt for Builder {
    fn heartbeat_in_worker(mut self, on: bool) -> Self {
        self.setup.options.worker_timer = if on { Some(WorkerTimer::start) } else { None };
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Builder {}
}
