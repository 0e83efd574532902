//! The facts of a connection: addresses, proxy, TLS, and how long each stage took.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homing::memory::Network;
use homing::native::{BuilderExt, ConnectionInfo, HandshakeExt, Timings};
use homing::{Builder, Event, Handshake, Reconnect, WebSocket};
use homing_test_server::{Puppet, Server};
use tokio::net::TcpStream;

use crate::dial::proxies::lost;
use crate::handshake::redirects::redirect;
use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::{BlackHole, Scratch, hand_on, known, named};
use crate::support::{Recorder, client, server};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// How long a stage is delayed.
const DELAY: Duration = Duration::from_millis(30);

/// Connects, and returns the facts of the first connection.
async fn facts(builder: Builder, recorder: &Recorder) -> ConnectionInfo {
    let _ws = builder.connect().unwrap();
    recorder.opened().await.connection().clone()
}

/// Returns the names of the stages that took place.
fn stages(timings: &Timings) -> Vec<&'static str> {
    let Timings { resolve, connect, proxy, tls, handshake, .. } = *timings;
    let all = [("resolve", resolve), ("connect", connect), ("proxy", proxy), ("tls", tls), ("handshake", handshake)];
    all.into_iter().filter(|(_, took)| took.is_some()).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn s29_a_plain_connection() {
    let Puppet { url, opened } = Puppet::start().unwrap();
    let (builder, recorder) = client(url);
    let facts = facts(builder, &recorder).await;
    let peer = opened.recv().unwrap();
    assert_eq!(facts.peer_address, Some(peer.local_addr().unwrap()));
    assert_eq!(facts.local_address, Some(peer.peer_addr().unwrap()));
    assert_eq!((&facts.proxy, &facts.tls), (&None, &None));
    assert_eq!(stages(&facts.timings), ["connect", "handshake"]);
}

#[tokio::test]
async fn s29_the_address_that_was_connected_to_first() {
    let server = server();
    let refusing = (1..4).map(|last| IpAddr::V4(Ipv4Addr::new(127, 1, 1, last)));
    let (builder, recorder) = client(named(&server, "/echo"));
    let facts_ = facts(builder.resolver(known(refusing.chain([V4]))), &recorder).await;
    assert_eq!(facts_.peer_address, Some(server.addr()));
    assert_eq!(stages(&facts_.timings), ["resolve", "connect", "handshake"]);

    let Some(_hole) = BlackHole::at((V6, server.addr().port()).into()).await else { return };
    let (builder, recorder) = client(named(&server, "/echo"));
    let facts = facts(builder.resolver(known([V6, V4])), &recorder).await;
    assert_eq!(facts.peer_address, Some(server.addr()));
    let connect = facts.timings.connect.unwrap();
    assert!(connect >= Duration::from_millis(250), "waited for the first address: {connect:?}");
}

#[tokio::test]
async fn s29_how_long_the_stages_took() {
    let server = server();
    server.silence(true);
    let (builder, recorder) = client(named(&server, "/echo"));
    let resolver = |_| async {
        tokio::time::sleep(DELAY).await;
        Ok(vec![V4])
    };
    let start = Instant::now();
    let _ws = builder.resolver(resolver).connect().unwrap();
    recorder.until("connect", |events| events.contains(&Event::Connect)).await;
    tokio::time::sleep(DELAY).await;
    server.silence(false);
    let handshake = recorder.opened().await;
    let Timings { resolve: Some(resolve), connect: Some(connect), handshake: Some(answer), .. } =
        handshake.connection().timings
    else {
        panic!("{handshake:?}")
    };
    assert!(resolve >= DELAY, "{resolve:?}");
    // It begins a moment after `Connect` is reported.
    assert!(answer >= DELAY / 2, "{answer:?}");
    assert!(resolve + connect + answer <= start.elapsed(), "{resolve:?}, {connect:?}, {answer:?}");
}

/// Clients that share a lookup report how long they waited for it.
#[tokio::test]
async fn s29_the_resolver_of_the_operating_system() {
    let server = server();
    let url = named(&server, "/echo").replace("server.test", "localhost");
    for _ in 0..2 {
        let (builder, recorder) = client(url.clone());
        let facts = facts(builder, &recorder).await;
        assert_eq!(facts.peer_address, Some(server.addr()));
        assert_eq!(stages(&facts.timings), ["resolve", "connect", "handshake"]);
    }
}

#[tokio::test]
async fn s29_a_custom_connector() {
    let server = server();
    let address = server.addr();
    let (builder, recorder) = client(named(&server, "/echo"));
    let connector = move |_| async move {
        tokio::time::sleep(DELAY).await;
        TcpStream::connect(address).await
    };
    let tcp = facts(builder.connector(connector), &recorder).await;
    assert_eq!(tcp.peer_address, Some(address));
    assert!(tcp.local_address.is_some_and(|local| local.ip() == V4 && local.port() != 0));
    assert_eq!(stages(&tcp.timings), ["connect", "handshake"]);
    assert!(tcp.timings.connect.unwrap() >= DELAY);

    let (builder, recorder) = client(named(&server, "/echo"));
    let connector = move |_| {
        let (end, other) = tokio::io::duplex(4096);
        hand_on(other, address);
        std::future::ready(Ok(end))
    };
    let other = facts(builder.connector(connector), &recorder).await;
    assert_eq!((other.peer_address, other.local_address), (None, None));
    assert_eq!(stages(&other.timings), ["connect", "handshake"]);
}

#[cfg(unix)]
#[tokio::test]
async fn s29_a_unix_socket_has_no_addresses() {
    let (server, dir) = (server(), Scratch::new());
    let path = dir.path().join("socket");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let address = server.addr();
    tokio::spawn(async move { hand_on(listener.accept().await.unwrap().0, address) });
    let (builder, recorder) = client("ws://server.test/echo");
    let facts = facts(builder.unix_socket(path), &recorder).await;
    assert_eq!((facts.peer_address, facts.local_address), (None, None));
    assert_eq!(stages(&facts.timings), ["connect", "handshake"]);
}

/// Asserts the facts of connections through this proxy.
async fn reports(proxy: &ProxyServer, scheme: &str, credentials: &str) {
    let server = server();
    let (builder, recorder) = lost(server.url("/echo").replace("127.0.0.1", "localhost"));
    let plain = facts(builder.proxy(proxy.url(scheme, credentials)), &recorder).await;
    let at = SocketAddr::from((V4, proxy.port));
    assert_eq!(plain.peer_address, Some(at), "{scheme}: the proxy's");
    assert_eq!(plain.proxy.map(|proxy| proxy.to_string()), Some(at.to_string()), "{scheme}");
    assert_eq!(plain.tls, None, "{scheme}");
    assert_eq!(stages(&plain.timings), ["connect", "proxy", "handshake"], "{scheme}");
}

#[tokio::test]
async fn s29_through_an_http_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    reports(&proxy, "http", "").await;
}

#[tokio::test]
async fn s29_through_a_socks_proxy() {
    let Some(proxy) = ProxyServer::microsocks().await else { return };
    reports(&proxy, "socks5", CREDENTIALS).await;
}

/// In memory there is no connection to report about. A transport of the user's own may report what it knows.
#[test]
fn s29_other_transports() {
    let network = Network::new();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let reported = opened.clone();
    let builder = WebSocket::builder("wss://example.com")
        .on_open(move |_, handshake| reported.lock().unwrap().push(handshake.connection().clone()));
    let _ws = network.connect(builder).unwrap();
    network.advance(Duration::from_secs(1));
    assert_eq!(*opened.lock().unwrap(), [ConnectionInfo::default()]);
    assert_eq!(ConnectionInfo::default().timings, Timings::default());

    let mut known = ConnectionInfo::default();
    known.peer_address = Some((V4, 443).into());
    let mut handshake = Handshake::default();
    handshake.set_connection(known.clone());
    assert_eq!(handshake.clone().connection(), &known);
    assert_ne!(handshake, Handshake::default());
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
mod with_any_tls {
    use super::*;

    /// The facts are those of the last connection.
    #[tokio::test]
    async fn s29_after_a_redirect() {
        let (first, last) = (server(), Server::start_tls("localhost").unwrap());
        let (builder, recorder) = client(first.url(&redirect(307, &last.url("/echo"))));
        let builder = builder.follow_redirects(true).root_certificates_pem(last.ca_pem());
        let redirected = facts(builder, &recorder).await;
        assert_eq!(redirected.peer_address, Some(last.addr()));
        assert_eq!(redirected.tls.unwrap().peer_certificates.len(), 1);
        assert_eq!(stages(&redirected.timings), ["resolve", "connect", "tls", "handshake"]);
    }

    #[tokio::test]
    async fn s29_tls_through_proxies() {
        let http = ProxyServer::tinyproxy("").await.map(|proxy| (proxy, "http", ""));
        let socks = ProxyServer::microsocks().await.map(|proxy| (proxy, "socks5", CREDENTIALS));
        for (proxy, scheme, credentials) in http.into_iter().chain(socks) {
            let server = Server::start_tls("localhost").unwrap();
            let (builder, recorder) = lost(server.url("/echo"));
            let builder = builder.proxy(proxy.url(scheme, credentials)).root_certificates_pem(server.ca_pem());
            let facts = facts(builder, &recorder).await;
            assert_eq!(facts.peer_address, Some((V4, proxy.port).into()), "{scheme}");
            assert_eq!(facts.tls.unwrap().peer_certificates.len(), 1, "{scheme}");
            assert_eq!(stages(&facts.timings), ["connect", "proxy", "tls", "handshake"], "{scheme}");
        }
    }

    /// TLS with the proxy is a part of connecting through it. The facts of TLS are those of the server.
    #[tokio::test]
    async fn s29_tls_with_the_proxy() {
        let Some(proxy) = ProxyServer::squid().await else { return };
        let server = server();
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.proxy(proxy.url("https", CREDENTIALS)).resolver(known([V4]));
        let facts = facts(builder.root_certificates_pem(proxy.authority.clone()), &recorder).await;
        assert_eq!(facts.peer_address, Some((V4, proxy.port).into()));
        assert_eq!(facts.proxy.unwrap().to_string(), format!("localhost:{}", proxy.port));
        assert_eq!(facts.tls, None);
        assert_eq!(stages(&facts.timings), ["resolve", "connect", "proxy", "handshake"]);
    }

    /// Certificates are long, and may name people.
    #[tokio::test]
    async fn s29_s26_certificates_are_not_in_debug_output() {
        let server = Server::start_tls("localhost").unwrap();
        let (builder, recorder) = client(server.url("/echo?token=secret"));
        let _ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
        let handshake = recorder.opened().await;
        let certificate = &handshake.connection().tls.as_ref().unwrap().peer_certificates[0];
        let shown = format!("{handshake:?} {:?}", recorder.events());
        assert!(shown.contains("peer_certificates: 1 omitted"), "{shown}");
        assert!(shown.contains(&format!("peer_address: Some({})", server.addr())), "{shown}");
        let bytes = format!("{:?}", &certificate[..10]);
        assert!(!shown.contains(bytes.trim_matches(['[', ']'])) && !shown.contains("secret"), "{shown}");
    }
}

#[cfg(feature = "__rustls")]
mod with_rustls {
    use homing::native::TlsVersion;
    use homing::native::rustls::pki_types::CertificateDer;
    use homing::native::rustls::pki_types::pem::PemObject;
    use homing::native::rustls::version::{TLS12, TLS13};
    use homing::native::rustls::{HandshakeKind, ServerConfig};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::dial::tls_faults::certified;

    /// What a server knows about a session.
    #[derive(Debug)]
    struct Session {
        cipher_suite: String,
        /// `None` if there was no key exchange.
        group: Option<String>,
        alpn: Option<String>,
        resumed: bool,
    }

    /// Terminates TLS in front of a server. Returns its port, and the sessions.
    async fn terminate(config: ServerConfig, to: SocketAddr) -> (u16, mpsc::UnboundedReceiver<Session>) {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (report, sessions) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stream = acceptor.accept(stream).await.unwrap();
                let tls = stream.get_ref().1;
                let session = Session {
                    cipher_suite: format!("{:?}", tls.negotiated_cipher_suite().unwrap().suite()),
                    group: tls.negotiated_key_exchange_group().map(|group| format!("{:?}", group.name())),
                    alpn: tls.alpn_protocol().map(|protocol| String::from_utf8(protocol.to_vec()).unwrap()),
                    resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
                };
                let _ = report.send(session);
                hand_on(stream, to);
            }
        });
        (port, sessions)
    }

    /// Client and server agree on every fact, in the first session and in the one that resumes it.
    #[tokio::test]
    async fn s29_tls_and_resumed_sessions() {
        let server = server();
        for (version, protocol, alpn) in [
            (TlsVersion::Tls12, &TLS12, &["http/1.1"][..]),
            (TlsVersion::Tls12, &TLS12, &[]),
            (TlsVersion::Tls13, &TLS13, &["http/1.1"]),
            (TlsVersion::Tls13, &TLS13, &[]),
        ] {
            let mut certified = certified(false, &[protocol], |_| {});
            let certificate = CertificateDer::from_pem_slice(certified.certificate.as_bytes()).unwrap();
            certified.config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
            let (port, mut sessions) = terminate(certified.config, server.addr()).await;

            let (builder, recorder) = client(format!("wss://localhost:{port}/echo"));
            let builder = builder.root_certificates_pem(certified.authority).reconnect(Reconnect::fixed(DELAY));
            let ws = builder.resolver(known([V4])).connect().unwrap();
            for resumed in [false, true] {
                let session = sessions.recv().await.unwrap();
                let is_open = |event: &Event| matches!(event, Event::Open(_));
                let opened = 1 + usize::from(resumed);
                recorder.until("open", |_| recorder.count(is_open) == opened).await;
                let Some(Event::Open(handshake)) = recorder.events().into_iter().rfind(is_open) else { unreachable!() };
                let connection = handshake.connection();
                assert_eq!(connection.peer_address, Some((V4, port).into()));
                assert_eq!(stages(&connection.timings), ["resolve", "connect", "tls", "handshake"]);
                let tls = connection.tls.as_ref().unwrap();
                assert_eq!((tls.version, tls.resumed), (Some(version), Some(resumed)), "{session:?}");
                assert_eq!(session.resumed, resumed, "{session:?}");
                let suite = tls.cipher_suite.as_ref().unwrap();
                assert_eq!(*suite, session.cipher_suite.replace("TLS13_", "TLS_"));
                assert_eq!(suite.contains("_WITH_"), version == TlsVersion::Tls12, "a name of this version: {suite}");
                // A resumed session of TLS 1.2 has no key exchange.
                let has_exchange = !(resumed && version == TlsVersion::Tls12);
                assert_eq!((&tls.key_exchange_group, has_exchange), (&session.group, session.group.is_some()));
                assert_eq!(tls.alpn_protocol, session.alpn);
                assert_eq!(tls.alpn_protocol.as_deref(), alpn.first().copied());
                assert_eq!(tls.peer_certificates, [certificate.to_vec()]);
                // The answer comes after the tickets that resume the session.
                ws.send("hello").unwrap();
                recorder.messages_are(opened).await;
                ws.reconnect();
            }
        }
    }
}

#[cfg(feature = "native-tls")]
mod with_native_tls {
    use homing::native::TlsInfo;
    use homing::native::native_tls::{Certificate, TlsConnector};

    use super::*;

    /// The library does not report the rest.
    #[tokio::test]
    async fn s29_the_tls_library_of_the_operating_system() {
        let server = Server::start_tls("localhost").unwrap();
        let authority = Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
        let connector = TlsConnector::builder().add_root_certificate(authority).build().unwrap();
        let (builder, recorder) = client(server.url("/echo"));
        let facts = facts(builder.native_tls_connector(connector), &recorder).await;
        assert_eq!(facts.peer_address, Some(server.addr()));
        assert_eq!(stages(&facts.timings), ["resolve", "connect", "tls", "handshake"]);
        let mut tls = facts.tls.unwrap();
        let certificates = std::mem::take(&mut tls.peer_certificates);
        assert!(matches!(certificates.as_slice(), [certificate] if certificate.starts_with(&[0x30, 0x82])));
        assert_eq!(tls, TlsInfo::default());
    }
}
