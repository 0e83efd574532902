//! TLS by rustls, or by the operating system's library.

pub(crate) mod advice;
#[cfg(any(feature = "native-tls", feature = "__rustls"))]
mod once;
pub(crate) mod options;
mod pem;
#[cfg(feature = "native-tls")]
mod with_native_tls;
#[cfg(feature = "__rustls")]
mod with_rustls;

use self::options::{AVAILABLE, Peer, TlsOptions};
use crate::error::{ConfigError, Error};
use crate::native::dial::stream::Stream;

/// Returns why a client with these options cannot use TLS, or `None` if it can.
pub(crate) fn fault(options: &TlsOptions) -> Option<&'static str> {
    let _ = options;
    if !AVAILABLE {
        return Some("wss needs TLS: build homing with one of its TLS features");
    }
    #[cfg(feature = "native-tls")]
    if options.native.is_some() {
        return None;
    }
    #[cfg(feature = "__rustls")]
    if options.rustls.is_none() {
        return with_rustls::provider().err();
    }
    None
}

/// The TLS configuration of a client, shared by all its handshakes.
pub(crate) enum Connector {
    #[cfg(feature = "__rustls")]
    Rustls(with_rustls::Connector),
    #[cfg(feature = "native-tls")]
    Native(with_native_tls::Connector),
    /// Makes a note of each handshake instead of it.
    #[cfg(all(any(test, fuzzing), feature = "cookies"))]
    Noted(super::fuzz::Noted),
}

impl Connector {
    /// # Errors
    /// A certificate or key is invalid. Errors do not contain their text.
    pub(crate) fn new(options: &TlsOptions) -> Result<Option<Self>, ConfigError> {
        #[cfg(feature = "native-tls")]
        if let Some(connector) = &options.native {
            return Ok(Some(Self::Native(with_native_tls::Connector::new_own(connector, options))));
        }
        #[cfg(feature = "__rustls")]
        return with_rustls::Connector::new(options).map(|connector| Some(Self::Rustls(connector)));
        #[cfg(all(feature = "native-tls", not(feature = "__rustls")))]
        return with_native_tls::Connector::new(options).map(|connector| Some(Self::Native(connector)));
        #[cfg(not(any(feature = "native-tls", feature = "__rustls")))]
        {
            let _ = options;
            Ok(None)
        }
    }

    /// Returns why the client's certificate cannot be withheld from a server, or `None` if it can.
    pub(crate) fn anonymous_fault(&self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "native-tls")]
            Self::Native(connector) if connector.is_own() => Some(advice::WHOLE_CONNECTOR),
            #[cfg(all(any(test, fuzzing), feature = "cookies"))]
            Self::Noted(noted) if noted.is_own => Some("a connector of the user's own"),
            #[allow(unreachable_patterns, reason = "a build without TLS has nothing to match")]
            _ => None,
        }
    }

    /// Performs the TLS handshake. `host` is a name, or an address without brackets.
    #[allow(clippy::unused_async, unused_variables, reason = "a build without TLS has nothing to match")]
    pub(crate) async fn connect(&self, host: &str, stream: Stream, peer: Peer) -> Result<Stream, Error> {
        match *self {
            #[cfg(feature = "__rustls")]
            Self::Rustls(ref connector) => connector.connect(host, stream, peer).await,
            #[cfg(feature = "native-tls")]
            Self::Native(ref connector) => connector.connect(host, stream, peer).await,
            #[cfg(all(any(test, fuzzing), feature = "cookies"))]
            Self::Noted(ref noted) => noted.connect(host, stream, peer),
        }
    }
}
