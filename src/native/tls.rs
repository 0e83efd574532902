//! TLS: rustls with its crypto provider named, or the operating system's library.

use core::fmt;

use super::stream::Stream;
use crate::error::{ConfigError, Error, ErrorKind};

/// Whether this build can do TLS at all.
pub(super) const AVAILABLE: bool = cfg!(any(feature = "__rustls", feature = "native-tls"));

#[derive(Clone, Default)]
pub(super) struct TlsOptions {
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) identity: Option<(Vec<u8>, Vec<u8>)>,
    #[cfg(feature = "__rustls")]
    pub(super) rustls: Option<std::sync::Arc<super::rustls::ClientConfig>>,
    #[cfg(feature = "native-tls")]
    pub(super) native: Option<super::native_tls::TlsConnector>,
}

impl TlsOptions {
    /// A connector of the user's own leaves nothing else to be said.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        #[allow(unused_mut, reason = "a build without TLS has none")]
        let mut own: Vec<&'static str> = Vec::new();
        #[cfg(feature = "__rustls")]
        own.extend(self.rustls.as_ref().map(|_| "rustls_config"));
        #[cfg(feature = "native-tls")]
        own.extend(self.native.as_ref().map(|_| "native_tls_connector"));
        let others = self.is_set();
        match own.as_slice() {
            [option, ..] if others => Err(ConfigError::new(option, "other TLS options are set as well")),
            [first, _, ..] => Err(ConfigError::new(first, "there are two TLS libraries to choose from")),
            _ if others && !AVAILABLE => Err(ConfigError::new("root_certificates_pem", "this build has no TLS")),
            _ => Ok(()),
        }
    }

    /// Whether there is something in PEM to be read, which `connect` does for a plain URL too.
    pub(super) fn is_set(&self) -> bool {
        !self.roots.is_empty() || self.identity.is_some()
    }
}

/// What a client keeps for all of its TLS handshakes.
#[derive(Clone)]
pub(super) enum Connector {
    #[cfg(feature = "__rustls")]
    Rustls(tokio_rustls::TlsConnector),
    #[cfg(feature = "native-tls")]
    Native(tokio_native_tls::TlsConnector),
}

impl Connector {
    /// # Errors
    /// A certificate or key that cannot be read. Their contents are not repeated.
    pub(super) fn new(options: &TlsOptions) -> Result<Option<Self>, ConfigError> {
        #[cfg(feature = "native-tls")]
        if let Some(connector) = &options.native {
            return Ok(Some(Self::Native(connector.clone().into())));
        }
        #[cfg(feature = "__rustls")]
        return with_rustls::config(options).map(|config| Some(Self::Rustls(config.into())));
        #[cfg(all(feature = "native-tls", not(feature = "__rustls")))]
        return with_native_tls::connector(options).map(|connector| Some(Self::Native(connector.into())));
        #[cfg(not(any(feature = "native-tls", feature = "__rustls")))]
        {
            let _ = options;
            Ok(None)
        }
    }

    /// `host` is a name, or an address without brackets.
    #[allow(clippy::unused_async, unused_variables, reason = "a build without TLS has nothing to match")]
    pub(super) async fn connect(&self, host: &str, stream: Stream) -> Result<Stream, Error> {
        match *self {
            #[cfg(feature = "__rustls")]
            Self::Rustls(ref connector) => {
                use super::rustls::pki_types::ServerName;
                let name = ServerName::try_from(host.to_owned()).map_err(failed)?;
                Ok(Stream::Rustls(Box::new(connector.connect(name, stream).await.map_err(failed)?)))
            }
            #[cfg(feature = "native-tls")]
            Self::Native(ref connector) => {
                Ok(Stream::NativeTls(Box::new(connector.connect(host, stream).await.map_err(failed)?)))
            }
        }
    }
}

#[allow(dead_code, reason = "a build without TLS has nothing that fails")]
fn failed(error: impl core::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Tls, error.to_string()).with_source(error)
}

#[allow(dead_code, reason = "a build without TLS has no options")]
fn unreadable(option: &'static str, error: impl fmt::Display) -> ConfigError {
    ConfigError::new(option, format!("not readable as PEM: {error}"))
}

#[cfg(feature = "__rustls")]
mod with_rustls {
    use std::sync::Arc;

    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::{TlsOptions, unreadable};
    use crate::error::ConfigError;

    pub(super) fn config(options: &TlsOptions) -> Result<Arc<ClientConfig>, ConfigError> {
        if let Some(config) = &options.rustls {
            return Ok(config.clone());
        }
        // Named, because rustls panics where a process has no default provider, or two to choose from.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::new("tls", error.to_string()))?
            .with_root_certificates(roots(options)?);
        let mut config = match &options.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let fault = |error: &pem::Error| unreadable("client_certificate_pem", told(error));
                let chain: Vec<_> =
                    CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|error| fault(&error))?;
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| fault(&error))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| ConfigError::new("client_certificate_pem", error.to_string()))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Without the text, which such an error can have in it: that of a key whose lines were joined, for one.
    fn told(error: &pem::Error) -> &'static str {
        match error {
            pem::Error::MissingSectionEnd { .. } => "a section has no end",
            pem::Error::IllegalSectionStart { .. } => "a section's first line is wrong",
            pem::Error::Base64Decode(_) => "not base64",
            pem::Error::NoItemsFound => "there is none in it",
            _ => "not PEM",
        }
    }

    fn roots(options: &TlsOptions) -> Result<RootCertStore, ConfigError> {
        let mut roots = RootCertStore::empty();
        #[cfg(feature = "rustls-webpki-roots")]
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        #[cfg(feature = "rustls-native-roots")]
        {
            // Some certificate of a system can nearly always not be read; those that can are trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for pem in &options.roots {
            let mut found = false;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let fault = |error: &dyn core::fmt::Display| unreadable("root_certificates_pem", error);
                let certificate = certificate.map_err(|error| fault(&told(&error)))?;
                roots.add(certificate).map_err(|error| fault(&error))?;
                found = true;
            }
            if !found {
                return Err(unreadable("root_certificates_pem", "there is no certificate in it"));
            }
        }
        Ok(roots)
    }
}

#[cfg(all(feature = "native-tls", not(feature = "__rustls")))]
mod with_native_tls {
    use native_tls::{Certificate, Identity, TlsConnector};

    use super::{TlsOptions, unreadable};
    use crate::error::ConfigError;

    pub(super) fn connector(options: &TlsOptions) -> Result<TlsConnector, ConfigError> {
        let mut builder = TlsConnector::builder();
        for pem in &options.roots {
            let certificate = Certificate::from_pem(pem).map_err(|error| unreadable("root_certificates_pem", error))?;
            builder.add_root_certificate(certificate);
        }
        if let Some((chain, key)) = &options.identity {
            let identity =
                Identity::from_pkcs8(chain, key).map_err(|error| unreadable("client_certificate_pem", error))?;
            builder.identity(identity);
        }
        // OpenSSL takes a key for what it is here only, as one of another certificate for one.
        let option = if options.identity.is_some() { "client_certificate_pem" } else { "root_certificates_pem" };
        builder.build().map_err(|error| ConfigError::new(option, error.to_string()))
    }
}
