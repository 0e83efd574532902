//! The verifier of the operating system, with roots of the user's own.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::CertificateDer;

pub(crate) fn new(added: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    Verifier::new_with_extra_roots(added, provider)
}
