//! TLS sessions that are resumed by later attempts and by other clients, and pinned keys, which are checked then as well.

use std::sync::Arc;

use homing::native::BuilderExt;
use homing::native::rustls::client::Resumption;
use homing::native::rustls::pki_types::CertificateDer;
use homing::native::rustls::pki_types::pem::PemObject;
use homing::native::rustls::{ClientConfig, RootCertStore};
use homing::{Builder, Error, ErrorKind, Event, WebSocket};
use homing_test_server::{Server, What};

use crate::dial::facts::V4;
use crate::handshake::redirects::redirect;
use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::known;
use crate::support::{Recorder, assert_hides, client};

fn servers() -> [(&'static str, Server); 2] {
    [("TLSv1_3", Server::start_tls("localhost").unwrap()), ("TLSv1_2", Server::start_tls12("localhost").unwrap())]
}

fn trusting(server: &Server) -> (Builder, Recorder) {
    let (builder, recorder) = client(server.url("/echo"));
    (builder.root_certificates_pem(server.ca_pem()), recorder)
}

async fn open((builder, recorder): (Builder, Recorder)) -> (WebSocket, Recorder) {
    let ws = builder.connect().unwrap();
    recorder.opened().await;
    (ws, recorder)
}

/// Opens a connection and closes it.
async fn opens(client: (Builder, Recorder)) {
    drop(open(client).await);
}

/// Whether each handshake resumed a session.
fn resumed(server: &Server) -> Vec<bool> {
    server.tls_handshakes().into_iter().map(|handshake| handshake.resumed).collect()
}

fn custom(server: &Server) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(crate::support::provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

#[tokio::test]
async fn reconnects_resume_the_session() {
    for (version, server) in servers() {
        let (ws, recorder) = open(trusting(&server)).await;
        for reconnects in 1..=3 {
            ws.reconnect();
            let opens = |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Open(_))).count();
            recorder.until("open again", |events| opens(events) == reconnects + 1).await;
        }
        assert_eq!(resumed(&server), [false, true, true, true], "{version}");
        let first = &server.tls_handshakes()[0];
        assert_eq!((&*first.version, first.alpn.as_deref()), (version, Some("http/1.1")));
    }
}

/// Clients that trust the same certificates have one configuration, and so share its sessions.
#[tokio::test]
async fn other_clients_resume_the_session() {
    for (version, server) in servers() {
        let first = open(trusting(&server)).await;
        opens(trusting(&server)).await;
        drop(first);
        assert_eq!(resumed(&server), [false, true], "{version}");
    }
}

#[tokio::test]
async fn a_custom_configuration_resumes_sessions_as_it_says() {
    for (version, server) in servers() {
        let config = Arc::new(custom(&server));
        let of = |config: &Arc<ClientConfig>| {
            let (builder, recorder) = client(server.url("/echo"));
            (builder.rustls_config(config.clone()), recorder)
        };
        // All of them ended: the sessions are in the user's configuration.
        opens(of(&config)).await;
        opens(of(&config)).await;
        assert_eq!(resumed(&server), [false, true], "{version}");

        let mut without = custom(&server);
        without.resumption = Resumption::disabled();
        let without = Arc::new(without);
        opens(of(&without)).await;
        opens(of(&without)).await;
        assert_eq!(resumed(&server), [false, true, false, false], "{version}");
        // It offers nothing itself.
        let protocols: Vec<_> = server.tls_handshakes().into_iter().map(|handshake| handshake.alpn).collect();
        assert_eq!(protocols, vec![Some("http/1.1".to_owned()); 4], "{version}");
    }
}

/// Returns the error of a client with this pin.
async fn failure((builder, recorder): (Builder, Recorder), pin: &str) -> Error {
    let _ws = builder.pinned_public_key(pin).connect().unwrap();
    recorder.failed().await.0
}

/// A valid pin that no server here has.
const OTHER: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Returns the pin of the server's key, from the error about another one.
async fn pin_of(server: &Server) -> String {
    pin_seen(trusting(server)).await
}

async fn pin_seen(client: (Builder, Recorder)) -> String {
    let error = failure(client, OTHER).await;
    assert_eq!(error.kind(), &ErrorKind::Tls);
    let text = error.to_string();
    for words in ["pinned_public_key", "valid", "sha256/"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    text.split_once("sha256/").unwrap().1[..44].to_owned()
}

#[tokio::test]
async fn s23_pinned_keys() {
    for (version, server) in servers() {
        let requests = || server.journal().iter().filter(|entry| matches!(entry.what, What::Request { .. })).count();
        let pin = pin_of(&server).await;
        assert_eq!(requests(), 0, "{version}: nothing was sent to it");
        let (builder, recorder) = trusting(&server);
        // One of several is enough.
        opens((builder.pinned_public_key(OTHER).pinned_public_key(format!("sha256/{pin}")), recorder)).await;
        assert_eq!(requests(), 1);

        // With a configuration of the user's own.
        let of = || {
            let (builder, recorder) = client(server.url("/echo"));
            (builder.rustls_config(Arc::new(custom(&server))), recorder)
        };
        assert_eq!(failure(of(), OTHER).await.kind(), &ErrorKind::Tls);
        let (builder, recorder) = of();
        opens((builder.pinned_public_key(&pin), recorder)).await;
        assert_eq!(requests(), 2);
    }
}

/// Clients with and without pins have one configuration, and so share its sessions.
#[tokio::test]
async fn s23_pinned_keys_of_resumed_sessions() {
    for (version, server) in servers() {
        opens(trusting(&server)).await;
        let pin = pin_of(&server).await;
        let (builder, recorder) = trusting(&server);
        opens((builder.pinned_public_key(&pin), recorder)).await;
        // That of the other pin may be broken off before the server has finished it.
        let resumed = resumed(&server);
        assert!(!resumed[0] && resumed.len() > 1 && resumed[1..].iter().all(|it| *it), "{version}: {resumed:?}");
    }
}

/// The usual verification comes first.
#[tokio::test]
async fn s23_a_pin_does_not_replace_trust() {
    let server = Server::start_tls("localhost").unwrap();
    let pin = pin_of(&server).await;
    let error = failure(client(server.url("/echo")), &pin).await;
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

/// They are retried, because what stands in between may go away.
#[tokio::test]
async fn s08_another_key_is_retried() {
    let server = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = trusting(&server);
    let delay = std::time::Duration::from_secs(60);
    let _ws = builder.pinned_public_key(OTHER).reconnect(homing::Reconnect::fixed(delay)).connect().unwrap();
    assert_eq!(recorder.failed().await.1.retry_in, Some(delay));
}

#[tokio::test]
async fn s26_redirects_must_lead_to_a_pinned_key() {
    let (first, second) = (Server::start_tls("localhost").unwrap(), Server::start_tls("localhost").unwrap());
    let pins = [pin_of(&first).await, pin_of(&second).await];
    let with = |pins: &[String]| {
        let (builder, recorder) = client(first.url(&redirect(307, &second.url("/echo"))));
        let builder = builder.root_certificates_pem(first.ca_pem()).root_certificates_pem(second.ca_pem());
        (pins.iter().fold(builder.follow_redirects(true), Builder::pinned_public_key), recorder)
    };
    let (builder, recorder) = with(&pins[..1]);
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
    opens(with(&pins)).await;
}

/// It has a name and a key of its own.
#[tokio::test]
async fn s23_a_proxy_needs_no_pinned_key() {
    let Some(proxy) = ProxyServer::squid().await else { return };
    let server = Server::start_tls("feed.test").unwrap();
    let url = server.url("/echo").replace("feed.test", "localhost");
    let with = || {
        let (builder, recorder) = client(url.clone());
        let builder = builder.root_certificates_pem(server.ca_pem()).tls_server_name("feed.test");
        let builder = builder.root_certificates_pem(proxy.authority.clone()).resolver(known([V4]));
        (builder.proxy(proxy.url("https", CREDENTIALS)), recorder)
    };
    let pin = pin_seen(with()).await;
    let (builder, recorder) = with();
    opens((builder.pinned_public_key(pin), recorder)).await;
}

#[tokio::test]
async fn s01_invalid_pins_are_refused() {
    for invalid in ["", "secret", "sha1/secret", "sha256/secret"] {
        let error = client("wss://localhost/").0.pinned_public_key(invalid).connect().expect_err(invalid);
        assert_eq!(error.option, "pinned_public_key");
        assert_hides(&error, &["secret"]);
    }
}
