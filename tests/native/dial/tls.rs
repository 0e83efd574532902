//! TLS: trusted and untrusted servers, client certificates, and builds with another library or none.

#![allow(unused_imports, reason = "a build without TLS has one test only")]

use std::sync::Arc;
use std::time::Duration;

use homing::native::BuilderExt;
use homing::{ErrorKind, Message, Reconnect};
use homing_test_server::{Server, What};

use crate::support::{assert_hides, client, doings, seen};

#[cfg(not(any(feature = "__rustls", feature = "native-tls")))]
#[test]
fn s01_a_build_without_tls_refuses_tls_options() {
    let error = client("wss://127.0.0.1:1/").0.connect().unwrap_err();
    assert_eq!(error.option, "url");
    assert!(error.to_string().contains("TLS features"), "{error}");
    let error = client("ws://127.0.0.1:1/").0.root_certificates_pem("x").connect().unwrap_err();
    assert!(error.to_string().contains("no TLS"), "{error}");
}

/// Tests for rustls or, in a build without it, the operating system's library.
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
mod with_any {
    use super::*;

    #[tokio::test]
    async fn a_custom_authority_is_trusted() {
        for host in ["localhost", "127.0.0.1"] {
            let server = Server::start_tls(host).unwrap();
            let (builder, recorder) = client(server.url("/echo"));
            let ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
            recorder.opened().await;
            ws.send("hello").unwrap();
            ws.send(vec![7; 1 << 20]).unwrap();
            let messages = recorder.messages_are(2).await;
            assert_eq!(messages[0], Message::text("hello"), "{host}");
            assert!(messages[1].as_bytes() == vec![7; 1 << 20], "{host}");
            ws.close(4000, "").unwrap();
            let close = recorder.closed().await;
            assert_eq!((close.code.get(), close.clean), (4000, true), "{host}");
        }
    }

    /// They are retried, because a certificate may be renewed and a clock be set.
    #[tokio::test]
    async fn s08_untrusted_certificates_are_retried() {
        let (server, other) = (Server::start_tls("localhost").unwrap(), Server::start_tls("localhost").unwrap());
        let elsewhere = Server::start_tls("example.org").unwrap();
        let by_address = |server: &Server| format!("wss://127.0.0.1:{}/echo?token=secret", server.addr().port());
        let cases = [
            ("unknown authority", server.url("/echo?token=secret"), None),
            ("other authority", server.url("/echo?token=secret"), Some(other.ca_pem())),
            ("wrong name", by_address(&elsewhere).replace("127.0.0.1", "localhost"), Some(elsewhere.ca_pem())),
            ("name, not address", by_address(&server), Some(server.ca_pem())),
        ];
        for (name, url, authority) in cases {
            let (mut builder, recorder) = client(url);
            if let Some(pem) = authority {
                builder = builder.root_certificates_pem(pem);
            }
            let delay = Duration::from_secs(60);
            let _ws = builder.reconnect(Reconnect::fixed(delay)).connect().unwrap();
            let (error, close) = recorder.failed().await;
            assert_eq!((error.kind(), error.code()), (&ErrorKind::Tls, 1), "{name}: {error}");
            assert_eq!(close.retry_in, Some(delay), "{name}");
            assert_hides(&error, &["secret"]);
            assert_eq!(recorder.events().len(), 2, "{name}: not connected: {:?}", recorder.events());
        }
        for server in [&server, &elsewhere] {
            let requests = server.journal().iter().filter(|it| matches!(it.what, What::Request { .. })).count();
            assert_eq!(requests, 0, "nothing was sent to an untrusted server");
        }
    }

    #[tokio::test]
    async fn certificates_of_clients() {
        let server = Server::start_mtls("localhost").unwrap();
        let (chain, key) = server.client_identity_pem();
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem());
        let _ws = builder.client_certificate_pem(chain, key).connect().unwrap();
        recorder.opened().await;

        // With TLS 1.3 the refusal arrives instead of the response.
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem());
        let _ws = builder.connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");

        // A valid certificate of another authority.
        let (chain, key) = Server::start_mtls("localhost").unwrap().client_identity_pem();
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem());
        let _ws = builder.client_certificate_pem(chain, key).connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Tls);
    }

    #[tokio::test]
    async fn s23_a_server_without_tls() {
        let server = crate::support::server();
        let (builder, recorder) = client(server.url("/echo").replace("ws://", "wss://"));
        let _ws = builder.connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
    }

    /// It is refused before anything is dialled. The error does not contain the text, which may be a key.
    #[tokio::test]
    async fn s01_invalid_pem_is_refused() {
        let server = Server::start_mtls("localhost").unwrap();
        let (chain, key) = server.client_identity_pem();
        // Line breaks are lost, as often in environment variables.
        let in_one_line = key.replace('\n', " ");
        let body = key.lines().nth(1).unwrap();
        let numbers = format!("{:?}", &body.as_bytes()[..10]);
        let secret = [&body[..10], numbers.trim_matches(['[', ']'])];
        let label_only = format!("-----BEGIN {body}\n");
        let unfinished = key.lines().take(2).collect::<Vec<_>>().join("\n");
        let not_base64 = key.replacen(&body[..1], "?", 5);
        for bad in ["", "garbage", body, &in_one_line, &label_only, &unfinished, &not_base64, &chain] {
            let refused = client(server.url("/echo")).0.client_certificate_pem(chain.clone(), bad).connect();
            let error = refused.expect_err(bad);
            assert_eq!(error.option, "client_certificate_pem", "{bad}");
            assert_hides(&error, &secret);
        }
        for bad in ["", "garbage", &in_one_line, &label_only, &unfinished, &key] {
            let refused = client(server.url("/echo")).0.root_certificates_pem(bad).connect();
            let error = refused.expect_err(bad);
            assert_eq!(error.option, "root_certificates_pem", "{bad}");
            assert_hides(&error, &secret);
            let refused = client(server.url("/echo")).0.client_certificate_pem(bad, key.clone()).connect();
            assert_hides(&refused.expect_err(bad), &secret);
        }
        let (_, key_of_another) = Server::start_mtls("localhost").unwrap().client_identity_pem();
        let refused = client(server.url("/echo")).0.client_certificate_pem(chain, key_of_another).connect();
        assert_eq!(refused.expect_err("not the key of this certificate").option, "client_certificate_pem");
        assert_eq!(server.journal(), []);
    }

    /// A TLS connection that is cut was not closed cleanly.
    #[tokio::test]
    async fn s23_a_tls_connection_cut_without_close_notify() {
        let server = Server::start_tls("localhost").unwrap();
        let (builder, recorder) = client(server.url("/drop"));
        let _ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
        let (error, close) = recorder.failed().await;
        assert_eq!((error.kind(), close.code.get(), close.clean), (&ErrorKind::Io, 1006, false), "{error}");
    }

    #[tokio::test]
    async fn s08d_a_stalled_tls_handshake_has_the_open_timeout() {
        let server = Server::start_tls("localhost").unwrap();
        server.silence(true);
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem()).open_timeout(Duration::from_millis(200));
        let _ws = builder.connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::OpenTimeout);
    }
}

#[cfg(feature = "__rustls")]
mod with_rustls {
    use homing::native::rustls::crypto::{CryptoProvider, ring};
    use homing::native::rustls::pki_types::CertificateDer;
    use homing::native::rustls::pki_types::pem::PemObject;
    use homing::native::rustls::version::TLS12;
    use homing::native::rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// A library must not install a default for the process, and rustls panics without a default unless a provider is given.
    #[tokio::test]
    async fn no_default_crypto_provider_is_needed_or_installed() {
        assert!(CryptoProvider::get_default().is_none());
        let server = Server::start_tls("localhost").unwrap();
        let (builder, recorder) = client(server.url("/echo"));
        let _ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
        recorder.opened().await;
        assert!(CryptoProvider::get_default().is_none());
    }

    fn config(server: &Server) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        // TLS 1.2 shows that the configuration is used.
        let builder = builder.with_protocol_versions(&[&TLS12]).unwrap().with_root_certificates(roots);
        Arc::new(builder.with_no_client_auth())
    }

    #[tokio::test]
    async fn a_custom_configuration() {
        let server = Server::start_tls("localhost").unwrap();
        let config = config(&server);
        let (builder, recorder) = client(server.url("/echo"));
        let ws = builder.rustls_config(config.clone()).connect().unwrap();
        recorder.opened().await;
        ws.send("hello").unwrap();
        assert_eq!(recorder.messages_are(1).await, [Message::text("hello")]);

        let refused = client(server.url("/echo")).0.rustls_config(config).root_certificates_pem("x").connect();
        assert_eq!(refused.unwrap_err().option, "rustls_config");
        // TLS 1.2 reports a missing client certificate during the handshake.
        let server = Server::start_mtls("localhost").unwrap();
        let (builder, recorder) = client(server.url("/echo"));
        let _ws = builder.rustls_config(self::config(&server)).connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Tls);
    }
}

#[cfg(feature = "native-tls")]
mod with_native_tls {
    use homing::native::native_tls::{Certificate, TlsConnector};

    use super::*;

    #[tokio::test]
    async fn the_tls_library_of_the_operating_system() {
        let (server, other) = (Server::start_tls("localhost").unwrap(), Server::start_tls("localhost").unwrap());
        let connector = || {
            let authority = Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
            TlsConnector::builder().add_root_certificate(authority).build().unwrap()
        };
        let (builder, recorder) = client(server.url("/echo"));
        let ws = builder.native_tls_connector(connector()).connect().unwrap();
        recorder.opened().await;
        ws.send("hello").unwrap();
        assert_eq!(recorder.messages_are(1).await, [Message::text("hello")]);

        let (builder, recorder) = client(other.url("/echo"));
        let _ws = builder.native_tls_connector(connector()).connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Tls);
        let refused = client(server.url("/echo")).0.native_tls_connector(connector()).root_certificates_pem("x");
        assert_eq!(refused.connect().unwrap_err().option, "native_tls_connector");
    }
}
