//! The parts of `homing` that belong to no platform, compiled without `std`.
//!
//! That this compiles shows that they need neither `std` nor anything of the rest of the crate, and their unit tests
//! run once more on top of it. Links in their documentation lead nowhere here.

#![no_std]
// What is the API of `homing` is private here, and unused outside of tests.
#![allow(dead_code, unreachable_pub, unused_imports)]

extern crate alloc;

#[path = "../../../src/close.rs"]
mod close;
#[path = "../../../src/error.rs"]
mod error;
#[path = "../../../src/handshake.rs"]
mod handshake;
#[path = "../../../src/machine/mod.rs"]
mod machine;
#[path = "../../../src/message.rs"]
mod message;
#[path = "../../../src/paused.rs"]
mod paused;
#[path = "../../../src/shown.rs"]
mod shown;
#[path = "../../../src/stats.rs"]
mod stats;
#[path = "../../../src/units.rs"]
mod units;
