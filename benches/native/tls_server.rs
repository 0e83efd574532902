//! A server that holds connections with and without TLS on one port.

use homing_test_server::tls_config;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

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
    let (config, authority) = tls_config("127.0.0.1").expect("a certificate");
    let acceptor = TlsAcceptor::from(config);
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
