//! How [`BuilderExt`] and [`RequestExt`] store the native options.

use core::time::Duration;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::builder::Builder;
use crate::client::WebSocket;
use crate::close::End;
use crate::native::builder_ext::sealed::Sealed;
use crate::native::builder_ext::{BuilderExt, RequestExt};
use crate::native::dial::connector::Destination;
use crate::native::dial::proxy_choice::ProxyChoice;
#[cfg(feature = "cookies")]
use crate::native::handshake::cookies::{CookieJar, Cookies};
#[cfg(unix)]
use crate::native::options::UNIX_SOCKET;
use crate::native::run::{self, RunError};
#[cfg(feature = "deflate")]
use crate::native::wire::deflate::Deflate;
use crate::request::Request;

impl Sealed for Builder {}
impl Sealed for Request {}

impl BuilderExt for Builder {
    fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.request.headers.push((name.into(), value.into()));
        self
    }

    fn tcp_nodelay(mut self, on: bool) -> Self {
        self.settings.options.nodelay = on;
        self
    }

    fn tcp_keepalive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.settings.options.keepalive = after.into();
        self
    }

    fn local_address(mut self, address: IpAddr) -> Self {
        self.settings.options.local_address = Some(address);
        self
    }

    fn resolver<F, A>(mut self, resolver: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.settings.options.resolver = Some(Arc::new(resolver));
        self
    }

    fn connector<F, A, S>(mut self, connector: F) -> Self
    where
        F: Fn(Destination) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.settings.options.connector = Some(("connector", Arc::new(connector)));
        self.settings.options.unix_socket_fault = None;
        self
    }

    #[cfg(unix)]
    fn unix_socket(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        let path = path.into();
        // Fails if the path is too long or contains a NUL.
        let checked = std::os::unix::net::SocketAddr::from_pathname(&path);
        self.settings.options.unix_socket_fault = checked.err().map(|error| error.to_string());
        let connector = move |_: Destination| tokio::net::UnixStream::connect(path.clone());
        self.settings.options.connector = Some((UNIX_SOCKET, Arc::new(connector)));
        self
    }

    fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.options.proxy = self.settings.options.proxy.combine(ProxyChoice::Fixed(url.into()));
        self
    }

    fn proxy_from_env(mut self) -> Self {
        self.settings.options.proxy = self.settings.options.proxy.combine(ProxyChoice::Environment);
        self
    }

    fn follow_redirects(mut self, on: bool) -> Self {
        self.settings.options.follows_redirects = on;
        self
    }

    #[cfg(feature = "cookies")]
    fn cookie_jar(mut self, jar: CookieJar) -> Self {
        self.settings.options.cookies = Cookies(Some(jar));
        self
    }

    #[cfg(feature = "deflate")]
    fn deflate(mut self, deflate: impl Into<Option<Deflate>>) -> Self {
        self.settings.options.deflate = deflate.into();
        self
    }

    fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.options.tls.roots.push(pem.into());
        self
    }

    fn trust_usual_roots(mut self, on: bool) -> Self {
        self.settings.options.tls.only_added_roots = !on;
        self
    }

    fn client_certificate_pem(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.settings.options.tls.identity = Some((chain.into(), key.into()));
        self
    }

    fn tls_server_name(mut self, name: impl Into<String>) -> Self {
        self.settings.options.tls.server_name = Some(name.into());
        self
    }

    #[cfg(feature = "__rustls")]
    fn pinned_public_key(mut self, sha256: impl Into<String>) -> Self {
        self.settings.options.tls.pins.push(sha256.into());
        self
    }

    #[cfg(feature = "__rustls")]
    fn rustls_config(mut self, config: std::sync::Arc<crate::native::rustls::ClientConfig>) -> Self {
        self.settings.options.tls.rustls = Some(config);
        self
    }

    #[cfg(feature = "native-tls")]
    fn native_tls_connector(mut self, connector: crate::native::native_tls::TlsConnector) -> Self {
        self.settings.options.tls.native = Some(connector);
        self
    }

    fn on_ping(mut self, callback: impl FnMut(&WebSocket, Bytes) + Send + 'static) -> Self {
        self.settings.options.on_ping = Some(Arc::new(Mutex::new(callback)));
        self
    }

    fn on_pong(mut self, callback: impl FnMut(&WebSocket, Bytes) + Send + 'static) -> Self {
        self.settings.options.on_pong = Some(Arc::new(Mutex::new(callback)));
        self
    }

    fn run(self) -> Result<End, RunError> {
        run::run(self)
    }
}

impl RequestExt for Request {
    fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
