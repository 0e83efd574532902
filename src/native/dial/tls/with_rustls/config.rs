//! From options to rustls configurations.

use std::sync::Arc;

use tokio_rustls::rustls::client::{ClientConfig, ResolvesClientCert, Resumption, WantsClientCert};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ConfigBuilder, RootCertStore, SignatureScheme, WantsVerifier};

use super::{HTTP, Trusted};

/// Returns the crypto provider that the process has installed as its default, or else that of a feature.
///
/// Never asks rustls to choose, which panics if both are compiled in, or none.
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, &'static str> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(installed.clone());
    }
    #[cfg(feature = "rustls-aws-lc-rs")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "rustls-ring", not(feature = "rustls-aws-lc-rs")))]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs")))]
    Err(
        "rustls has no crypto provider: build homing with the feature rustls-ring or rustls-aws-lc-rs, or install one as \
        the default of the process",
    )
}

/// Makes a configuration with this trust and this client certificate. Reading the roots of the system blocks.
pub(super) fn new(
    trusted: &Trusted,
    identity: Option<Arc<dyn ResolvesClientCert>>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = provider().map_err(|fault| rustls::Error::General(fault.into()))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = if trusted.usual {
        usual::trusted_by(builder, &trusted.added)?
    } else {
        trusted_by_roots(builder, RootCertStore::empty(), &trusted.added)?
    };
    let mut config = builder.with_client_cert_resolver(identity.unwrap_or_else(|| Arc::new(NoCertificate)));
    config.alpn_protocols = vec![HTTP.to_vec()];
    Ok(Arc::new(config))
}

type WithoutTrust = ConfigBuilder<ClientConfig, WantsVerifier>;
type WithTrust = ConfigBuilder<ClientConfig, WantsClientCert>;

fn trusted_by_roots(
    builder: WithoutTrust,
    mut roots: RootCertStore,
    added: &[CertificateDer<'static>],
) -> Result<WithTrust, rustls::Error> {
    added.iter().try_for_each(|certificate| roots.add(certificate.clone()))?;
    Ok(builder.with_root_certificates(roots))
}

/// Certificates are verified by the operating system.
#[cfg(feature = "rustls-platform-verifier")]
mod usual {
    use super::*;
    use crate::driver::platform::verifier;

    pub(super) fn trusted_by(
        builder: WithoutTrust,
        added: &[CertificateDer<'static>],
    ) -> Result<WithTrust, rustls::Error> {
        let verifier = verifier::new(added.to_vec(), builder.crypto_provider().clone())?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
    }
}

/// Certificates are verified by rustls with the roots of the enabled features, which are read once for each process.
#[cfg(not(feature = "rustls-platform-verifier"))]
mod usual {
    use std::sync::OnceLock;

    use rustls::pki_types::TrustAnchor;

    use super::*;

    pub(super) fn trusted_by(
        builder: WithoutTrust,
        added: &[CertificateDer<'static>],
    ) -> Result<WithTrust, rustls::Error> {
        static ROOTS: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();
        trusted_by_roots(builder, RootCertStore { roots: ROOTS.get_or_init(read).clone() }, added)
    }

    fn read() -> Vec<TrustAnchor<'static>> {
        #[allow(unused_mut, reason = "there may be nothing to add")]
        let mut roots = RootCertStore::empty();
        #[cfg(feature = "rustls-webpki-roots")]
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        // Most systems have some certificate that cannot be parsed; the others are trusted.
        #[cfg(feature = "rustls-native-roots")]
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.roots
    }
}

/// Returns a configuration that offers http/1.1 and no other protocol (ALPN): a server must not choose another one, and
/// some servers need the offer. Session tickets are shared with the original.
pub(super) fn speaking_http(config: &Arc<ClientConfig>) -> Arc<ClientConfig> {
    if config.alpn_protocols == [HTTP] {
        return config.clone();
    }
    let mut config = ClientConfig::clone(config);
    config.alpn_protocols = vec![HTTP.to_vec()];
    Arc::new(config)
}

/// Returns the same configuration without a client certificate.
pub(super) fn anonymous(config: &ClientConfig) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.client_auth_cert_resolver = Arc::new(NoCertificate);
    // A resumed session has the client certificate of the original one, so sessions are not shared.
    config.resumption = Resumption::in_memory_sessions(32);
    Arc::new(config)
}

/// Resolves to no client certificate.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
