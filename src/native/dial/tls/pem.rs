//! Faults of PEM text that users meet often, and what to do about them.

use crate::error::ConfigError;

const ENCRYPTED: &str = "the private key is encrypted with a passphrase, which cannot be given here: decrypt it first, \
    for example by `openssl pkey -in encrypted.key -out client.key`, and store the result where only this program \
    can read it";
const BINARY: &str = "binary data (DER or PKCS#12) instead of PEM: convert it, for example by `openssl x509 -inform der` \
    (a certificate), `openssl pkey -inform der` (a key) or `openssl pkcs12 -nodes` (both in a .pfx or .p12 file)";

/// Fails if the text is binary, or if it is a private key that is encrypted. Errors do not contain it.
pub(super) fn check(option: &'static str, text: &[u8]) -> Result<(), ConfigError> {
    let has = |words: &[u8]| text.windows(words.len()).any(|part| part == words);
    // DER begins with a SEQUENCE of more than 127 bytes.
    let fault = if text.starts_with(&[0x30, 0x82]) || text.starts_with(&[0x30, 0x81]) {
        BINARY
    } else if has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED") {
        ENCRYPTED
    } else {
        return Ok(());
    };
    Err(ConfigError::new(option, fault))
}

/// Returns the key for native-tls, which takes PKCS#8 only, and nothing before or after it.
#[cfg(feature = "native-tls")]
#[allow(dead_code, reason = "rustls is preferred where both are there")]
pub(super) fn pkcs8(text: &[u8]) -> Result<&[u8], &'static str> {
    const END: &[u8] = b"-----END PRIVATE KEY-----";
    let position = |words: &[u8]| text.windows(words.len()).position(|part| part == words);
    match (position(b"-----BEGIN PRIVATE KEY-----"), position(END)) {
        (Some(begin), Some(end)) if begin < end => Ok(&text[begin..end + END.len()]),
        _ if position(b" PRIVATE KEY-----").is_some() => Err(
            "native-tls takes private keys in PKCS#8 only (BEGIN PRIVATE KEY): convert it, for example by `openssl pkcs8 \
            -topk8 -nocrypt -in client.key`",
        ),
        _ => Err("invalid PEM: no key found"),
    }
}

/// Returns the DER of all certificates, in their order. native-tls reads PEM of a single one, and on iOS none.
#[cfg(feature = "native-tls")]
#[allow(dead_code, reason = "rustls is preferred where both are there")]
pub(super) fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    use base64::Engine as _;
    let text = core::str::from_utf8(text).map_err(|_| "not PEM")?;
    let mut all = Vec::new();
    for section in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let (body, _) = section.split_once("-----END CERTIFICATE-----").ok_or("section without end")?;
        let body: String = body.split_ascii_whitespace().collect();
        all.push(base64::engine::general_purpose::STANDARD.decode(body).map_err(|_| "not base64")?);
    }
    if all.is_empty() { Err("no certificate found") } else { Ok(all) }
}

#[cfg(all(test, feature = "native-tls"))]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\r\nMAMC\nAQE=\n-----END CERTIFICATE-----\n";
    const DER: &[u8] = &[0x30, 3, 2, 1, 1];

    #[test]
    fn every_certificate_of_a_bundle_is_read() {
        let bundle = format!("# Issuer: a\n{ONE}\n-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n{ONE}{ONE}");
        assert_eq!(certificates(bundle.as_bytes()).unwrap(), [DER; 3]);
    }

    #[test]
    fn damaged_certificates_are_errors() {
        let half = &ONE[..ONE.len() - 10];
        for (text, fault) in [
            ("", "no certificate found"),
            (half, "section without end"),
            (&format!("{ONE}{half}"), "section without end"),
            (&ONE.replace("MAMC", "M*MC"), "not base64"),
        ] {
            assert_eq!(certificates(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(certificates(&[0xFF, 0xFE]), Err("not PEM"));
    }
}
