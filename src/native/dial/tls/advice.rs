//! Hints for TLS errors: what to change, appended to the messages of the TLS libraries.

#![allow(dead_code, reason = "which of these are used depends on the library")]

use core::error::Error as StdError;
use std::io;

use crate::error::{Error, ErrorKind};

pub(crate) const CA_AS_SERVER: &str = "the server uses the certificate of an authority (CA:TRUE, as `openssl req \
    -x509` makes by default) as its own: issue an end-entity certificate signed by that authority to the server, or \
    accept exactly this certificate; the guide to TLS (docs/guides/tls.md) shows both";
pub(crate) const UNKNOWN_ISSUER: &str = "the certificate is self-signed or of an authority that is not trusted here: \
    add that one with root_certificates_pem; or the server does not send its intermediate certificates";
pub(crate) const OTHER_ISSUER: &str = "an authority of the issuer's name is trusted here, but its key is another one: \
    the authority was made anew, and its present certificate must be added with root_certificates_pem";
pub(crate) const EXPIRED: &str = "the server's certificate must be renewed, or the clock of this machine is wrong";
pub(crate) const NOT_YET: &str = "the clock of this machine or that of the certificate's issuer is wrong";
pub(crate) const OTHER_NAME: &str = "use a host name in the URL that the certificate is for, name it with tls_server_name, or \
    issue a certificate for this host (as a subject alternative name: common names do not count)";
pub(crate) const OTHER_PURPOSE: &str = "the certificate is not for servers: it needs the extended key usage serverAuth";
pub(crate) const NOT_TLS: &str = "the answer is not TLS: where the server speaks plain HTTP at this port, the URL must \
    begin with ws:// (or, for a proxy, http://)";
pub(crate) const IS_TLS: &str = "the answer is TLS: the URL must begin with wss:// (or, for a proxy, https://)";
pub(crate) const NOTHING_IN_COMMON: &str = "client and server have no TLS version (1.2 or 1.3 here) or cipher suite in \
    common";
pub(crate) const HANDSHAKE_FAILURE: &str = "the server accepts none of this client's TLS versions or cipher suites, or \
    wants a client certificate (client_certificate_pem)";
pub(crate) const CLIENT_CERTIFICATE: &str = "the server wants a client certificate that it trusts: see \
    client_certificate_pem";
pub(crate) const UNKNOWN_NAME: &str = "the server does not know the host name of the URL";
pub(crate) const NO_HTTP: &str = "the server does not speak HTTP/1.1 at this port (ALPN)";
pub(crate) const CLOSED: &str = "the server closed the connection within the TLS handshake: it may not speak TLS at \
    this port, or not know the host name";
pub(crate) const OTHER_PROTOCOL: &str = "the server chose another protocol than http/1.1 (ALPN): have the \
    native_tls_connector request http/1.1 only, or none";
pub(crate) const WHOLE_CONNECTOR: &str = "redirected from wss to another origin, to which the client certificate that \
    native_tls_connector may have must not go: use client_certificate_pem and root_certificates_pem, or rustls_config";

/// A failed handshake.
pub(crate) fn failed(error: impl StdError + Send + Sync + 'static) -> Error {
    let detail = with_advice(error.to_string(), &error);
    Error::new(ErrorKind::Tls, detail).with_source(error)
}

/// Appends a hint to the message of an error, if there is one.
pub(crate) fn with_advice(text: String, error: &(dyn StdError + 'static)) -> String {
    match of(error) {
        Some(advice) => format!("{text}; {advice}"),
        None => text,
    }
}

fn of(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    // `io::Error::source` skips the error directly inside it.
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    #[cfg(feature = "__rustls")]
    if let Some(error) = inside.and_then(|inside| inside.downcast_ref()).or_else(|| error.downcast_ref()) {
        return of_rustls(error);
    }
    match error.downcast_ref::<io::Error>() {
        Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Some(CLOSED),
        _ => {}
    }
    let _ = inside;
    let text = error.to_string();
    OPENSSL.iter().find(|(words, _)| text.contains(words)).map(|(_, advice)| *advice)
}

/// Returns the hint for an error of rustls.
#[cfg(feature = "__rustls")]
fn of_rustls(error: &tokio_rustls::rustls::Error) -> Option<&'static str> {
    use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError as Certificate, Error, InvalidMessage};
    Some(match error {
        Error::InvalidCertificate(certificate) => match certificate {
            // The inner error type is webpki's, which rustls does not export.
            Certificate::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => CA_AS_SERVER,
            // The inner error type is that of the platform's verifier.
            Certificate::Other(other) if format!("{other:?}").contains("EkuError") => OTHER_PURPOSE,
            Certificate::UnknownIssuer => UNKNOWN_ISSUER,
            Certificate::BadSignature => OTHER_ISSUER,
            Certificate::Expired | Certificate::ExpiredContext { .. } => EXPIRED,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => NOT_YET,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => OTHER_NAME,
            Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => OTHER_PURPOSE,
            _ => return None,
        },
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => NOT_TLS,
        Error::PeerIncompatible(_) | Error::AlertReceived(Alert::ProtocolVersion | Alert::InsufficientSecurity) => {
            NOTHING_IN_COMMON
        }
        Error::AlertReceived(Alert::HandshakeFailure) => HANDSHAKE_FAILURE,
        Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::NoCertificate,
        ) => CLIENT_CERTIFICATE,
        Error::AlertReceived(Alert::UnrecognisedName) => UNKNOWN_NAME,
        Error::AlertReceived(Alert::NoApplicationProtocol) => NO_HTTP,
        _ => return None,
    })
}

/// Hints by parts of OpenSSL's messages: native-tls exposes no error codes.
const OPENSSL: [(&str, &str); 18] = [
    ("certificate signature failure", OTHER_ISSUER),
    ("self-signed certificate", UNKNOWN_ISSUER),
    ("self signed certificate", UNKNOWN_ISSUER),
    ("unable to get local issuer", UNKNOWN_ISSUER),
    ("certificate has expired", EXPIRED),
    ("certificate is not yet valid", NOT_YET),
    ("hostname mismatch", OTHER_NAME),
    ("Hostname mismatch", OTHER_NAME),
    ("IP address mismatch", OTHER_NAME),
    ("certificate purpose", OTHER_PURPOSE),
    ("wrong version number", NOT_TLS),
    ("unsupported protocol", NOTHING_IN_COMMON),
    ("alert protocol version", NOTHING_IN_COMMON),
    ("alert handshake failure", HANDSHAKE_FAILURE),
    ("alert certificate required", CLIENT_CERTIFICATE),
    ("alert bad certificate", CLIENT_CERTIFICATE),
    ("alert unknown ca", CLIENT_CERTIFICATE),
    ("unexpected eof", CLOSED),
];
