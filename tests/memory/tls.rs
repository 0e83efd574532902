//! Memory of idle connections over TLS. Client and server share a process, so each measurement contains the server's part,
//! which the differences cancel.

use std::sync::Arc;

use homing::native::BuilderExt;
use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::*;

const CLIENTS: usize = 50;
const HOST: &str = "localhost";
/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 22;

#[derive(Clone, Copy)]
enum Kind {
    Homing {
        secure: bool,
    },
    /// A TCP stream, with a session of rustls or without.
    Stream {
        secure: bool,
    },
}

struct Peer {
    port: u16,
    config: Arc<ClientConfig>,
}

impl Peer {
    /// Serves connections with and without TLS.
    async fn start() -> Self {
        let made = generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(ring::default_provider());
        let server =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let server = server.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut client = client.with_root_certificates(roots).with_no_client_auth();
        client.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accept(stream, acceptor.clone()));
            }
        });
        Self { port, config: Arc::new(client) }
    }

    /// Returns the bytes that each of so many connections takes on both sides.
    async fn each(&self, kind: Kind) -> usize {
        // The first connections allocate what all share.
        let _first = self.open(kind, 5).await;
        let before = MEMORY.current_usage();
        let opened = self.open(kind, CLIENTS).await;
        let bytes = MEMORY.current_usage().saturating_sub(before);
        drop(opened);
        bytes / CLIENTS
    }

    async fn open(&self, kind: Kind, count: usize) -> Vec<Held> {
        let mut held = Vec::with_capacity(count);
        for _ in 0..count {
            held.push(self.connect(kind).await);
        }
        let open = |held: &Held| !matches!(held, Held::Client(ws) if ws.state() != homing::State::Open);
        until("all are open", || held.iter().all(open)).await;
        // Session tickets arrive after the handshake, which no event reports, nor that the server waits for more.
        let mut usage = 0;
        while usage != std::mem::replace(&mut usage, MEMORY.current_usage()) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        held
    }

    async fn connect(&self, kind: Kind) -> Held {
        let Self { port, config } = self;
        match kind {
            Kind::Homing { secure } => {
                let scheme = if secure { "wss" } else { "ws" };
                let client = client(&format!("{scheme}://{HOST}:{port}/"));
                let client = if secure { client.rustls_config(config.clone()) } else { client };
                Held::Client(client.connect().unwrap())
            }
            Kind::Stream { secure } => {
                let stream = TcpStream::connect(("127.0.0.1", *port)).await.unwrap();
                Held::Task(if secure {
                    let name = ServerName::try_from(HOST).unwrap();
                    let stream = TlsConnector::from(config.clone()).connect(name, stream).await.unwrap();
                    tokio::spawn(wait(Box::new(stream)))
                } else {
                    tokio::spawn(wait(stream))
                })
            }
        }
    }
}

/// Ends the connection on drop.
enum Held {
    Client(WebSocket),
    Task(tokio::task::JoinHandle<()>),
}

impl Drop for Held {
    fn drop(&mut self) {
        match self {
            Self::Client(ws) => ws.abort(),
            Self::Task(task) => task.abort(),
        }
    }
}

/// Sends a request, reads the response and waits for more, as any client does.
async fn wait(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(b"GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    while let Ok(1..) = stream.read(&mut [0; 8]).await {}
}

async fn accept(stream: TcpStream, acceptor: TlsAcceptor) {
    let mut first = [0];
    let _ = stream.peek(&mut first).await;
    if first[0] == HANDSHAKE {
        // A client that has seen enough leaves.
        if let Ok(stream) = acceptor.accept(stream).await {
            tokio::spawn(hold(Box::new(stream)));
        }
    } else {
        tokio::spawn(hold(Box::new(stream)));
    }
}

/// Answers a request and holds the connection.
async fn hold(mut stream: Box<impl AsyncRead + AsyncWrite + Unpin>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    drop(head);
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.flush().await;
    drop(answer);
    while let Ok(1..) = stream.read(&mut [0; 8]).await {}
}

/// TLS takes no more than a session of rustls does, and the client's own part is small.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_idle_connection_over_tls_takes_what_its_session_takes() {
    let _alone = ALONE.lock().await;
    let peer = Peer::start().await;
    let session = peer.each(Kind::Stream { secure: true }).await - peer.each(Kind::Stream { secure: false }).await;
    let with_tls = peer.each(Kind::Homing { secure: true }).await;
    let plain = peer.each(Kind::Homing { secure: false }).await;
    let own = plain - peer.each(Kind::Stream { secure: false }).await;
    println!("a session takes {session} bytes on both sides, TLS {}, the client {own}", with_tls - plain);
    assert!(with_tls - plain <= session + KIB / 2, "TLS takes {} bytes, a session {session}", with_tls - plain);
    assert!(own < 5 * KIB, "a client takes {own} bytes besides TCP and TLS");
}
