//! A server that holds connections with and without TLS on one port.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::ServerConfig;

use crate::clients::runtime;
use crate::server::hold_any;
use crate::system;

pub(crate) const TLS: &str = "serve-tls";
/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 22;
/// Where most systems have their root certificates.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

pub(crate) fn serve(roots: &str) {
    system::pin(system::SERVER_CORE);
    system::allow_many_files();
    let (acceptor, authority) = acceptor();
    let known = std::fs::read_to_string(SYSTEM).unwrap_or_default();
    std::fs::write(roots, authority + &known).expect("a file for the roots");
    runtime().block_on(async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(4096).expect("listen");
        println!("{}", listener.local_addr().expect("an address").port());
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(hold(stream, acceptor.clone()));
        }
    });
}

/// Returns the acceptor, and the certificate of its authority as PEM.
fn acceptor() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new([]).expect("valid names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&authority_key).expect("a certificate");
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a valid address");
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for every version")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("a certificate with its key");
    (Arc::new(config).into(), authority.pem())
}

/// Names the kind of handshake in a header of the answer.
async fn hold(stream: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    stream.peek(&mut first).await?;
    if first[0] != HANDSHAKE {
        return hold_any(stream, "").await;
    }
    let stream = acceptor.accept(stream).await?;
    let kind = stream.get_ref().1.handshake_kind().expect("it is complete");
    hold_any(stream, &format!("TLS-Handshake: {kind:?}\r\n")).await
}
