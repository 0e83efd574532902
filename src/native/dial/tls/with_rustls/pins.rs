//! Pinned public keys: SHA-256 of the server's SubjectPublicKeyInfo (RFC 7469, section 2.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::SupportedCipherSuite;
use tokio_rustls::rustls::client::ClientConnection;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::hash::{Hash, HashAlgorithm, Output};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::ParsedCertificate;

use crate::error::{ConfigError, Error, ErrorKind};
use crate::native::dial::tls::options::PINS;

/// The hashes of the keys that are accepted. All are if there is none.
pub(super) struct Pins(Vec<[u8; 32]>);

impl Pins {
    /// Parses base64, perhaps after `sha256/` (as in OkHttp) or `sha256//` (as in curl).
    pub(super) fn parse(pins: &[String]) -> Result<Self, ConfigError> {
        let parse = |(position, text): (usize, &String)| {
            // Base64 may begin with a slash, so each form is tried.
            let forms = ["", "sha256/", "sha256//"].into_iter().filter_map(|prefix| text.strip_prefix(prefix));
            let mut hashes = forms.filter_map(|base64| STANDARD.decode(base64).ok()?.try_into().ok());
            hashes.next().ok_or_else(|| {
                let fault = format!("pin {} is not the base64 of a SHA-256 hash (32 bytes)", position + 1);
                ConfigError::new(PINS, fault)
            })
        };
        pins.iter().enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Checks the server's certificate after the handshake. A resumed session has that of the original one.
    pub(super) fn check(&self, session: &ClientConnection, provider: &CryptoProvider) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let certificate = session.peer_certificates().and_then(|chain| chain.first());
        match certificate.and_then(|certificate| pin(certificate, provider)) {
            Some(key) if self.0.iter().any(|pin| pin == key.as_ref()) => Ok(()),
            Some(key) => Err(mismatch(&format!("sha256/{}", STANDARD.encode(key)))),
            None => Err(mismatch("not known")),
        }
    }
}

pub(super) fn pin(certificate: &CertificateDer<'_>, provider: &CryptoProvider) -> Option<Output> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    Some(sha256(provider)?.hash(parsed.subject_public_key_info().as_ref()))
}

fn mismatch(key: &str) -> Error {
    let detail = format!(
        "the certificate is valid, but its public key is none of those pinned by pinned_public_key: it is {key}; the \
        server has a new key, or another machine answers in its place"
    );
    Error::new(ErrorKind::Tls, detail)
}

/// Every provider has it for its cipher suites.
fn sha256(provider: &CryptoProvider) -> Option<&'static dyn Hash> {
    let mut hashes = provider.cipher_suites.iter().map(|suite| match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
    });
    hashes.find(|hash| hash.algorithm() == HashAlgorithm::SHA256)
}
