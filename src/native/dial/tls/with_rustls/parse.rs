//! Parses the options: certificates, keys and names. Errors do not contain their text (rule S26).

use core::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::config::provider;
use crate::error::ConfigError;
use crate::native::dial::tls::options::{IDENTITY, ROOTS, SERVER_NAME, TlsOptions, unreadable};

pub(super) fn roots(options: &TlsOptions) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let mut all = Vec::new();
    let mut checked = RootCertStore::empty();
    for pem in &options.roots {
        let before = all.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let fault = |error: &dyn fmt::Display| unreadable(ROOTS, error);
            let certificate = certificate.map_err(|error| fault(&describe(&error)))?;
            checked.add(certificate.clone()).map_err(|error| fault(&error))?;
            all.push(certificate);
        }
        if all.len() == before {
            return Err(unreadable(ROOTS, "no certificate found"));
        }
    }
    Ok(all)
}

pub(super) fn identity(options: &TlsOptions) -> Result<Option<Arc<dyn ResolvesClientCert>>, ConfigError> {
    let Some((chain, key)) = &options.identity else {
        return Ok(None);
    };
    let fault = |error: &pem::Error| unreadable(IDENTITY, describe(error));
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|error| fault(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| fault(&error))?;
    let provider = provider().map_err(|fault| ConfigError::new(IDENTITY, fault))?;
    let certified =
        CertifiedKey::from_der(chain, key, &provider).map_err(|error| ConfigError::new(IDENTITY, error.to_string()))?;
    Ok(Some(Arc::new(SingleCertAndKey::from(certified))))
}

pub(super) fn server_name(name: String) -> Result<ServerName<'static>, ConfigError> {
    ServerName::try_from(name).map_err(|error| ConfigError::new(SERVER_NAME, error.to_string()))
}

/// Describes the error without its text, which may contain a part of a key.
fn describe(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "section without end",
        pem::Error::IllegalSectionStart { .. } => "invalid first line of a section",
        pem::Error::Base64Decode(_) => "not base64",
        pem::Error::NoItemsFound => "no key found",
        _ => "not PEM",
    }
}
