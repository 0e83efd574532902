#![forbid(unsafe_code)]
//! A real WebSocket server that misbehaves on request, for tests, examples and the demo.
//!
//! The path of a request chooses a script, its query tunes it; see [`scripts`] for the list. What happened on the
//! wire is kept in a journal that tests can wait on. [`Proxy`] stands between a client and any server and plays a
//! peer that is half open.

mod conn;
mod connection;
pub mod control;
pub mod frame;
mod handshake;
mod http;
mod journal;
mod ledger;
pub mod link;
mod listener;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod opening;
mod proxy;
mod puppet;
mod query;
mod raw;
pub mod scripts;
mod series;
mod server;
mod sessions;
mod socket;
#[cfg(feature = "tls")]
mod tls;

#[cfg(not(feature = "tls"))]
use no_tls as tls;

pub use journal::{Entry, What};
pub use link::{Fault, Link, Shape};
pub use proxy::Proxy;
pub use puppet::{Puppet, key_of, opening_response, request_key};
pub use server::Server;
#[cfg(feature = "tls")]
pub use tls::{TlsHandshake, config as tls_config};
