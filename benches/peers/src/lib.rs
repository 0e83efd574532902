//! What the clients share: each is a program that does one job, once, and prints its figures.

#![forbid(unsafe_code)]

mod connect;
mod job;
mod messages;
mod meter;
mod peer;
mod socket;
mod system;

pub use connect::{Stream, Target, config};
pub use job::main;
pub use messages::{Kind, Messages};
pub use meter::Meter;
pub use peer::{Next, Peer, Result, Sent, first_message, stop};
pub use socket::{Framed, Socket};
pub use system::{CLIENT_CORE, SERVER_CORE, allow_many_files, forget_peak, pin, resident, resident_peak};
