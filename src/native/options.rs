//! Options that only exist natively.

use core::fmt;
use core::time::Duration;
use std::net::IpAddr;

use super::run::{self, RunError};
use super::tls::TlsOptions;
use crate::builder::Builder;
use crate::close::End;
use crate::error::ConfigError;
use crate::request::Request;

/// The native part of a builder.
#[derive(Clone)]
pub(crate) struct Options {
    pub(super) tls: TlsOptions,
    pub(super) nodelay: bool,
    pub(super) keepalive: Option<Duration>,
    pub(super) local_address: Option<IpAddr>,
}

impl Default for Options {
    fn default() -> Self {
        Self { tls: TlsOptions::default(), nodelay: true, keepalive: None, local_address: None }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// What a [`Builder`] can do natively only.
///
/// ```no_run
/// use homing::{WebSocket, native::BuilderExt};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// WebSocket::builder("wss://example.com/feed")
///     .header("Cookie", "session=secret")
///     .on_message(|_, message| println!("{message:?}"))
///     .run()?;
/// # Ok(()) }
/// ```
pub trait BuilderExt: Sized + sealed::Sealed {
    /// Adds a header to the opening handshake. May be called several times, also with the same name.
    ///
    /// `connect` refuses values with CR, LF or NUL and the handshake's own headers (Host, Upgrade, Connection,
    /// Sec-WebSocket-*). Values appear in no log, error or `Debug` output.
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;

    /// Whether small messages leave at once (TCP_NODELAY). Default `true`. Messages are batched all the same.
    #[must_use]
    fn tcp_nodelay(self, on: bool) -> Self;

    /// Lets the operating system probe an idle connection after this time (SO_KEEPALIVE). Default: it does not, as
    /// the heartbeat sees more.
    #[must_use]
    fn tcp_keepalive(self, after: impl Into<Option<Duration>>) -> Self;

    /// The address of this machine to connect from.
    #[must_use]
    fn local_address(self, address: IpAddr) -> Self;

    /// Trusts these certificates (PEM) besides the usual roots.
    #[must_use]
    fn root_certificates_pem(self, pem: impl Into<Vec<u8>>) -> Self;

    /// Identifies this client by a certificate chain and private key (both PEM).
    #[must_use]
    fn client_certificate_pem(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self;

    /// Uses a rustls configuration as it is; the other TLS options are then refused.
    #[cfg(feature = "__rustls")]
    #[must_use]
    fn rustls_config(self, config: std::sync::Arc<super::rustls::ClientConfig>) -> Self;

    /// Uses the operating system's TLS library, set up by this connector; the other TLS options are then refused.
    #[cfg(feature = "native-tls")]
    #[must_use]
    fn native_tls_connector(self, connector: super::native_tls::TlsConnector) -> Self;

    /// Connects, and blocks until the client has ended: for programs without a runtime.
    ///
    /// # Errors
    /// As [`connect`](Builder::connect), and when no runtime can be made, as inside another one.
    fn run(self) -> Result<End, RunError>;
}

impl BuilderExt for Builder {
    fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.setup.request.headers.push((name.into(), value.into()));
        self
    }

    fn tcp_nodelay(mut self, on: bool) -> Self {
        self.setup.options.nodelay = on;
        self
    }

    fn tcp_keepalive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.setup.options.keepalive = after.into();
        self
    }

    fn local_address(mut self, address: IpAddr) -> Self {
        self.setup.options.local_address = Some(address);
        self
    }

    fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.setup.options.tls.roots.push(pem.into());
        self
    }

    fn client_certificate_pem(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.setup.options.tls.identity = Some((chain.into(), key.into()));
        self
    }

    #[cfg(feature = "__rustls")]
    fn rustls_config(mut self, config: std::sync::Arc<super::rustls::ClientConfig>) -> Self {
        self.setup.options.tls.rustls = Some(config);
        self
    }

    #[cfg(feature = "native-tls")]
    fn native_tls_connector(mut self, connector: super::native_tls::TlsConnector) -> Self {
        self.setup.options.tls.native = Some(connector);
        self
    }

    fn run(self) -> Result<End, RunError> {
        run::run(self)
    }
}

/// What a [`Request`] can do natively only.
pub trait RequestExt: sealed::Sealed {
    /// Adds a header, as [`BuilderExt::header`] does.
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;
}

impl RequestExt for Request {
    fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

pub(super) fn check(options: &Options) -> Result<(), ConfigError> {
    if options.keepalive.is_some_and(|after| after.is_zero()) {
        return Err(ConfigError::new("tcp_keepalive", "is zero"));
    }
    options.tls.check()
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Builder {}
    impl Sealed for super::Request {}
}
