//! Options that only exist in browsers.

use alloc::rc::Rc;

use super::event_loop::EventLoop;
use super::receive::{BlobReader, Blobs};
use super::worker::{StartTimer, WorkerTimer};
use crate::builder::Builder;

/// The browser's part of the configuration.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Starts a client's timer in the worker. A function, so that the worker's code is only part of apps that use it.
    pub(super) worker_timer: Option<StartTimer>,
    /// Reads blobs, if binary messages arrive as such. Functions for the same reason.
    pub(super) blobs: BlobReader<Rc<EventLoop>>,
}

impl Options {
    /// Sets whether binary messages arrive as blobs.
    pub(crate) fn read_blobs(&mut self, on: bool) {
        self.blobs = on.then_some(Blobs::READ);
    }
}

/// Options of a [`Builder`] that only exist in browsers and workers.
///
/// The trait is sealed and implemented for [`Builder`] only. Import it to call its methods:
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
    /// Runs the client's timer in a worker as well, so that a background tab keeps its heartbeat and its reconnects on
    /// time. Default: `false`.
    ///
    /// Browsers throttle the timers of a page in the background, down to one wake-up a minute. A worker's timers are not
    /// throttled. All clients of a page share one small worker, which starts with the first client that wants it and ends
    /// with the last.
    ///
    /// # Where workers are not allowed
    /// The worker is made from a `blob:` URL, so a content security policy must allow `worker-src blob:`. If it does not,
    /// or if there are no workers, as in Node, the page's own timers are used and the console shows one warning.
    #[must_use]
    fn heartbeat_in_worker(self, on: bool) -> Self;
}

impl BuilderExt for Builder {
    fn heartbeat_in_worker(mut self, on: bool) -> Self {
        self.settings.options.worker_timer = if on { Some(WorkerTimer::start) } else { None };
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Builder {}
}
