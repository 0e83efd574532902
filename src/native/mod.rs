//! What only exists natively: headers, TLS and socket options, and a way to block on a client.

#![allow(clippy::disallowed_types, reason = "the platform's clock is the standard library's")]

mod builder_ext;
mod builder_impl;
mod dial;
mod handshake;
mod open;
mod options;
pub(crate) mod platform;
mod run;
mod sync;
mod target;
mod task;
mod timer;
mod transport;
mod url;
mod wire;

pub use builder_ext::{BuilderExt, RequestExt};
pub use dial::connector::Destination;
#[cfg(feature = "cookies")]
pub use handshake::cookies::CookieJar;
#[cfg(feature = "native-tls")]
pub use native_tls;
pub use run::{RunError, run_all};
#[cfg(feature = "__rustls")]
pub use tokio_rustls::rustls;
#[cfg(feature = "deflate")]
pub use wire::deflate::Deflate;
