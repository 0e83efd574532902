//! Options that only exist natively.

use core::time::Duration;
use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::close::End;
use crate::native::dial::connector::Destination;
#[cfg(feature = "cookies")]
use crate::native::handshake::cookies::CookieJar;
use crate::native::run::RunError;
#[cfg(feature = "deflate")]
use crate::native::wire::deflate::Deflate;

/// What a [`Builder`](crate::Builder) can do natively only.
///
/// ```no_run
/// use homing::{WebSocket, native::BuilderExt};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// WebSocket::builder("wss://example.com/feed")
///     .header("Cookie", "session=secret")
///     .on_message(|_, message| println!("{message:?}"))
///     .run()?;
/// # Ok(()) }
/// ```
pub trait BuilderExt: Sized + sealed::Sealed {
    /// Adds a header to the opening handshake. May be called several times, also with the same name.
    ///
    /// The name is sent in this spelling, behind the handshake's own headers. Values appear in no log, error or `Debug`
    /// output.
    ///
    /// `connect` fails if a name is not a token (RFC 7230), if a value has CR, LF or NUL in it, for the handshake's own
    /// headers (Host, Upgrade, Connection, Sec-WebSocket-*), and for more than 10,000 headers or 1 MiB of names and
    /// values.
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;

    /// Whether small messages leave at once (TCP_NODELAY). Default `true`. Messages are batched all the same.
    #[must_use]
    fn tcp_nodelay(self, on: bool) -> Self;

    /// Lets the operating system probe an idle connection after this time (SO_KEEPALIVE), from 1 s to 32,767 s in whole
    /// seconds. Default: it does not, as the heartbeat sees more.
    #[must_use]
    fn tcp_keepalive(self, after: impl Into<Option<Duration>>) -> Self;

    /// The address of this machine to connect from. Only addresses of its family are dialled then.
    #[must_use]
    fn local_address(self, address: IpAddr) -> Self;

    /// Resolves names by this function, in place of the operating system. Where it gives several addresses they are
    /// dialled in turn, alternating between the families, 250 ms apart or as soon as one fails; the first that
    /// answers is taken (RFC 8305).
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// WebSocket::builder("wss://example.com/").resolver(|host| async move {
    ///     let found = tokio::net::lookup_host((host, 0)).await?;
    ///     Ok(found.map(|address| address.ip()).filter(|address| address.is_ipv4()).collect())
    /// });
    /// ```
    ///
    /// It is asked for every attempt. Of the operating system all clients of the process that dial the same name at the same
    /// moment share one lookup, and the addresses that it finds serve for 1 s.
    ///
    /// An error of it, or no address, is [`ErrorKind::Dns`](crate::ErrorKind::Dns). Behind a proxy the proxy resolves
    /// names; this is asked for the proxy's own then.
    #[must_use]
    fn resolver<F, A>(self, resolver: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static;

    /// Opens byte streams by this function, in place of TCP: over a tunnel, a serial line, or in memory. TLS and
    /// proxies come on top of it, so with a proxy it is asked for the proxy's address.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// use tokio::net::TcpStream;
    ///
    /// WebSocket::builder("wss://example.com/")
    ///     .connector(|to| async move { TcpStream::connect((to.host.as_str(), to.port)).await });
    /// ```
    ///
    /// An error of it is [`ErrorKind::Connect`](crate::ErrorKind::Connect). The options for TCP are refused besides
    /// it.
    #[must_use]
    fn connector<F, A, S>(self, connector: F) -> Self
    where
        F: Fn(Destination) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Connects to a Unix domain socket, in place of TCP. The URL still tells the `Host` header, the path, and whether
    /// there is TLS: `ws://localhost/path`. Proxies and the options for TCP are refused besides it.
    #[cfg(unix)]
    #[must_use]
    fn unix_socket(self, path: impl Into<std::path::PathBuf>) -> Self;

    /// Connects through a proxy: `http://`, `https://` (TLS to the proxy, by the same options as to the server) or
    /// `socks5://`, with `user:password@` where it asks for them, and a port where it is not 80, 443 or 1080. The
    /// proxy resolves the server's name. Default: none.
    ///
    /// What the proxy refuses is [`ErrorKind::Proxy`](crate::ErrorKind::Proxy), with its HTTP status if it has one,
    /// and retried or not as the server's refusals are: while the client was never open, a 407 would only repeat itself. A proxy that cannot be reached
    /// is told by the kind of what failed, as a server is.
    #[must_use]
    fn proxy(self, url: impl Into<String>) -> Self;

    /// Connects through the proxy that the environment names: `HTTP_PROXY` for ws, `HTTPS_PROXY` for wss, else
    /// `ALL_PROXY`, and none for hosts in `NO_PROXY`; in upper or lower case, read by `connect`. `HTTP_PROXY` does not
    /// count in CGI programs (where `REQUEST_METHOD` is set), as a request can set it there. Default: it is not read.
    #[must_use]
    fn proxy_from_env(self) -> Self;

    /// Whether redirects (301, 302, 303, 307, 308) are followed, at most five for each attempt. Default `false`: a
    /// redirect is a refusal.
    ///
    /// Never from wss to ws. To another origin (scheme, host or port) of what was set only the subprotocols and the
    /// headers `Origin` and `User-Agent` go along, and no client certificate. The next attempt begins at the URL again.
    #[must_use]
    fn follow_redirects(self, on: bool) -> Self;

    /// Keeps the cookies that servers set, across redirects, attempts, and the clients that share the jar. They are
    /// sent besides those of a `Cookie` header of your own. Default: none are kept.
    #[cfg(feature = "cookies")]
    #[must_use]
    fn cookie_jar(self, jar: CookieJar) -> Self;

    /// Offers to compress messages (permessage-deflate); see [`Deflate`] for how, and for what it costs. Default: it is
    /// not offered. Whether the server agreed is in [`Handshake::extensions`](crate::Handshake::extensions). Browsers
    /// offer and do it by themselves.
    #[cfg(feature = "deflate")]
    #[must_use]
    fn deflate(self, deflate: impl Into<Option<Deflate>>) -> Self;

    /// Trusts these certificates (PEM) besides the usual roots. May be called several times.
    ///
    /// # Certificates of your own
    ///
    /// `openssl req -x509` makes the certificate of an authority (`CA:TRUE`). It can be trusted here, but rustls does
    /// not accept it as that of a server (`CaUsedAsEndEntity`). Sign a certificate for the server with it:
    ///
    /// ```sh
    /// openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=My CA" -keyout ca.key -out ca.pem
    /// openssl req -newkey rsa:2048 -nodes -subj "/CN=server" -keyout server.key -out server.csr
    /// printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:my.host' > server.ext
    /// openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 \
    ///     -extfile server.ext -out server.pem
    /// ```
    ///
    /// The server gets `server.pem` and `server.key`, this option `ca.pem`. Where the server's certificate cannot be
    /// replaced, pin it: trust this one, whatever is in it, and no other.
    ///
    #[cfg_attr(feature = "__rustls", doc = "```no_run")]
    #[cfg_attr(not(feature = "__rustls"), doc = "```ignore")]
    /// use std::sync::Arc;
    ///
    /// use homing::native::BuilderExt;
    /// use homing::native::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    /// use homing::native::rustls::crypto::{self, CryptoProvider, ring};
    /// use homing::native::rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
    /// use homing::native::rustls::{self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
    ///
    /// #[derive(Debug)]
    /// struct Pin(CertificateDer<'static>, Arc<CryptoProvider>);
    ///
    /// impl ServerCertVerifier for Pin {
    ///     fn verify_server_cert(
    ///         &self, certificate: &CertificateDer<'_>, _: &[CertificateDer<'_>], _: &ServerName<'_>, _: &[u8], _: UnixTime,
    ///     ) -> Result<ServerCertVerified, rustls::Error> {
    ///         match *certificate == self.0 {
    ///             true => Ok(ServerCertVerified::assertion()),
    ///             false => Err(CertificateError::ApplicationVerificationFailure.into()),
    ///         }
    ///     }
    ///     // That the server has the certificate's key is still to be checked.
    ///     fn verify_tls12_signature(
    ///         &self, message: &[u8], certificate: &CertificateDer<'_>, signature: &DigitallySignedStruct,
    ///     ) -> Result<HandshakeSignatureValid, rustls::Error> {
    ///         crypto::verify_tls12_signature(message, certificate, signature, &self.1.signature_verification_algorithms)
    ///     }
    ///     fn verify_tls13_signature(
    ///         &self, message: &[u8], certificate: &CertificateDer<'_>, signature: &DigitallySignedStruct,
    ///     ) -> Result<HandshakeSignatureValid, rustls::Error> {
    ///         crypto::verify_tls13_signature(message, certificate, signature, &self.1.signature_verification_algorithms)
    ///     }
    ///     fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
    ///         self.1.signature_verification_algorithms.supported_schemes()
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let provider = Arc::new(ring::default_provider());
    /// let pin = Pin(CertificateDer::from_pem_file("server.pem")?, provider.clone());
    /// let config = ClientConfig::builder_with_provider(provider)
    ///     .with_safe_default_protocol_versions()?
    ///     .dangerous()
    ///     .with_custom_certificate_verifier(Arc::new(pin))
    ///     .with_no_client_auth();
    /// homing::WebSocket::builder("wss://my.host/").rustls_config(Arc::new(config)).run()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn root_certificates_pem(self, pem: impl Into<Vec<u8>>) -> Self;

    /// Identifies this client by a certificate chain and private key (both PEM). Servers and proxies see it if they ask
    /// for one, but not where a redirect has led to another origin.
    #[must_use]
    fn client_certificate_pem(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self;

    /// Uses a rustls configuration; the other TLS options are then refused.
    ///
    /// It is used as it is, with two exceptions: protocols other than `http/1.1` are not offered (ALPN), and no client
    /// certificate is shown where a redirect has led to another origin.
    #[cfg(feature = "__rustls")]
    #[must_use]
    fn rustls_config(self, config: std::sync::Arc<crate::native::rustls::ClientConfig>) -> Self;

    /// Uses the operating system's TLS library, set up by this connector; the other TLS options are then refused.
    ///
    /// If the connector requests protocols (ALPN) these must be `http/1.1` only. As it may have a client certificate, which
    /// cannot be taken from it, redirects to another origin over TLS are refused.
    #[cfg(feature = "native-tls")]
    #[must_use]
    fn native_tls_connector(self, connector: crate::native::native_tls::TlsConnector) -> Self;

    /// Connects, and blocks until the client has ended: for programs without a runtime.
    ///
    /// # Errors
    /// As [`connect`](crate::Builder::connect), and when no runtime can be made, as inside another one.
    fn run(self) -> Result<End, RunError>;
}

/// What a [`Request`](crate::Request) can do natively only.
pub trait RequestExt: sealed::Sealed {
    /// Adds a header, as [`BuilderExt::header`] does.
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;
}

pub(super) mod sealed {
    pub trait Sealed {}
}
