//! The TLS options of a builder, as data.

use core::fmt;

use crate::error::ConfigError;

/// Whether this build has a TLS library.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    #[cfg(feature = "__rustls")]
    pub(crate) rustls: Option<std::sync::Arc<tokio_rustls::rustls::ClientConfig>>,
    #[cfg(feature = "native-tls")]
    pub(crate) native: Option<native_tls::TlsConnector>,
}

impl TlsOptions {
    /// Fails if options exclude each other: a configuration of the user's own replaces all other TLS options.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        #[allow(unused_mut, reason = "a build without TLS has none")]
        let mut own: Vec<&'static str> = Vec::new();
        #[cfg(feature = "__rustls")]
        own.extend(self.rustls.as_ref().map(|_| "rustls_config"));
        #[cfg(feature = "native-tls")]
        own.extend(self.native.as_ref().map(|_| "native_tls_connector"));
        let others = self.is_set();
        match own.as_slice() {
            [option, ..] if others => {
                Err(ConfigError::new(option, "other TLS options are set as well, but have no effect with it"))
            }
            [first, _, ..] => {
                Err(ConfigError::new(first, "rustls_config and native_tls_connector are mutually exclusive"))
            }
            _ if others && !AVAILABLE => {
                let option = if self.roots.is_empty() { "client_certificate_pem" } else { "root_certificates_pem" };
                Err(ConfigError::new(option, "this build has no TLS"))
            }
            _ => Ok(()),
        }
    }

    /// Whether certificates are set as PEM text.
    pub(crate) fn is_set(&self) -> bool {
        !self.roots.is_empty() || self.identity.is_some()
    }
}

/// Whether the client's certificate is shown to a server that requests it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Own,
    None,
}

#[allow(dead_code, reason = "a build without TLS has no options")]
pub(super) fn unreadable(option: &'static str, error: impl fmt::Display) -> ConfigError {
    ConfigError::new(option, format!("invalid PEM: {error}"))
}
