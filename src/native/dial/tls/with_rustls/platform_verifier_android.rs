//! The verifier of Android, which takes no roots of the user's own.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::CertificateDer;

pub(crate) fn new(added: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    if !added.is_empty() {
        let fault = "the verifier of Android takes no root_certificates_pem: name them in the app's network security \
            configuration, or build without rustls-platform-verifier";
        return Err(Error::General(fault.into()));
    }
    Verifier::new(provider)
}
