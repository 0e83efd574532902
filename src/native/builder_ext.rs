//! The options that exist natively only, as documented for users.

use core::time::Duration;
use std::io;
use std::net::IpAddr;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client::WebSocket;
use crate::close::End;
use crate::native::dial::connector::Destination;
#[cfg(feature = "cookies")]
use crate::native::handshake::cookies::CookieJar;
use crate::native::run::RunError;
#[cfg(feature = "deflate")]
use crate::native::wire::deflate::Deflate;

/// Options of a [`Builder`](crate::Builder) that exist natively only.
///
/// Browsers hide headers, TLS and sockets from programs, so none of these options exists on wasm.
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
///
/// # Errors
///
/// Options are checked by [`connect`](crate::Builder::connect) and [`run`](Self::run), which fail with a
/// [`ConfigError`](crate::ConfigError) that names the option before anything is dialled (rule S1).
pub trait BuilderExt: Sized + sealed::Sealed {
    /// Adds a header to the opening handshake. May be called several times, also with the same name.
    ///
    /// The name is sent in this spelling, after the handshake's own headers. Values appear in no log, error or `Debug`
    /// output (rule S26).
    ///
    /// # Errors
    ///
    /// `connect` fails if
    ///
    /// - a name is not a token (RFC 9110, section 5.6.2),
    /// - a value contains a control character other than a tab,
    /// - the handshake sets the header itself (`Host`, `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding`,
    ///   `Sec-WebSocket-*`), or
    /// - there are more than 10,000 headers, or more than 1 MiB of names and values.
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;

    /// Sets `TCP_NODELAY`: whether small messages leave at once. Default: `true`.
    ///
    /// Messages that are sent in one go still leave in one batch.
    #[must_use]
    fn tcp_nodelay(self, on: bool) -> Self;

    /// Sets `SO_KEEPALIVE`: the operating system probes a connection that was idle for this time. Default: `None`, no
    /// probes, because the heartbeat detects more failures.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// # use std::time::Duration;
    /// WebSocket::builder("wss://example.com/").tcp_keepalive(Duration::from_secs(60));
    /// ```
    ///
    /// # Errors
    ///
    /// `connect` fails if the time is not from 1 s to 32,767 s, the range that Linux accepts. Fractions of a second are
    /// ignored.
    #[must_use]
    fn tcp_keepalive(self, after: impl Into<Option<Duration>>) -> Self;

    /// Connects from this address of the local machine. Default: the operating system chooses.
    ///
    /// Only addresses of the same family are dialled. A server without one fails the attempt with
    /// [`ErrorKind::Connect`](crate::ErrorKind::Connect).
    #[must_use]
    fn local_address(self, address: IpAddr) -> Self;

    /// Resolves host names by this function. Default: the operating system resolves them.
    ///
    /// The function receives the host name and returns its addresses, in order of preference. Several addresses are
    /// dialled in turn, alternating between IPv6 and IPv4, 250 ms apart or as soon as one fails. The first that connects
    /// is used (RFC 8305, "Happy Eyeballs").
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// // IPv4 only.
    /// WebSocket::builder("wss://example.com/").resolver(|host| async move {
    ///     let found = tokio::net::lookup_host((host, 0)).await?;
    ///     Ok(found.map(|address| address.ip()).filter(|address| address.is_ipv4()).collect())
    /// });
    /// ```
    ///
    /// The function runs for every attempt. Lookups by the operating system, in contrast, are shared: clients of the
    /// runtime that dial the same name at the same moment share one lookup, and its addresses are used again for 1 s.
    ///
    /// With a proxy the proxy resolves the server's name, and this function only the proxy's.
    ///
    /// # Errors
    ///
    /// If the function fails or returns no address, the attempt fails with
    /// [`ErrorKind::Dns`](crate::ErrorKind::Dns).
    #[must_use]
    fn resolver<F, A>(self, resolver: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static;

    /// Opens byte streams by this function instead of TCP: through a tunnel, over a serial line, or in memory.
    ///
    /// TLS and proxies run on top of the stream. With a proxy the function is called with the proxy's address.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// use tokio::net::TcpStream;
    ///
    /// WebSocket::builder("wss://example.com/")
    ///     .connector(|to| async move { TcpStream::connect((to.host.as_str(), to.port)).await });
    /// ```
    ///
    /// # Errors
    ///
    /// If the function fails, the attempt fails with [`ErrorKind::Connect`](crate::ErrorKind::Connect). `connect` fails
    /// if a TCP option (`resolver`, `local_address`, `tcp_keepalive`, `tcp_nodelay`) is set as well.
    #[must_use]
    fn connector<F, A, S>(self, connector: F) -> Self
    where
        F: Fn(Destination) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Connects to a Unix domain socket instead of TCP. Unix only.
    ///
    /// The URL still determines the `Host` header, the path, and whether TLS is used.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// WebSocket::builder("ws://localhost/path").unix_socket("/run/app.sock");
    /// ```
    ///
    /// # Errors
    ///
    /// `connect` fails if the path contains a NUL or is too long for a socket address (108 bytes on Linux), and if a
    /// proxy or a TCP option is set as well.
    #[cfg(unix)]
    #[must_use]
    fn unix_socket(self, path: impl Into<std::path::PathBuf>) -> Self;

    /// Connects through a proxy. Default: none.
    ///
    /// The URL is one of
    ///
    /// - `http://host`: HTTP CONNECT (RFC 9110, section 9.3.6), default port 80,
    /// - `https://host`: the same over TLS to the proxy, default port 443, with the TLS options of the server,
    /// - `socks5://host` or `socks5h://host`: SOCKS 5 (RFC 1928), default port 1080.
    ///
    /// Each may contain credentials, which a SOCKS proxy receives only if it asks for them. The proxy resolves the server's
    /// name.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// WebSocket::builder("wss://example.com/").proxy("http://user:password@proxy.example:3128");
    /// ```
    ///
    /// # Errors
    ///
    /// `connect` fails if the URL is invalid, or if [`proxy_from_env`](Self::proxy_from_env) is set as well. An attempt
    /// that the proxy rejects fails with [`ErrorKind::Proxy`](crate::ErrorKind::Proxy) and the HTTP status, if there is
    /// one. It is retried like a refusal of the server (rule S8): a 407 is fatal while the client was never open. A
    /// proxy that cannot be reached fails the attempt with the kind of its failure, for example `Dns` or `Connect`.
    #[must_use]
    fn proxy(self, url: impl Into<String>) -> Self;

    /// Connects through the proxy that the environment names. Default: the environment is not read.
    ///
    /// `connect` reads `http_proxy` for ws URLs and `https_proxy` for wss URLs, else `all_proxy`, each in lower or upper case.
    /// As in curl, lower case is preferred, and an empty variable counts as not set. `HTTP_PROXY`, which curl never reads,
    /// is ignored in CGI programs (where `REQUEST_METHOD` is set), because there a request can set it by its `Proxy` header.
    ///
    /// Hosts in `no_proxy` are dialled directly. The list is read as curl 8.23 reads it: names, which include their
    /// subdomains, IP addresses, and networks such as `10.0.0.0/8`, separated by commas; or only `*`, for all hosts.
    ///
    /// # Errors
    ///
    /// `connect` fails if a variable has an invalid URL or is not valid Unicode, or if [`proxy`](Self::proxy) is set as well.
    #[must_use]
    fn proxy_from_env(self) -> Self;

    /// Sets whether redirects (301, 302, 303, 307, 308) are followed, at most five for each attempt. Default: `false`, a
    /// redirect is a refusal.
    ///
    /// A redirect from wss to ws is never followed. A redirect to another origin (scheme, host or port) receives only
    /// the subprotocols and the headers `Origin` and `User-Agent`, and no client certificate (rule S26). The next attempt
    /// starts at the original URL again.
    ///
    /// # Errors
    ///
    /// A redirect that is not followed fails the attempt with
    /// [`ErrorKind::Handshake`](crate::ErrorKind::Handshake).
    #[must_use]
    fn follow_redirects(self, on: bool) -> Self;

    /// Keeps the cookies that servers set, across redirects, attempts, and all clients that share the jar. Default: no
    /// cookies are kept.
    ///
    /// They are sent together with those of a `Cookie` header that [`header`](Self::header) sets.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::{BuilderExt, CookieJar}};
    /// let jar = CookieJar::new();
    /// WebSocket::builder("wss://example.com/feed").cookie_jar(jar.clone());
    /// WebSocket::builder("wss://example.com/chat").cookie_jar(jar);
    /// ```
    #[cfg(feature = "cookies")]
    #[must_use]
    fn cookie_jar(self, jar: CookieJar) -> Self;

    /// Offers the server to compress messages (permessage-deflate, RFC 7692). Default: `None`, not offered.
    ///
    /// See [`Deflate`] for the settings and their cost in memory. Whether the server agreed is in
    /// [`Handshake::extensions`](crate::Handshake::extensions). Browsers always offer it.
    ///
    /// # Errors
    ///
    /// `connect` fails if a setting is out of its range.
    #[cfg(feature = "deflate")]
    #[must_use]
    fn deflate(self, deflate: impl Into<Option<Deflate>>) -> Self;

    /// Trusts these certificates (PEM, one or several) in addition to the usual roots. May be called several times.
    ///
    /// # Errors
    ///
    /// `connect` fails if a text has no certificate or an invalid one, if `rustls_config` or `native_tls_connector` is
    /// set as well, and in a build without TLS.
    ///
    /// # Certificates of your own
    ///
    /// The certificate that `openssl req -x509` makes is that of an authority (`CA:TRUE`). It can be trusted by this option,
    /// but rustls does not accept it as a server's own certificate. The [guide to
    /// TLS](https://github.com/homing-ws/homing/blob/main/docs/guides/tls.md#certificates-of-your-own) shows how to sign a
    /// server's certificate with it, and how to accept exactly one certificate where it cannot be replaced.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// # fn main() -> std::io::Result<()> {
    /// WebSocket::builder("wss://internal.example/").root_certificates_pem(std::fs::read("ca.pem")?);
    /// # Ok(()) }
    /// ```
    #[must_use]
    fn root_certificates_pem(self, pem: impl Into<Vec<u8>>) -> Self;

    /// Sets whether the usual roots are trusted, those of the enabled [features](crate#features) or of the operating system.
    /// Default: `true`. With `false` only the certificates of [`root_certificates_pem`](Self::root_certificates_pem) are.
    ///
    /// # Errors
    ///
    /// `connect` fails if it is `false` and no certificate is set, or if `rustls_config` or `native_tls_connector` is.
    #[must_use]
    fn trust_usual_roots(self, on: bool) -> Self;

    /// Sets the client's certificate chain and private key (both PEM). Default: no client certificate.
    ///
    /// They are shown to the server and to an `https://` proxy if these request a certificate, but not after a redirect
    /// to another origin (rule S26). Both may be the text of one file that contains chain and key.
    ///
    /// # Errors
    ///
    /// `connect` fails if the chain or the key is invalid, if the key is encrypted with a passphrase (the error says how to
    /// decrypt it), if `rustls_config` or `native_tls_connector` is set as well, and
    /// in a build without TLS. The error contains nothing of the text.
    #[must_use]
    fn client_certificate_pem(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self;

    /// Verifies the server's certificate for this name, and sends it as the server name (SNI), instead of the host of the
    /// URL: to dial an address or an internal name. Default: `None`, the host of the URL.
    ///
    /// A DNS name, or an IP address without brackets. The `Host` header is still the URL's. To keep the name in the URL and
    /// choose the address, use [`resolver`](Self::resolver) instead. The name is not used for proxies, and not after a
    /// redirect to another origin.
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// WebSocket::builder("wss://10.0.0.7/feed").tls_server_name("feed.example.com");
    /// ```
    ///
    /// # Errors
    ///
    /// `connect` fails if it is not a name, and in a build without TLS.
    #[must_use]
    fn tls_server_name(self, name: impl Into<String>) -> Self;

    /// Accepts the server only if its public key has this hash, in addition to the usual verification. May be called
    /// several times: one of the keys is enough. Default: every key is accepted. Needs rustls.
    ///
    /// The hash is the SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4) as base64, perhaps after
    /// `sha256/` or `sha256//`. Only the server's own certificate counts, not those of its authorities. Pin a second key
    /// that is kept in reserve: clients with a single pin are locked out when it is replaced.
    ///
    /// ```sh
    /// openssl x509 -in server.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
    /// ```
    ///
    /// ```no_run
    /// # use homing::{WebSocket, native::BuilderExt};
    /// WebSocket::builder("wss://example.com/")
    ///     .pinned_public_key("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    ///     .pinned_public_key("sha256/uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=");
    /// ```
    ///
    /// Works with a [`rustls_config`](Self::rustls_config) too. Redirects must lead to a pinned key as well; a proxy need
    /// not have one. Keys are checked after the TLS handshake, before the request is sent: a client certificate has been
    /// sent by then.
    ///
    /// # Errors
    ///
    /// Another key fails the attempt with [`ErrorKind::Tls`](crate::ErrorKind::Tls), which is retried like any failure of
    /// TLS (rule S8); the error contains the hash of the server's key. `connect` fails if a hash is invalid, or if
    /// `native_tls_connector` is set as well.
    #[cfg(feature = "__rustls")]
    #[must_use]
    fn pinned_public_key(self, sha256: impl Into<String>) -> Self;

    /// Uses this rustls configuration. Default: TLS 1.2 and 1.3, with crypto provider and roots of the enabled
    /// [features](crate#features).
    ///
    /// It is used unchanged with two exceptions: `http/1.1` and nothing else is offered as protocol (ALPN), and no client
    /// certificate is shown after a redirect to another origin. Clients that are given the same `Arc` share its session
    /// tickets and one copy in memory.
    ///
    /// # Errors
    ///
    /// `connect` fails if certificates are set as well.
    #[cfg(feature = "__rustls")]
    #[must_use]
    fn rustls_config(self, config: std::sync::Arc<crate::native::rustls::ClientConfig>) -> Self;

    /// Uses the operating system's TLS library with this connector.
    ///
    /// If the connector requests protocols (ALPN), it must request `http/1.1` only. Redirects over TLS to another origin
    /// are not followed, because the connector may have a client certificate that cannot be removed from it.
    ///
    /// # Errors
    ///
    /// `connect` fails if certificates, pins or a rustls configuration are set as well.
    #[cfg(feature = "native-tls")]
    #[must_use]
    fn native_tls_connector(self, connector: crate::native::native_tls::TlsConnector) -> Self;

    /// Sets the callback for each Ping frame that arrives, with its payload of at most 125 bytes (RFC 6455, section 5.5.2).
    /// Default: none.
    ///
    /// The client itself answers every Ping, before this is called. Like all callbacks this one never overlaps another, and
    /// it is called in the order in which frames and messages arrived. It can be set beside closures, a
    /// [`Handler`](crate::Handler) and a stream of [`Events`](crate::Events), which do not contain Pings. Frames that arrive
    /// before `on_open`, or while the client closes, are not reported; those of a paused client are when it resumes.
    #[must_use]
    fn on_ping(self, callback: impl FnMut(&WebSocket, Bytes) + Send + 'static) -> Self;

    /// Sets the callback for each Pong frame that arrives, with its payload (RFC 6455, section 5.5.3). Default: none.
    ///
    /// Called like [`on_ping`](Self::on_ping). The answers to the client's own Pings are included: their payload is the number
    /// of the heartbeat, as 8 bytes in big-endian order. [`ping`](WebSocket::ping) and
    /// [`on_latency`](crate::Handler::on_latency) report their round trips.
    ///
    /// ```no_run
    /// use homing::{WebSocket, native::BuilderExt};
    ///
    /// let builder = WebSocket::builder("wss://example.com/feed")
    ///     .on_ping(|_, payload| println!("ping of the server: {payload:?}"))
    ///     .on_pong(|_, payload| println!("pong: {payload:?}"));
    /// ```
    #[must_use]
    fn on_pong(self, callback: impl FnMut(&WebSocket, Bytes) + Send + 'static) -> Self;

    /// Connects, and blocks this thread until the client has ended. For programs without a tokio runtime.
    ///
    /// [`run_all`](crate::native::run_all) does the same for several clients.
    ///
    /// # Errors
    ///
    /// Fails like [`connect`](crate::Builder::connect), and if no runtime can be made, for example inside another one.
    fn run(self) -> Result<End, RunError>;
}

/// Options of a [`Request`](crate::Request) that exist natively only.
///
/// ```no_run
/// use homing::{Request, WebSocket, native::RequestExt};
///
/// # async fn fresh_token() -> String { String::new() }
/// // A fresh token for every attempt.
/// WebSocket::builder("wss://example.com/feed").request_provider(|| async {
///     let token = fresh_token().await;
///     Ok(Request::new("wss://example.com/feed").header("Authorization", format!("Bearer {token}")))
/// });
/// ```
pub trait RequestExt: sealed::Sealed {
    /// Adds a header to the opening handshake of this attempt, like [`BuilderExt::header`].
    ///
    /// # Errors
    ///
    /// A header that [`BuilderExt::header`] refuses fails the attempt with
    /// [`ErrorKind::Provider`](crate::ErrorKind::Provider).
    #[must_use]
    fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self;
}

pub(super) mod sealed {
    pub trait Sealed {}
}
