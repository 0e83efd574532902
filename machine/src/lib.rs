//! The rules of a [homing](https://docs.rs/homing) client, as a machine without I/O, clock or platform.
//!
//! This crate is a part of `homing`, and of its npm package: use those. What it exports may change with any version.
//!
//! The [`Machine`] owns states, deadlines, heartbeat, backoff, queue and limits. The contract with whoever drives it:
//!
//! 1. Something happened: [`Machine::advance`] takes the time, then a method of the machine takes what it was; a handle's
//!    wishes come by [`Machine::request`] and [`Machine::send`].
//! 2. Then [`Machine::poll`] until it is empty, carrying out each [`Output`] before asking for the next. Whatever a
//!    callback wishes goes into the machine meanwhile and comes out of a later `poll`, so callbacks never nest.
//! 3. Then sleep until [`Machine::deadline`] at the latest, and call [`Machine::wake`]. It is a plain instant, asked for
//!    anew each time: there are no timers to set or cancel, as each deadline is a field of the state that it belongs
//!    to and goes with it.
//!
//! Time is compared, never counted: nothing happens because a timer fired, only because `now >= deadline`.
//!
//! What passes through a machine is up to its [`Types`].
//!
//! ```text
//!                 dial                 opened                close, peer's Close
//!  ┌─────────┐ deadline ┌────────────┐ ──────► ┌──────┐ ─────────────────────► ┌─────────┐
//!  │ Waiting │ ───────► │ Connecting │         │ Open │                        │ Closing │
//!  └─────────┘          └────────────┘         └──────┘                        └─────────┘
//!    ▲     │                  │ failed,            │ failed, heartbeat timeout      │ closed,
//!    │     │ close            │ open timeout       ▼                                ▼ close timeout
//!    │     │                  └───────────────► ┌────────┐ ◄───────────────────────┘
//!    │     ▼               no retry: on_close   │ Ending │   the socket is gone, on_close is owed
//!    │  ┌────────┐ ◄─────────────────────────── └────────┘
//!    │  │ Closed │     then on_end                 │
//!    │  └────────┘                                 │ retry: on_close
//!    │     │ reconnect                             ▼
//!    └─────┴────────────────────────────────────── ●
//! ```

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
mod liveness;
mod machine;
mod pace;
mod paused;
mod queue;
mod requests;
mod rng;
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
pub use liveness::Heartbeat;
pub use machine::Machine;
pub use paused::PausedBy;
pub use queue::{SendError, SendErrorKind};
pub use state::State;
pub use stats::Stats;
pub use types::{Cause, Failure, Types};
pub use units::*;
