//! The TLS options of a builder, as data.

use core::fmt;
use std::net::IpAddr;

use url::Host;

use super::pem;
use crate::error::ConfigError;

/// Whether this build has a TLS library.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

/// Names of options.
pub(super) const ROOTS: &str = "root_certificates_pem";
pub(super) const USUAL_ROOTS: &str = "trust_usual_roots";
pub(super) const IDENTITY: &str = "client_certificate_pem";
pub(super) const SERVER_NAME: &str = "tls_server_name";
#[cfg(feature = "__rustls")]
pub(super) const PINS: &str = "pinned_public_key";

#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Vec<Vec<u8>>,
    /// Not those of the operating system or compiled in.
    pub(crate) only_added_roots: bool,
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) server_name: Option<String>,
    #[cfg(feature = "__rustls")]
    pub(crate) pins: Vec<String>,
    #[cfg(feature = "__rustls")]
    pub(crate) rustls: Option<std::sync::Arc<tokio_rustls::rustls::ClientConfig>>,
    #[cfg(feature = "native-tls")]
    pub(crate) native: Option<native_tls::TlsConnector>,
}

impl TlsOptions {
    /// Fails if options exclude each other: a configuration of the user's own replaces roots and client certificates.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let identity = self.identity.iter().flat_map(|(chain, key)| [(IDENTITY, chain), (IDENTITY, key)]);
        let texts = self.roots.iter().map(|text| (ROOTS, text)).chain(identity);
        let mut set = texts.clone().map(|(option, _)| option).chain(self.server_name.as_ref().map(|_| SERVER_NAME));
        if let Some(option) = set.next().filter(|_| !AVAILABLE) {
            return Err(ConfigError::new(option, "this build has no TLS"));
        }
        #[allow(unused_mut, reason = "a build without TLS has none")]
        let mut own: Vec<&'static str> = Vec::new();
        #[cfg(feature = "__rustls")]
        own.extend(self.rustls.as_ref().map(|_| "rustls_config"));
        #[cfg(feature = "native-tls")]
        own.extend(self.native.as_ref().map(|_| "native_tls_connector"));
        match own.as_slice() {
            [option, ..] if self.is_set() => {
                return Err(ConfigError::new(option, "other TLS options are set as well, but have no effect with it"));
            }
            [first, _, ..] => {
                return Err(ConfigError::new(first, "rustls_config and native_tls_connector are mutually exclusive"));
            }
            #[cfg(feature = "__rustls")]
            ["native_tls_connector"] if !self.pins.is_empty() => {
                return Err(ConfigError::new(PINS, "has no effect with native_tls_connector"));
            }
            _ => {}
        }
        if self.only_added_roots && self.roots.is_empty() {
            return Err(ConfigError::new(USUAL_ROOTS, "no certificate would be trusted: set root_certificates_pem"));
        }
        if self.server_name.as_deref().is_some_and(|name| normalized(name).is_none()) {
            return Err(ConfigError::new(SERVER_NAME, "not a host name or IP address"));
        }
        for (option, text) in texts {
            pem::check(option, text)?;
        }
        Ok(())
    }

    /// Whether options are set that a configuration of the user's own replaces.
    pub(crate) fn is_set(&self) -> bool {
        !self.roots.is_empty() || self.only_added_roots || self.identity.is_some()
    }

    /// Returns them without the text of certificates and keys, which clients would keep in memory as long as they live.
    pub(crate) fn parsed(&self) -> Self {
        Self {
            #[cfg(feature = "__rustls")]
            rustls: self.rustls.clone(),
            #[cfg(feature = "native-tls")]
            native: self.native.clone(),
            ..Self::default()
        }
    }

    /// Returns the name to verify instead of the URL's host, in the form that TLS libraries expect.
    #[allow(dead_code, reason = "a build without TLS does not ask")]
    pub(super) fn server_name(&self) -> Option<String> {
        self.server_name.as_deref().and_then(normalized)
    }
}

/// Reads a name like the host of a URL. IPv6 addresses have no brackets.
fn normalized(name: &str) -> Option<String> {
    match name.parse::<IpAddr>() {
        Ok(address) => Some(address.to_string()),
        Err(_) => match Host::parse(name) {
            Ok(Host::Domain(domain)) => Some(domain),
            _ => None,
        },
    }
}

/// The peer of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The host of the client's URL.
    Server,
    /// The target of a redirect to another origin: the client's certificate is not shown to it, and it has its own name.
    OtherOrigin,
    /// A proxy, which is shown the client's certificate, but has its own name and key.
    Proxy,
}

#[allow(dead_code, reason = "a build without TLS has no options")]
pub(super) fn unreadable(option: &'static str, error: impl fmt::Display) -> ConfigError {
    ConfigError::new(option, format!("invalid PEM: {error}"))
}
