//! Redirects: which are followed, and what is not sent to another origin.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use homing::native::{BuilderExt, RequestExt};
use homing::{ErrorKind, Event, Message, Reconnect, Request};
use homing_test_server::{Server, What};

use crate::support::proxy_servers::ProxyServer;
use crate::support::{assert_hides, client, server};

/// Returns a path of the test server that redirects to `to`.
pub(crate) fn redirect(status: u16, to: &str) -> String {
    let encode = |byte: u8| if byte.is_ascii_alphanumeric() { (byte as char).into() } else { format!("%{byte:02X}") };
    let to: String = to.bytes().map(encode).collect();
    format!("/http?status={status}&location={to}")
}

fn requests(server: &Server) -> Vec<What> {
    let entries = server.journal().into_iter().map(|entry| entry.what);
    entries.filter(|what| matches!(what, What::Request { .. })).collect()
}

#[tokio::test]
async fn every_redirect_status_is_followed_if_enabled() {
    let server = server();
    for status in [301, 302, 303, 307, 308] {
        let (builder, recorder) = client(server.url(&redirect(status, "/echo?from=redirect#top")));
        let ws = builder.protocol("none").follow_redirects(true).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert!(error.to_string().contains("none of the subprotocols"), "{status} leads to /echo: {error}");
        drop(ws);

        let (builder, recorder) = client(server.url(&redirect(status, "/echo?from=redirect#top")));
        let ws = builder.follow_redirects(true).connect().unwrap();
        recorder.opened().await;
        ws.send("arrived").unwrap();
        assert_eq!(recorder.messages_are(1).await, [Message::text("arrived")]);
        assert_eq!(recorder.count(|event| matches!(event, Event::Connect)), 1, "once for each attempt");

        let (builder, recorder) = client(server.url(&redirect(status, "/echo")));
        let _ws = builder.connect().unwrap();
        assert_eq!(recorder.failed().await.0.status(), Some(status), "not followed by default");
    }
    for status in [300, 304, 305] {
        let (builder, recorder) = client(server.url(&redirect(status, "/echo")));
        let _ws = builder.follow_redirects(true).connect().unwrap();
        assert_eq!(recorder.failed().await.0.status(), Some(status));
    }
}

#[tokio::test]
async fn at_most_five_redirects_are_followed() {
    let server = server();
    let chain = |length: usize| (0..length).fold("/echo".to_owned(), |to, _| redirect(302, &to));
    let (builder, recorder) = client(server.url(&chain(5)));
    let _ws = builder.follow_redirects(true).connect().unwrap();
    recorder.opened().await;
    assert_eq!(requests(&server).len(), 6);

    let (builder, recorder) = client(server.url(&chain(6)));
    let _ws = builder.follow_redirects(true).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.status(), Some(302));
    assert!(error.to_string().contains("more than 5 redirects"), "{error}");
    assert_eq!(requests(&server).len(), 12);
}

/// A server that controls `Location` must not receive the credentials of the first server.
#[tokio::test]
async fn s26_secrets_are_not_sent_to_another_origin() {
    let (first, second) = (server(), server());
    for (to, server) in [(second.url("/echo?x=1"), &second), (first.url("/echo?y=1"), &first)] {
        let url = first.url(&redirect(307, &to)).replace("ws://", "ws://user:pass-secret@");
        let (builder, recorder) = client(url);
        let builder = builder.header("Cookie", "id=cookie-secret").header("X-Api-Key", "key-secret");
        let builder = builder.header("User-Agent", "test").header("Origin", "https://app.test");
        let ws = builder.header("Proxy-Authorization", "secret").follow_redirects(true).connect().unwrap();
        recorder.opened().await;
        drop(ws);
        let asked = requests(server).pop().unwrap();
        let What::Request { path, headers } = &asked else { unreachable!() };
        assert!(path.starts_with("/echo"));
        let is_other = core::ptr::eq(server, &second);
        assert_eq!(format!("{headers:?}").contains("secret"), !is_other, "{headers:?}");
        assert_eq!(asked.header("authorization").is_some(), !is_other);
        assert_eq!((asked.header("user-agent"), asked.header("origin")), (Some("test"), Some("https://app.test")));
        assert_eq!(asked.header("host"), Some(&*server.addr().to_string()));
    }
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
#[tokio::test]
async fn s26_a_redirect_from_wss_to_ws_is_not_followed() {
    let (plain, secure) = (server(), Server::start_tls("localhost").unwrap());
    let (builder, recorder) = client(plain.url(&redirect(308, &secure.url("/echo"))));
    let builder = builder.root_certificates_pem(secure.ca_pem()).follow_redirects(true);
    let _ws = builder.connect().unwrap();
    recorder.opened().await;

    let before = requests(&plain).len();
    for scheme in ["ws", "http"] {
        let to = plain.url("/echo?token=secret").replace("ws://", &format!("{scheme}://"));
        let (builder, recorder) = client(secure.url(&redirect(302, &to)));
        let builder = builder.root_certificates_pem(secure.ca_pem()).follow_redirects(true);
        let _ws = builder.connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert!(matches!(error.kind(), ErrorKind::Handshake { status: Some(302), .. }), "{error:?}");
        assert!(error.to_string().contains("from wss to ws"), "{error}");
        assert_hides(&error, &["secret"]);
    }
    assert_eq!(requests(&plain).len(), before);
}

/// The error names the URL that failed, not the original one.
#[tokio::test]
async fn s23_the_error_names_the_url_that_failed() {
    let (first, second) = (server(), server());
    second.stop();
    let (builder, recorder) = client(first.url(&redirect(302, &second.url("/moved?token=secret"))));
    let _ws = builder.follow_redirects(true).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Connect);
    assert!(error.to_string().contains(&second.url("/moved")), "{error}");
    assert_hides(&error, &["secret"]);
}

/// Every attempt starts at the provider's URL with a fresh token, through a proxy as well.
#[tokio::test]
async fn s08b_a_provider_and_redirects() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    let server = server();
    let calls = AtomicUsize::new(0);
    let url = server.url(&redirect(302, "/drop"));
    let (builder, recorder) = client("ws://unused.test/");
    let builder = builder.request_provider(move || {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let request = Request::new(&url).header("Authorization", format!("Bearer {call}"));
        async move { Ok(request) }
    });
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).proxy(proxy.url("http", ""));
    let _ws = builder.follow_redirects(true).connect().unwrap();
    let is_open = |event: &Event| matches!(event, Event::Open(_));
    recorder.until("two attempts", |_| recorder.count(is_open) >= 2).await;
    let requests = requests(&server);
    let tokens: Vec<_> = requests.iter().filter_map(|what| what.header("authorization")).take(4).collect();
    assert_eq!(tokens, ["Bearer 0", "Bearer 0", "Bearer 1", "Bearer 1"]);
}
