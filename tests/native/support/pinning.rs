//! Accepts exactly one certificate, as in docs/guides/tls.md.

use std::sync::Arc;

use homing::native::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use homing::native::rustls::crypto::{CryptoProvider, ring};
use homing::native::rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use homing::native::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use homing::native::rustls::{self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

/// Trusts exactly one certificate.
#[derive(Debug)]
struct Pin(CertificateDer<'static>, Arc<CryptoProvider>);

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *certificate == self.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.1.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.1.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.1.signature_verification_algorithms.supported_schemes()
    }
}

/// Returns a configuration for `rustls_config`.
pub(crate) fn pinning(certificate: CertificateDer<'static>) -> Arc<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.expect("ring has suites for every version").dangerous();
    let verifier = Arc::new(Pin(certificate, provider));
    Arc::new(builder.with_custom_certificate_verifier(verifier).with_no_client_auth())
}
