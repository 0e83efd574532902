//! Connections through real proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use homing::native::{BuilderExt, RequestExt};
use homing::{Builder, EndReason, ErrorKind, Event, Message, Reconnect, Request};
use homing_test_server::{Server, What};
use tokio::process::Command;

use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::routes::known;
use crate::support::{PATIENCE, Recorder, assert_hides, client, full_name, server};

pub(crate) const LONG: Duration = Duration::from_secs(60);
const SECRETS: [&str; 4] = ["secret", "proxy-user", "cHJveHktdXNlc", "token"];
const PASS: &str = "pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }";

/// Returns a URL whose host only the proxy resolves to the server.
fn beyond(server: &Server, path: &str) -> String {
    let url = server.url(path);
    url.replace("127.0.0.1", "localhost")
}

/// Returns a client that cannot reach the server without a proxy.
pub(crate) fn lost(url: String) -> (Builder, Recorder) {
    let (builder, recorder) = client(url);
    (builder.resolver(known([[127, 1, 1, 1].into()])), recorder)
}

async fn echoes(builder: Builder, recorder: &Recorder) {
    let ws = builder.connect().unwrap();
    recorder.opened().await;
    ws.send("there and back").unwrap();
    assert_eq!(recorder.messages_are(1).await, [Message::text("there and back")]);
}

/// Asserts a refusal by the proxy with this status, fatal or not, without `on_connect`. Returns the text of the error.
pub(crate) async fn refused(builder: Builder, recorder: &Recorder, status: Option<u16>, is_fatal: bool) -> String {
    let ws = builder.reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    let (error, close) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Proxy { status }, "{error}");
    assert_eq!((error.status(), error.code()), (status, 1), "{error}");
    assert_eq!(close.retry_in, (!is_fatal).then_some(LONG), "{error}");
    assert_eq!(recorder.count(|event| matches!(event, Event::Connect)), 0, "{error}");
    assert_hides(&error, &SECRETS);
    if is_fatal {
        assert_eq!(ws.closed().await.reason, EndReason::Fatal);
    }
    error.to_string()
}

#[tokio::test]
async fn through_an_http_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    let server = server();
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    echoes(builder.proxy(proxy.url("http", "")), &recorder).await;
    assert_eq!(recorder.count(|event| matches!(event, Event::Connect)), 1);
    let asked = server.journal().into_iter().find(|entry| matches!(entry.what, What::Request { .. })).unwrap();
    let host = format!("localhost:{}", server.addr().port());
    assert_eq!(asked.what.header("host"), Some(&*host), "the server's, not the proxy's");
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
#[tokio::test]
async fn tls_through_an_http_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    let server = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = lost(server.url("/echo"));
    let builder = builder.proxy(proxy.url("http", "")).root_certificates_pem(server.ca_pem());
    echoes(builder, &recorder).await;
}

#[tokio::test]
async fn s26_credentials_for_an_http_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("BasicAuth proxy-user secret").await else { return };
    let server = server();
    let url = || beyond(&server, "/echo?token=secret");
    let (builder, recorder) = lost(url());
    echoes(builder.proxy(proxy.url("http", "proxy-user:se%63ret")), &recorder).await;
    let text = format!("{:?}", server.journal());
    assert!(!text.to_lowercase().contains("proxy-authorization"), "for the proxy only: {text}");

    // This proxy has another status for wrong credentials.
    for (credentials, status, detail) in
        [("", 407, "Proxy Authentication Required"), ("proxy-user:wrong-secret", 401, "Unauthorized")]
    {
        let (builder, recorder) = lost(url());
        let builder = builder.proxy(proxy.url("http", credentials));
        let text = refused(builder, &recorder, Some(status), true).await;
        assert!(text.contains(detail), "{text}");
    }
    assert_eq!(server.journal().iter().filter(|entry| entry.what == What::Accepted).count(), 1);
}

/// A proxy that refuses the request would refuse it again. One that cannot connect now may do so later.
#[tokio::test]
async fn s08_s23_refusals_of_http_proxies() {
    let Some(proxy) = ProxyServer::tinyproxy("ConnectPort 1").await else { return };
    let server = server();
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    refused(builder.proxy(proxy.url("http", "")), &recorder, Some(403), true).await;

    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    server.stop();
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    refused(builder.proxy(proxy.url("http", "")), &recorder, Some(500), false).await;
}

/// TLS to the proxy, and inside it TLS to the server.
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
#[tokio::test]
async fn tls_to_the_proxy() {
    let Some(proxy) = ProxyServer::squid().await else { return };
    let (plain, secure) = (server(), Server::start_tls("localhost").unwrap());
    let local = || known([[127, 0, 0, 1].into()]);
    for (url, authorities) in [
        // The server has another name than the proxy.
        (plain.url("/echo"), vec![proxy.authority.clone()]),
        (secure.url("/echo"), vec![proxy.authority.clone(), secure.ca_pem().to_owned()]),
    ] {
        let (mut builder, recorder) = client(url);
        for pem in authorities {
            builder = builder.root_certificates_pem(pem);
        }
        echoes(builder.proxy(proxy.url("https", CREDENTIALS)).resolver(local()), &recorder).await;
    }

    let (builder, recorder) = client(beyond(&plain, "/echo"));
    let builder = builder.root_certificates_pem(proxy.authority.clone()).resolver(local());
    refused(builder.proxy(proxy.url("https", "proxy-user:wrong-secret")), &recorder, Some(407), true).await;

    // An untrusted proxy receives no request, and errors distinguish proxy and server.
    let (builder, recorder) = client(beyond(&plain, "/echo"));
    let _ws = builder.resolver(local()).proxy(proxy.url("https", CREDENTIALS)).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
    assert!(error.to_string().contains(&format!("proxy localhost:{}", proxy.port)), "{error}");
    assert_hides(&error, &SECRETS);
    let (builder, recorder) = client(secure.url("/echo"));
    let builder = builder.root_certificates_pem(proxy.authority.clone()).resolver(local());
    let _ws = builder.proxy(proxy.url("https", CREDENTIALS)).connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
    assert!(!error.to_string().contains("proxy"), "{error}");
}

#[tokio::test]
async fn through_a_socks_proxy() {
    let Some(proxy) = ProxyServer::dante(PASS).await else { return };
    let server = server();
    for scheme in ["socks5", "socks5h"] {
        let (builder, recorder) = lost(beyond(&server, "/echo"));
        echoes(builder.proxy(proxy.url(scheme, "")), &recorder).await;
    }
    let (builder, recorder) = lost(server.url("/echo"));
    echoes(builder.proxy(proxy.url("socks5", "")), &recorder).await;

    server.stop();
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    let text = refused(builder.proxy(proxy.url("socks5", "")), &recorder, None, false).await;
    assert!(text.contains("refused"), "{text}");

    let Some(proxy) = ProxyServer::dante("block { from: 127.0.0.1/32 to: 0.0.0.0/0 }").await else { return };
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    let text = refused(builder.proxy(proxy.url("socks5", "")), &recorder, None, false).await;
    assert!(text.contains("not allowed"), "{text}");
}

#[tokio::test]
async fn s26_credentials_for_a_socks_proxy() {
    let Some(proxy) = ProxyServer::microsocks().await else { return };
    let server = server();
    let (builder, recorder) = lost(beyond(&server, "/echo"));
    echoes(builder.proxy(proxy.url("socks5", CREDENTIALS)), &recorder).await;
    for (credentials, detail) in [("proxy-user:wrong-secret", "not accepted"), ("", "support")] {
        let (builder, recorder) = lost(beyond(&server, "/echo?token=secret"));
        let text = refused(builder.proxy(proxy.url("socks5", credentials)), &recorder, None, false).await;
        assert!(text.contains(detail), "{text}");
    }
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
#[tokio::test]
async fn tls_through_a_socks_proxy() {
    let Some(proxy) = ProxyServer::microsocks().await else { return };
    let server = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = lost(server.url("/echo"));
    let builder = builder.proxy(proxy.url("socks5", CREDENTIALS)).root_certificates_pem(server.ca_pem());
    echoes(builder, &recorder).await;
}

#[tokio::test]
async fn s08b_a_provider_behind_a_proxy() {
    let Some(proxy) = ProxyServer::tinyproxy("").await else { return };
    let server = server();
    let (builder, recorder) = lost("ws://unused.test/".into());
    let calls = Arc::new(AtomicUsize::new(0));
    let urls = [beyond(&server, "/http?status=401"), beyond(&server, "/echo")];
    let builder = builder.request_provider(move || {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let request = Request::new(&urls[call.min(1)]).header("Authorization", format!("Bearer {call}"));
        async move { Ok(request) }
    });
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).proxy(proxy.url("http", ""));
    echoes(builder, &recorder).await;
    let journal = server.journal();
    let tokens: Vec<_> = journal.iter().filter_map(|entry| entry.what.header("authorization")).collect();
    assert_eq!(tokens, ["Bearer 0", "Bearer 1"]);
}

#[tokio::test]
async fn s23_a_proxy_that_does_not_listen() {
    let (builder, recorder) = lost("ws://server.test/?token=secret".into());
    let _ws = builder.proxy("http://proxy-user:secret@proxy.test:1").connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::Connect);
    assert!(error.to_string().contains("proxy proxy.test:1"), "{error}");
    assert_hides(&error, &SECRETS);

    let (builder, recorder) = client("ws://server.test/");
    let _ws = builder.resolver(known([])).proxy("proxy.test:1").connect().unwrap();
    assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Dns);
}

/// The environment belongs to the process, so this test runs itself in child processes.
#[tokio::test]
async fn the_environment_is_read_only_if_requested() {
    if let Some(url) = std::env::var_os("HOMING_TEST_URL") {
        return in_this_environment(url.into_string().unwrap()).await;
    }
    let Some(proxy) = ProxyServer::tinyproxy("BasicAuth proxy-user secret").await else { return };
    let server = server();
    let with = proxy.url("http", "proxy-user:secret");
    let run = async |variables: &[(&str, &str)], asked: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = full_name(module_path!(), "the_environment_is_read_only_if_requested");
        command.args([&*name, "--exact", "--nocapture"]);
        command.env("HOMING_TEST_URL", beyond(&server, "/echo")).env("HOMING_TEST_ASKED", asked);
        for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        let output = command.envs(variables.iter().copied()).kill_on_drop(true).output();
        let output = tokio::time::timeout(3 * PATIENCE, output).await.expect("in time").unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.split("outcome: ").nth(1));
        line.unwrap_or_else(|| panic!("no outcome: {text}")).to_owned()
    };
    assert_eq!(run(&[("HTTP_PROXY", &with)], "1").await, "open");
    assert_eq!(run(&[("all_proxy", &with)], "1").await, "open");
    // Without a proxy the client cannot reach the server.
    assert_eq!(run(&[("HTTP_PROXY", &with)], "0").await, "Connect");
    assert_eq!(run(&[("HTTPS_PROXY", &with)], "1").await, "Connect");
    assert_eq!(run(&[("HTTP_PROXY", &with), ("NO_PROXY", "localhost")], "1").await, "Connect");
    assert_eq!(run(&[("HTTP_PROXY", "ftp://proxy-user:secret@h")], "1").await, "refused proxy_from_env");
}

async fn in_this_environment(url: String) {
    let (mut builder, recorder) = lost(url);
    if std::env::var("HOMING_TEST_ASKED").is_ok_and(|asked| asked == "1") {
        builder = builder.proxy_from_env();
    }
    let _ws = match builder.connect() {
        Ok(ws) => ws,
        Err(error) => return println!("outcome: refused {}", error.option),
    };
    let is_told = |event: &Event| matches!(event, Event::Open(_) | Event::Error(_));
    let events = recorder.until("an outcome", |events| events.iter().any(is_told)).await;
    match events.iter().find(|event| is_told(event)) {
        Some(Event::Error(error)) => println!("outcome: {:?}", error.kind()),
        _ => println!("outcome: open"),
    }
}
