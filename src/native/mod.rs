//! The API that exists natively only: headers, TLS, proxies and socket options, and blocking on a client.
//!
//! Import [`BuilderExt`] to call its methods on a [`Builder`](crate::Builder), and [`HandshakeExt`] to read addresses, TLS
//! and times of a connection from its [`Handshake`](crate::Handshake).
//!
//! A client is one task of the tokio runtime in which [`connect`](crate::Builder::connect) is called. Programs without a
//! runtime use [`BuilderExt::run`] or [`run_all`].

// Code is found by the stage of an attempt: `dial` opens a byte stream, `handshake` performs the opening handshake, and
// `wire` reads and writes frames.

#![allow(clippy::disallowed_types, reason = "the platform's clock is the standard library's")]

mod builder_ext;
mod builder_impl;
mod dial;
mod facts;
/// The bodies of fuzz targets: see [`crate::fuzzing`].
#[cfg(all(fuzzing, feature = "cookies", feature = "deflate"))]
pub(crate) mod fuzz {
    pub(crate) use super::dial::fuzz::{no_proxy, proxy};
    pub(crate) use super::handshake::fuzz::{cookies, handshake, redirects, retry_after};
    pub(crate) use super::target::fuzz::url;
    pub(crate) use super::wire::fuzz::frames::frames;
    pub(crate) use super::wire::fuzz::inflate::inflate;
    pub(crate) use super::wire::fuzz::writing::writing;
}
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
pub use facts::{ConnectionInfo, HandshakeExt, Timings, TlsInfo, TlsVersion};
#[cfg(feature = "cookies")]
pub use handshake::cookies::CookieJar;
#[cfg(feature = "native-tls")]
pub use native_tls;
pub use run::{RunError, run_all};
#[cfg(feature = "__rustls")]
pub use tokio_rustls::rustls;
#[cfg(feature = "deflate")]
pub use wire::deflate::Deflate;
