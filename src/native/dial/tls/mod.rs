//! TLS: rustls with its crypto provider named, or the operating system's library.

pub(crate) mod advice;
#[cfg(feature = "native-tls")]
mod with_native_tls;
#[cfg(feature = "__rustls")]
mod with_rustls;

use core::fmt;

use crate::error::{ConfigError, Error};
use crate::native::dial::stream::Stream;

/// Whether this build can do TLS at all.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    #[cfg(feature = "__rustls")]
    pub(crate) rustls: Option<std::sync::Arc<crate::native::rustls::ClientConfig>>,
    #[cfg(feature = "native-tls")]
    pub(crate) native: Option<crate::native::native_tls::TlsConnector>,
}

impl TlsOptions {
    /// A connector of the user's own leaves nothing else to be said.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        #[allow(unused_mut, reason = "a build without TLS has none")]
        let mut own: Vec<&'static str> = Vec::new();
        #[cfg(feature = "__rustls")]
        own.extend(self.rustls.as_ref().map(|_| "rustls_config"));
        #[cfg(feature = "native-tls")]
        own.extend(self.native.as_ref().map(|_| "native_tls_connector"));
        let others = self.is_set();
        match own.as_slice() {
            [option, ..] if others => Err(ConfigError::new(option, "other TLS options are set as well")),
            [first, _, ..] => Err(ConfigError::new(first, "`native_tls_connector` is set as well")),
            _ if others && !AVAILABLE => {
                let option = if self.roots.is_empty() { "client_certificate_pem" } else { "root_certificates_pem" };
                Err(ConfigError::new(option, "this build has no TLS"))
            }
            _ => Ok(()),
        }
    }

    /// Whether there is something in PEM to be read.
    pub(crate) fn is_set(&self) -> bool {
        !self.roots.is_empty() || self.identity.is_some()
    }
}

/// Whether a server may be shown the client's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Own,
    None,
}

/// What a client keeps for all of its TLS handshakes.
pub(crate) enum Connector {
    #[cfg(feature = "__rustls")]
    Rustls(with_rustls::Connector),
    #[cfg(feature = "native-tls")]
    Native(with_native_tls::Connector),
}

impl Connector {
    /// # Errors
    /// A certificate or key that cannot be read. Their contents are not repeated.
    pub(crate) fn new(options: &TlsOptions) -> Result<Option<Self>, ConfigError> {
        #[cfg(feature = "native-tls")]
        if let Some(connector) = &options.native {
            return Ok(Some(Self::Native(with_native_tls::Connector::Own(connector.clone()))));
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

    /// Why no server may be reached without the client's certificate, where that is so.
    pub(crate) fn cannot_be_anonymous(&self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "native-tls")]
            Self::Native(with_native_tls::Connector::Own(_)) => Some(advice::WHOLE_CONNECTOR),
            #[allow(unreachable_patterns, reason = "a build without TLS has nothing to match")]
            _ => None,
        }
    }

    /// `host` is a name, or an address without brackets.
    #[allow(clippy::unused_async, unused_variables, reason = "a build without TLS has nothing to match")]
    pub(crate) async fn connect(&self, host: &str, stream: Stream, identity: Identity) -> Result<Stream, Error> {
        match *self {
            #[cfg(feature = "__rustls")]
            Self::Rustls(ref connector) => connector.connect(host, stream, identity).await,
            #[cfg(feature = "native-tls")]
            Self::Native(ref connector) => connector.connect(host, stream, identity).await,
        }
    }
}

#[allow(dead_code, reason = "a build without TLS has no options")]
fn unreadable(option: &'static str, error: impl fmt::Display) -> ConfigError {
    ConfigError::new(option, format!("not readable as PEM: {error}"))
}
