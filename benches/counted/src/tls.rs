//! The configurations of TLS on both sides. The server's certificate is made for each run.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Returns the server's configuration, and its certificate as PEM.
pub(crate) fn server() -> (Arc<ServerConfig>, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for every version")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.into())
        .expect("a certificate with its key");
    (Arc::new(config), cert.pem())
}

/// Returns the configuration that all connections of a client share.
pub(crate) fn client(pem: &str, resumes: bool) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    store.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for every version")
        .with_root_certificates(store)
        .with_no_client_auth();
    if !resumes {
        config.resumption = Resumption::disabled();
    }
    Arc::new(config)
}
