//! The facts of a TLS connection: what it is, through proxies, after redirects, and of resumed sessions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use homing::native::{BuilderExt, HandshakeExt};
use homing::{Event, Reconnect};
use homing_test_server::Server;

use crate::dial::facts::{V4, facts, stages};
use crate::dial::proxies::lost;
use crate::handshake::redirects::redirect;
use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::{hand_on, known};
use crate::support::{client, server};

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
            let builder = builder
                .root_certificates_pem(certified.authority)
                .reconnect(Reconnect::fixed(Duration::from_millis(1)));
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
