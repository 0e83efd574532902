//! How the clients connect over TLS, and the configuration that they share.

use std::sync::Arc;

use homing::{Builder, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::{ClientConfig, Resumption};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

pub(crate) type BareTls = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The variable that names the file with the root certificates of the system.
pub(crate) const ROOTS: &str = "SSL_CERT_FILE";
const HOST: &str = "127.0.0.1";

/// Returns a URL with the server's address.
pub(crate) fn url(scheme: &str, port: &str) -> String {
    format!("{scheme}://{HOST}:{port}/hold")
}

/// Returns the contents of the file with the root certificates.
pub(crate) fn roots() -> Vec<u8> {
    std::fs::read(std::env::var(ROOTS).expect("set for children")).expect("root certificates")
}

/// Returns the certificate of the server's authority as PEM.
pub(crate) fn authority() -> Vec<u8> {
    let roots = String::from_utf8(roots()).expect("text");
    let end = "-----END CERTIFICATE-----";
    roots[..roots.find(end).expect("a certificate") + end.len()].into()
}

/// Returns the configuration of a program that shares it between its connections, with all root certificates.
pub(crate) fn config(resumes: bool) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(CertificateDer::pem_slice_iter(&roots()).flatten());
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for every version")
        .with_root_certificates(store)
        .with_no_client_auth();
    if !resumes {
        config.resumption = Resumption::disabled();
    }
    Arc::new(config)
}

/// Connects with TCP_NODELAY, as homing does by default. Without a configuration tokio-tungstenite makes one.
pub(crate) async fn connect_bare(url: String, config: Option<Arc<ClientConfig>>) -> (BareTls, Response) {
    let connector = config.map(Connector::Rustls);
    connect_async_tls_with_config(url, None, true, connector).await.expect("a connection")
}

/// Performs both handshakes, without a WebSocket library.
pub(crate) async fn connect_session(port: &str, config: Option<Arc<ClientConfig>>) -> Session {
    let mut stream = TcpStream::connect(format!("{HOST}:{port}")).await.expect("a connection");
    stream.set_nodelay(true).expect("nodelay");
    let request = format!(
        "GET /hold HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let Some(config) = config else {
        upgrade(&mut stream, &request).await;
        return Session::Plain(stream);
    };
    let name = ServerName::try_from(HOST).expect("an address");
    let mut stream = tokio_rustls::TlsConnector::from(config).connect(name, stream).await.expect("TLS");
    upgrade(&mut stream, &request).await;
    Session::Tls(Box::new(stream))
}

/// A stream after the opening handshake.
pub(crate) enum Session {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

async fn upgrade(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), request: &str) {
    stream.write_all(request.as_bytes()).await.expect("a request");
    stream.flush().await.expect("a request");
    let (mut answer, mut length) = ([0; 1024], 0);
    while !answer[..length].ends_with(b"\r\n\r\n") {
        length += stream.read(&mut answer[length..]).await.expect("an answer");
    }
}

/// Connects. `open` is called with the kind of the handshake as the server names it.
pub(crate) fn connect_homing(builder: Builder, mut open: impl FnMut(&str) + Send + 'static) -> WebSocket {
    let builder = builder
        .on_open(move |_, handshake| open(handshake.headers.get("tls-handshake").unwrap_or_default()))
        .on_close(|_, event| {
            if event.retry_in.is_some() {
                eprintln!("lost: {event:?}");
            }
        });
    builder.connect().expect("a valid configuration")
}
