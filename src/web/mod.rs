//! What only exists in browsers, workers and Node: a timer that background tabs do not throttle.
//!
//! The same [`Builder`](crate::Builder) and [`WebSocket`](crate::WebSocket) work here as natively. What differs, because
//! browsers differ:
//!
//! - A URL may be relative; it is resolved against the page.
//! - Headers, the status of a refused handshake and the cause of a failure are out of reach: such errors are
//!   [`Opaque`](crate::ErrorKind::Opaque), with close code 1006.
//! - Ping frames cannot be sent: a heartbeat needs a [message](crate::Heartbeat::message), and there is none by default.
//! - Credentials in a URL are the browser's affair: it sends them if the server asks for them by a 401.
//! - A socket that is read cannot be stopped: a paused client holds what arrives in memory.
//! - A message that is too large has arrived already when its size is known. The peer is told 4009, as a page may not
//!   send 1009.
//! - A client that waits dials at once when the network returns or the page becomes visible; a page in the
//!   back/forward cache has no connection and dials when it is shown again.
//!
//! Everything happens on the thread that called `connect`, in the events of the browser. In a program of several
//! threads with shared memory, a handle may be used from any of them: it wakes that thread by `Atomics.notify`.
//!
//! # Size
//!
//! A minimal app with the whole client is 27 kB to load, compressed: 23 kB of wasm and 4 kB of glue. That takes this
//! profile, and `wasm-opt -Oz` after `wasm-bindgen`:
//!
//! ```toml
//! [profile.release]
//! opt-level = "z"
//! lto = true
//! codegen-units = 1
//! panic = "abort"
//! ```
//!
//! Request providers and the worker are only in there where they are used.

mod event_loop;
mod events;
mod glue;
mod loop_waker;
mod options;
mod page;
pub(crate) mod platform;
mod poll;
mod receive;
mod registry;
mod socket;
mod sync;
mod target;
#[cfg(target_feature = "atomics")]
mod thread_waker;
mod timer;
mod transport;
mod worker;

pub use options::BuilderExt;
