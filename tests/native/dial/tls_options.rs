//! Options of TLS: names apart from the host, keys that cannot be read, several things in one file.

use homing::native::BuilderExt;
use homing::{ConfigError, ErrorKind, Message};
use homing_test_server::{Server, TlsHandshake, What};

use crate::handshake::redirects::redirect;
use crate::support::{assert_hides, client};

/// Dials an address, or another name, and verifies the certificate's name.
#[tokio::test]
async fn a_server_name_apart_from_the_host() {
    let server = Server::start_tls("feed.example.com").unwrap();
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost"] {
        let (builder, recorder) = client(format!("wss://{host}:{port}/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem()).tls_server_name("Feed.Example.com");
        let ws = builder.connect().unwrap();
        recorder.opened().await;
        ws.send("hello").unwrap();
        assert_eq!(recorder.messages_are(1).await, [Message::text("hello")], "{host}");
        let journal = server.journal();
        let request = journal.iter().rev().find(|entry| matches!(entry.what, What::Request { .. })).unwrap();
        assert_eq!(request.what.header("host"), Some(&*format!("{host}:{port}")), "the URL's");
    }
    let names = server.tls_handshakes().into_iter().map(|handshake| handshake.server_name);
    assert_eq!(names.collect::<Vec<_>>(), vec![Some("feed.example.com".to_owned()); 2]);

    let (builder, recorder) = client(format!("wss://127.0.0.1:{port}/echo"));
    let builder = builder.root_certificates_pem(server.ca_pem()).tls_server_name("other.example.com");
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Tls, "another name is not accepted: {error}");
}

/// An address as the name to verify, while the URL has a name. It is not sent (RFC 6066, section 3).
#[tokio::test]
async fn an_address_as_server_name() {
    let server = Server::start_tls("127.0.0.1").unwrap();
    let (builder, recorder) = client(server.url("/echo").replace("127.0.0.1", "localhost"));
    let _ws = builder.root_certificates_pem(server.ca_pem()).tls_server_name("127.0.0.1").connect().unwrap();
    recorder.opened().await;
    let [TlsHandshake { server_name, .. }] = &server.tls_handshakes()[..] else { panic!("one handshake") };
    assert_eq!(server_name, &None);
}

/// It is a name for the URL's host, and no other host has it.
#[tokio::test]
async fn s26_the_server_name_is_not_used_after_a_redirect_to_another_origin() {
    let (first, second) = (Server::start_tls("first.test").unwrap(), Server::start_tls("localhost").unwrap());
    let away = redirect(307, &second.url("/echo"));
    let (builder, recorder) = client(first.url(&away).replace("first.test", "127.0.0.1"));
    let builder = builder.root_certificates_pem(first.ca_pem()).root_certificates_pem(second.ca_pem());
    let _ws = builder.tls_server_name("first.test").follow_redirects(true).connect().unwrap();
    recorder.opened().await;
    assert_eq!(second.tls_handshakes()[0].server_name.as_deref(), Some("localhost"));
}

#[tokio::test]
async fn s01_invalid_server_names_are_refused() {
    for invalid in ["", "a b", "wss://secret.example", "secret.example:443", "[::1]", "1.2.3.4.5"] {
        let error = client("wss://localhost/").0.tls_server_name(invalid).connect().expect_err(invalid);
        assert_eq!(error.option, "tls_server_name", "{invalid}");
        assert_hides(&error, &["secret"]);
    }
}

/// Returns the error of this key with a valid chain.
fn refused(key: impl Into<Vec<u8>>) -> ConfigError {
    let (chain, _) = Server::start_mtls("localhost").unwrap().client_identity_pem();
    client("wss://localhost/").0.client_certificate_pem(chain, key).connect().unwrap_err()
}

#[tokio::test]
async fn s01_keys_with_a_passphrase_are_refused() {
    for key in [include_str!("samples/encrypted-pkcs8.pem"), include_str!("samples/encrypted-traditional.pem")] {
        let error = refused(key);
        assert_eq!(error.option, "client_certificate_pem");
        for words in ["encrypted", "passphrase", "openssl pkey"] {
            assert!(error.to_string().contains(words), "{words}: {error}");
        }
        assert_hides(&error, &[key.lines().nth_back(1).unwrap()]);
    }
    // Also among the certificates, where both are in one file.
    let both =
        format!("{}{}", Server::start_tls("a.test").unwrap().ca_pem(), include_str!("samples/encrypted-pkcs8.pem"));
    let error = client("wss://localhost/").0.client_certificate_pem(both.clone(), both).connect().unwrap_err();
    assert!(error.to_string().contains("encrypted"), "{error}");
}

#[tokio::test]
async fn s01_binary_files_are_refused() {
    let binary = [&[0x30, 0x82, 1, 2, 3][..], b"secret"].concat();
    let error = refused(binary.clone());
    assert_eq!(error.option, "client_certificate_pem");
    assert!(error.to_string().contains("openssl pkcs12"), "{error}");
    assert_hides(&error, &["secret"]);
    let error = client("wss://localhost/").0.root_certificates_pem(binary).connect().unwrap_err();
    assert_eq!(error.option, "root_certificates_pem");
    assert!(error.to_string().contains("openssl x509 -inform der"), "{error}");
}

#[tokio::test]
async fn chain_and_key_in_one_file() {
    let server = Server::start_mtls("localhost").unwrap();
    let (chain, key) = server.client_identity_pem();
    for file in [format!("{chain}{key}"), format!("{key}\n{chain}"), format!("{chain}{key}").replace('\n', "\r\n")] {
        let (builder, recorder) = client(server.url("/echo"));
        let builder = builder.root_certificates_pem(server.ca_pem()).client_certificate_pem(file.clone(), file);
        let _ws = builder.connect().unwrap();
        recorder.opened().await;
    }
}

/// native-tls takes fewer kinds of keys, and says so.
#[tokio::test]
async fn s01_keys_of_the_old_kind() {
    let server = Server::start_mtls("localhost").unwrap();
    let key = include_str!("samples/sec1.pem");
    let (chain, _) = server.client_identity_pem();
    let error = client(server.url("/echo")).0.client_certificate_pem(chain, key).connect().unwrap_err();
    // rustls reads it, and finds that it is not that of the certificate.
    let expected = if cfg!(feature = "__rustls") { "Mismatch" } else { "openssl pkcs8" };
    assert!(error.to_string().contains(expected), "{error}");
}

/// With native-tls, those after the first had no effect.
#[tokio::test]
async fn s01_every_certificate_of_a_bundle_is_trusted() {
    let servers = [(); 3].map(|()| Server::start_tls("localhost").unwrap());
    let bundle: String = servers.iter().map(|server| format!("# its authority\n{}\n", server.ca_pem())).collect();
    for server in &servers {
        let (builder, recorder) = client(server.url("/echo"));
        let _ws = builder.root_certificates_pem(bundle.as_str()).connect().unwrap();
        recorder.opened().await;
    }
    let damaged = bundle.rsplit_once("-----END").unwrap().0;
    let error = client("wss://localhost/").0.root_certificates_pem(damaged).connect().unwrap_err();
    assert_eq!(error.option, "root_certificates_pem");
}

#[tokio::test]
async fn s01_only_added_roots_are_trusted() {
    let server = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = client(server.url("/echo"));
    let _ws = builder.root_certificates_pem(server.ca_pem()).trust_usual_roots(false).connect().unwrap();
    recorder.opened().await;

    let other = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = client(server.url("/echo"));
    let _ws = builder.root_certificates_pem(other.ca_pem()).trust_usual_roots(false).connect().unwrap();
    assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Tls);

    let error = client(server.url("/echo")).0.trust_usual_roots(false).connect().unwrap_err();
    assert_eq!(error.option, "trust_usual_roots");
}
