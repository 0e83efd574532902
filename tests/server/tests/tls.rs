//! The server over TLS.

mod common;

use common::{SOON, has};
use futures_util::{SinkExt, StreamExt};
use homing_test_server::{Server, What};
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

async fn tls(server: &Server, trusting: &Server, identity: bool) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusting.ca_pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = if identity {
        let (cert, key) = server.client_identity_pem();
        let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        builder.with_client_auth_cert(vec![cert], key).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    let stream = TcpStream::connect(server.addr()).await?;
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn open(server: &Server, path: &str, identity: bool) -> Result<WebSocketStream<TlsStream<TcpStream>>, Error> {
    let stream = tls(server, server, identity).await.map_err(Error::Io)?;
    let (socket, _) = tokio_tungstenite::client_async(server.url(path), stream).await?;
    Ok(socket)
}

#[tokio::test]
async fn echo_and_good_end() {
    let server = Server::start_tls("localhost").unwrap();
    assert_eq!(server.url("/echo"), format!("wss://localhost:{}/echo", server.addr().port()));
    let mut socket = open(&server, "/echo", false).await.unwrap();
    let message = Message::binary(vec![1; 100_000]);
    socket.send(message.clone()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), message);
    socket.close(None).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_close());
    assert!(socket.next().await.is_none());
    drop(socket);
    assert!(server.wait_for_async(SOON, |entries| has(entries, &What::Disconnected)).await);
}

#[tokio::test]
async fn bad_ends() {
    let server = Server::start_tls("localhost").unwrap();
    for path in ["/drop?after=1", "/rst?after=1"] {
        let mut socket = open(&server, path, false).await.unwrap();
        socket.send(Message::text("x")).await.unwrap();
        let end = socket.next().await.unwrap().unwrap_err();
        let reset = matches!(&end, Error::Io(error) if error.kind() == io::ErrorKind::ConnectionReset);
        assert_eq!(reset, path.starts_with("/rst"), "{path}: {end}");
    }
    let mut socket = open(&server, "/echo", false).await.unwrap();
    server.kill();
    let end = socket.next().await.unwrap().unwrap_err();
    assert!(matches!(&end, Error::Io(error) if error.kind() == io::ErrorKind::ConnectionReset), "{end}");
}

#[tokio::test]
async fn strangers_are_not_trusted() {
    let server = Server::start_tls("localhost").unwrap();
    let other = Server::start_tls("localhost").unwrap();
    assert!(tls(&server, &other, false).await.is_err());
    let reported = |entries: &[homing_test_server::Entry]| {
        entries.iter().any(|e| matches!(&e.what, What::ProtocolError(why) if why.starts_with("TLS: ")))
    };
    assert!(server.wait_for_async(SOON, reported).await);

    let named = Server::start_tls("example.test").unwrap();
    assert!(tls(&named, &named, false).await.is_err());
    assert!(named.url("").starts_with("wss://example.test:"));
}

#[tokio::test]
async fn client_certificates() {
    let server = Server::start_mtls("localhost").unwrap();
    let mut socket = open(&server, "/echo", true).await.unwrap();
    socket.send(Message::text("known")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("known"));
    assert!(open(&server, "/echo", false).await.is_err());
}
