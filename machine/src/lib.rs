//! The state machine of the WebSocket client [homing](https://docs.rs/homing), without I/O, clock or platform.
//!
//! This crate is an implementation detail of `homing` and of its npm package. Depend on those: what this crate exports may
//! change with any version.
//!
//! A [`Machine`] owns the states, deadlines, heartbeat, backoff, send queue and limits of one client. A driver owns the
//! socket, the clock and the callbacks. The contract between them:
//!
//! 1. When something happens, the driver calls [`Machine::advance`] with the time, then the method for what happened: for
//!    example [`Machine::opened`]. What the user asks for goes to [`Machine::request`] and [`Machine::send`].
//! 2. Then the driver calls [`Machine::poll`] until it returns `None`, and carries out each [`Output`] before it asks for the
//!    next. What a callback asks for meanwhile comes out of a later `poll`, so callbacks never nest.
//! 3. Then the driver sleeps until [`Machine::deadline`] at the latest and calls [`Machine::wake`]. There are no timers to
//!    set or cancel: each deadline is a field of the state that it belongs to, and disappears with it.
//!
//! Deadlines are compared with the time (`now >= deadline`). Nothing happens merely because a timer fired.
//!
//! The types of messages, texts, handshakes and errors are those of a [`Types`] implementation.
//!
//! ```text
//!                 dial                 opened                close, peer's Close
//!  ┌─────────┐ deadline ┌────────────┐ ──────► ┌──────┐ ─────────────────────► ┌─────────┐
//!  │ Waiting │ ───────► │ Connecting │         │ Open │                        │ Closing │
//!  └─────────┘          └────────────┘         └──────┘                        └─────────┘
//!    ▲     │                  │ failed,            │ failed, heartbeat timeout      │ closed,
//!    │     │ close            │ open timeout       ▼                                ▼ close timeout
//!    │     │                  └───────────────► ┌────────┐ ◄───────────────────────┘
//!    │     ▼               no retry: on_close   │ Ending │   the socket is gone, on_close is due
//!    │  ┌────────┐ ◄─────────────────────────── └────────┘
//!    │  │ Closed │     then on_end                 │
//!    │  └────────┘                                 │ retry: on_close
//!    │     │ reconnect                             ▼
//!    └─────┴────────────────────────────────────── ●
//! ```
//!
//! With a set-up (S27) there is one more state between `Connecting` and `Open`, which ends like `Connecting`, and in which a
//! Close frame of the peer leads to `Closing`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod backoff;
mod by_hand;
mod close;
mod config;
mod ending;
mod fault;
mod in_flight;
mod io;
mod lane;
mod liveness;
mod machine;
mod pace;
mod paused;
mod ping;
mod queue;
mod requests;
mod rng;
mod sending;
#[cfg(all(feature = "small", target_arch = "wasm32"))]
mod small;
mod socket;
mod state;
mod stats;
#[cfg(test)]
mod tests;
mod types;
#[cfg(not(all(feature = "small", target_arch = "wasm32")))]
mod units;

#[cfg(all(feature = "small", target_arch = "wasm32"))]
use small as units;

pub use backoff::Backoff;
pub use close::{CloseCode, CloseEvent, EndReason, Initiator};
pub use config::Config;
pub use fault::{Fault, ZERO};
pub use in_flight::{Delivery, InFlight};
pub use io::{AttemptId, Buffered, Notify, Output, PageEvent, Request};
pub use lane::Mark;
pub use liveness::Heartbeat;
pub use machine::Machine;
pub use paused::PausedBy;
pub use ping::Ping;
pub use queue::{SendError, SendErrorKind};
pub use state::State;
pub use stats::Stats;
pub use types::{Cause, Failure, Types};
pub use units::*;
