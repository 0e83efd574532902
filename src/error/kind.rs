//! The kinds of failures.

use core::fmt;

use bytes::Bytes;

use crate::handshake::Headers;

/// What failed. Returned by [`Error::kind`](crate::Error::kind).
///
/// Browsers report [`Opaque`](Self::Opaque) in place of the kinds marked "native".
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Native: the name of the host or the proxy was not resolved.
    Dns,
    /// Native: no connection to the host or the proxy was established.
    Connect,
    /// Native: the proxy rejected the request or did not answer as a proxy. Failures on the way to the proxy have the kinds
    /// `Dns`, `Connect` and `Tls`.
    Proxy {
        /// The HTTP status; `None` for SOCKS, and if the response was not HTTP.
        status: Option<u16>,
    },
    /// Native: the TLS handshake failed, most often because of the certificate.
    Tls,
    /// Native: the server refused the opening handshake, or its response is invalid (RFC 6455, section 4.1). Browsers: only if
    /// it chose none of the offered subprotocols, or another one; without status, headers and body.
    Handshake {
        /// The HTTP status; `None` if the response was not HTTP.
        status: Option<u16>,
        /// The headers of the response.
        headers: Headers,
        /// The start of the body, at most 16 KiB.
        body: Bytes,
    },
    /// The connection was not open within [`open_timeout`](crate::Builder::open_timeout).
    OpenTimeout,
    /// Nothing arrived within the timeout of a [`Heartbeat`](crate::Heartbeat).
    HeartbeatTimeout,
    /// Native: the peer violated the protocol. The close code 1002 or 1007 was sent to it (RFC 6455, section 7.4.1).
    Protocol,
    /// A message was larger than [`max_message_size`](crate::Builder::max_message_size). The close code 1009 was sent to the
    /// peer; browsers send 4009, as they do not allow 1009.
    MessageTooLarge,
    /// Native: the connection broke without a closing handshake. Browsers: `send` has thrown an exception, or a blob could not
    /// be read.
    Io,
    /// The [request provider](crate::Builder::request_provider) returned an error, or a request that is not valid.
    Provider,
    /// The [set-up](crate::Builder::setup) of the connection returned an error, or took longer than
    /// [`setup_timeout`](crate::Builder::setup_timeout).
    Setup,
    /// This build or platform cannot do what the request needs, such as TLS without a TLS feature. Not retried by default.
    Unsupported,
    /// The platform hides the cause. Most failures in browsers have this kind (WHATWG, section 4).
    Opaque,
}

/// Omits the body of a refusal, which may repeat parts of the request.
impl fmt::Debug for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dns => "Dns",
            Self::Connect => "Connect",
            Self::Proxy { .. } => "Proxy",
            Self::Tls => "Tls",
            Self::Handshake { .. } => "Handshake",
            Self::OpenTimeout => "OpenTimeout",
            Self::HeartbeatTimeout => "HeartbeatTimeout",
            Self::Protocol => "Protocol",
            Self::MessageTooLarge => "MessageTooLarge",
            Self::Io => "Io",
            Self::Provider => "Provider",
            Self::Setup => "Setup",
            Self::Unsupported => "Unsupported",
            Self::Opaque => "Opaque",
        };
        match self {
            Self::Proxy { status } => f.debug_struct(name).field("status", status).finish(),
            Self::Handshake { status, headers, body } => {
                let mut out = f.debug_struct(name);
                out.field("status", status).field("headers", headers);
                out.field("body", &format_args!("{} bytes", body.len())).finish()
            }
            _ => f.write_str(name),
        }
    }
}
