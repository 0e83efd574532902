//! The features of rustls: which cryptography it uses, and which certificates it trusts.

use homing::native::BuilderExt;
use homing::native::rustls::crypto::{CryptoProvider, ring};
use homing::{Builder, Message};
use homing_test_server::{Server, TlsHandshake};

use crate::support::child::is_own_process;
use crate::support::{Recorder, client};

fn trusting(server: &Server) -> (Builder, Recorder) {
    let (builder, recorder) = client(server.url("/echo"));
    (builder.root_certificates_pem(server.ca_pem()), recorder)
}

/// Exchanges a message and returns what the server saw of the handshake.
async fn handshake(server: &Server, (builder, recorder): (Builder, Recorder)) -> TlsHandshake {
    let ws = builder.connect().unwrap();
    recorder.opened().await;
    ws.send("hello").unwrap();
    assert_eq!(recorder.messages_are(1).await, [Message::text("hello")]);
    server.tls_handshakes().pop().unwrap()
}

/// A key exchange that a quantum computer does not break later, if the server offers it as well.
#[cfg(feature = "rustls-aws-lc-rs")]
#[tokio::test]
async fn aws_lc_rs_has_a_post_quantum_key_exchange() {
    use std::sync::Arc;

    use homing::native::HandshakeExt;
    use homing::native::rustls::pki_types::CertificateDer;
    use homing::native::rustls::pki_types::pem::PemObject;
    use homing::native::rustls::{ClientConfig, RootCertStore};

    let server = Server::start_tls("localhost").unwrap();
    assert_eq!(handshake(&server, trusting(&server)).await.group, "X25519MLKEM768");
    let (builder, recorder) = trusting(&server);
    let _ws = builder.connect().unwrap();
    let facts = recorder.opened().await.connection().tls.clone().unwrap();
    assert_eq!(facts.key_exchange_group.as_deref(), Some("X25519MLKEM768"));

    // ring has none. The server accepts both.
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let (builder, recorder) = client(server.url("/echo"));
    let with_ring = (builder.rustls_config(Arc::new(config.with_no_client_auth())), recorder);
    assert_eq!(handshake(&server, with_ring).await.group, "X25519");

    // TLS 1.2 has none either, whatever both sides are made of.
    let server = Server::start_tls12("localhost").unwrap();
    assert_eq!(handshake(&server, trusting(&server)).await.group, "X25519");
}

/// Of a program that has installed one, for example one that is certified, that is used.
#[tokio::test]
async fn the_crypto_provider_of_the_process() {
    if !is_own_process("dial::providers::the_crypto_provider_of_the_process", &[]) {
        return;
    }
    let server = Server::start_tls("localhost").unwrap();
    let without = trusting(&server).0.connect();
    if cfg!(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs")) {
        drop(without.expect("a feature has one"));
    } else {
        let error = without.unwrap_err();
        assert_eq!(error.option, "url");
        assert!(error.to_string().contains("rustls-ring"), "{error}");
        // Without TLS none is needed.
        let plain = crate::support::server();
        let (builder, recorder) = client(plain.url("/echo"));
        let _ws = builder.connect().unwrap();
        recorder.opened().await;
    }
    let provider = CryptoProvider { kx_groups: vec![ring::kx_group::SECP384R1], ..ring::default_provider() };
    provider.install_default().unwrap();
    // Not the server of before, whose roots have a configuration by now.
    let server = Server::start_tls("localhost").unwrap();
    assert_eq!(handshake(&server, trusting(&server)).await.group, "secp384r1");
}

/// By the roots of the system, or its verifier. On Linux `SSL_CERT_FILE` names a file of them, which is read once for each
/// process.
#[cfg(all(any(feature = "rustls-native-roots", feature = "rustls-platform-verifier"), target_os = "linux"))]
#[tokio::test]
async fn the_trust_of_the_operating_system() {
    use homing::native::HandshakeExt;

    const NAME: &str = "dial::providers::the_trust_of_the_operating_system";
    const URLS: &str = "HOMING_TEST_URLS";
    let Ok(urls) = std::env::var(URLS) else {
        let (trusted, other) = (Server::start_tls("localhost").unwrap(), Server::start_tls("localhost").unwrap());
        let path = std::env::temp_dir().join(format!("homing-roots-{}.pem", std::process::id()));
        std::fs::write(&path, trusted.ca_pem()).unwrap();
        let urls = format!("{} {} {}", trusted.url("/echo"), other.url("/echo"), path.display());
        assert!(!is_own_process(NAME, &[("SSL_CERT_FILE", path.to_str().unwrap()), (URLS, &urls)]));
        std::fs::remove_file(&path).unwrap();
        return;
    };
    if !cfg!(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs")) {
        ring::default_provider().install_default().unwrap();
    }
    let mut urls = urls.split(' ');
    let trusted = urls.next().unwrap();
    // The configuration that clients without options share, and with it its sessions.
    for resumed in [false, true] {
        let (builder, recorder) = client(trusted);
        let _ws = builder.connect().unwrap();
        let handshake = recorder.opened().await;
        assert_eq!(handshake.connection().tls.as_ref().unwrap().resumed, Some(resumed));
    }

    let (builder, recorder) = client(urls.next().unwrap());
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert!(error.to_string().contains("root_certificates_pem"), "another authority of the same name: {error}");

    // That of the system counts as well as one that is added, unless it is excluded.
    let added = Server::start_tls("localhost").unwrap();
    handshake(&added, trusting(&added)).await;
    let (builder, recorder) = client(trusted);
    let _ws = builder.root_certificates_pem(added.ca_pem()).trust_usual_roots(false).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert!(error.to_string().contains("root_certificates_pem"), "of the system: {error}");
}
