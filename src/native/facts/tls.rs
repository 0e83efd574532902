//! Facts of a TLS connection, as its library reports them.

use core::fmt;

/// Facts about a TLS connection.
///
/// With the operating system's library (feature `native-tls`) only the ALPN protocol and the server's own certificate are
/// known: it does not report the others.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The version of TLS. `None` if unknown.
    pub version: Option<TlsVersion>,
    /// The cipher suite by its IANA name, such as `TLS_AES_256_GCM_SHA384`. `None` if unknown.
    pub cipher_suite: Option<String>,
    /// The group of the key exchange as rustls writes it, such as `X25519`, `secp256r1` or the post-quantum `X25519MLKEM768`.
    /// `None` if unknown, and for a resumed session of TLS 1.2, which has no key exchange.
    pub key_exchange_group: Option<String>,
    /// The protocol that was negotiated by ALPN (RFC 7301), which is `http/1.1`. `None` if none was.
    pub alpn_protocol: Option<String>,
    /// Whether the session is a resumed one, which saves a part of the handshake. `None` if unknown.
    pub resumed: Option<bool>,
    /// The server's certificates (DER) as it sent them, its own first. A resumed session has those of its first connection.
    pub peer_certificates: Vec<Vec<u8>>,
}

/// Shows the number of certificates instead of their bytes.
impl fmt::Debug for TlsInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsInfo")
            .field("version", &self.version)
            .field("cipher_suite", &self.cipher_suite)
            .field("key_exchange_group", &self.key_exchange_group)
            .field("alpn_protocol", &self.alpn_protocol)
            .field("resumed", &self.resumed)
            .field("peer_certificates", &format_args!("{} omitted", self.peer_certificates.len()))
            .finish()
    }
}

/// A version of TLS. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Writes `TLS 1.2` or `TLS 1.3`.
impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
fn alpn(protocol: &[u8]) -> String {
    String::from_utf8_lossy(protocol).into_owned()
}

#[cfg(feature = "__rustls")]
mod with_rustls {
    use tokio_rustls::rustls::{ClientConnection, HandshakeKind, ProtocolVersion};

    use super::{TlsInfo, TlsVersion, alpn};

    impl From<&ClientConnection> for TlsInfo {
        /// Copies the certificates: rustls keeps its own for the whole connection, and shares them with nothing else.
        fn from(connection: &ClientConnection) -> Self {
            let version = match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => Some(TlsVersion::Tls12),
                Some(ProtocolVersion::TLSv1_3) => Some(TlsVersion::Tls13),
                _ => None,
            };
            let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite());
            let group = connection.negotiated_key_exchange_group().map(|group| group.name());
            let certificates = connection.peer_certificates().unwrap_or_default();
            Self {
                version,
                // rustls marks the suites of TLS 1.3, IANA does not.
                cipher_suite: suite.map(|suite| name(suite.as_str(), suite.into()).replacen("TLS13_", "TLS_", 1)),
                key_exchange_group: group.map(|group| name(group.as_str(), group.into())),
                alpn_protocol: connection.alpn_protocol().map(alpn),
                resumed: connection.handshake_kind().map(|kind| kind == HandshakeKind::Resumed),
                peer_certificates: certificates.iter().map(|certificate| certificate.to_vec()).collect(),
            }
        }
    }

    /// Returns the number of what rustls has no name for: a provider of the user's own may have more suites and groups.
    fn name(known: Option<&str>, number: u16) -> String {
        known.map_or_else(|| format!("{number:#06x}"), ToOwned::to_owned)
    }
}

#[cfg(feature = "native-tls")]
impl<S: std::io::Read + std::io::Write> From<&native_tls::TlsStream<S>> for TlsInfo {
    fn from(stream: &native_tls::TlsStream<S>) -> Self {
        let certificate = stream.peer_certificate().ok().flatten().and_then(|certificate| certificate.to_der().ok());
        Self {
            alpn_protocol: stream.negotiated_alpn().ok().flatten().map(|protocol| alpn(&protocol)),
            peer_certificates: certificate.into_iter().collect(),
            ..Self::default()
        }
    }
}
