//! Spans and events of the feature `tracing`, which contain no secrets.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::native::BuilderExt;
use homing::{Event, Heartbeat, Reconnect, Request};
use tokio::process::Command;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::proxy_servers::{CREDENTIALS, ProxyServer};
use crate::support::{PATIENCE, client, full_name, server};

/// Captures all events on this thread, of this crate and its dependencies, including those of the crate `log`.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Output {
    fn captured(level: LevelFilter) -> (Self, impl Drop) {
        let output = Self::default();
        let writer = output.clone();
        let spans = FmtSpan::NEW | FmtSpan::CLOSE;
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_span_events(spans);
        (output, subscriber.with_writer(move || writer.clone()).finish().set_default())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the lines of this crate, from the span on, without module.
    fn lines(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter_map(|line| line.split_once("homing::driver::trace: "));
        lines
            .map(|(before, after)| format!("{}{after}", &before[before.find("attempt{").unwrap_or(before.len())..]))
            .collect()
    }
}

/// Runs a test in a process of its own, because `tracing` caches for the whole process which events are enabled. Returns
/// `true` if it has run there, `false` in that process.
async fn ran_alone(test: &str) -> bool {
    if std::env::var_os("HOMING_TEST_ALONE").is_some() {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&*full_name(module_path!(), test), "--exact", "--nocapture"]).env("HOMING_TEST_ALONE", "1");
    let output = tokio::time::timeout(6 * PATIENCE, command.kill_on_drop(true).output()).await;
    let output = output.expect("in time").unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    text.lines().filter(|line| line.starts_with("SKIPPED")).for_each(|line| println!("{line}"));
    true
}

#[tokio::test]
async fn each_attempt_has_a_span_and_each_step_an_event() {
    if ran_alone("each_attempt_has_a_span_and_each_step_an_event").await {
        return;
    }
    let server = server();
    let (output, _guard) = Output::captured(LevelFilter::DEBUG);
    let (builder, recorder) = client(server.url("/close?code=4001&after=3"));
    let delay = Duration::from_millis(1);
    let ws = builder.reconnect(Reconnect::fixed(delay)).connect().unwrap();
    recorder.opened().await;
    for _ in 0..3 {
        ws.send("a message").unwrap();
    }
    recorder.closed().await;
    server.stop();
    recorder.until("a refused attempt", |_| !recorder.errors().is_empty()).await;
    ws.close(1000, "").unwrap();
    ws.closed().await;
    drop(ws);

    let lines = output.lines();
    let position = |what: &str| {
        let at = lines.iter().position(|line| line.contains(what));
        at.unwrap_or_else(|| panic!("{what:?} is missing: {lines:#?}"))
    };
    let url = server.url("/close");
    let steps = [
        "new",
        "dialling",
        "connected",
        "open",
        "closed code=4001 clean=true initiator=Remote lost=0",
        "next attempt scheduled delay=1ms",
        "close time.",
    ]
    .map(|step| position(&format!("attempt{{number=1 url={url}}}: {step}")));
    assert!(steps.is_sorted(), "{steps:?}: {lines:#?}");
    let failed = position("failed error=connection failed");
    assert!(lines[failed].contains(&url), "{lines:#?}");
    assert!(lines[position("end url=")].contains("closed on this side"), "{lines:#?}");
    let attempts = highest_number(&lines);
    assert!(attempts >= 2, "{lines:#?}");
    for each in ["}: new", "}: dialling", "}: closed", "}: close time."] {
        assert_eq!(lines.iter().filter(|line| line.contains(each)).count(), attempts, "{each}: {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("bytes=") || line.contains("messages=")), "{lines:#?}");
}

/// Returns the highest number of an attempt.
fn highest_number(lines: &[String]) -> usize {
    let numbers = lines.iter().filter_map(|line| line.split("number=").nth(1)?.split(' ').next()?.parse().ok());
    numbers.max().unwrap_or_default()
}

#[tokio::test]
async fn messages_are_traced_at_trace_level_only() {
    if ran_alone("messages_are_traced_at_trace_level_only").await {
        return;
    }
    let server = server();
    let (output, _guard) = Output::captured(LevelFilter::TRACE);
    let (builder, recorder) = client(server.url("/echo"));
    let ws = builder.heartbeat(Heartbeat::ping(Duration::from_millis(20), Duration::from_secs(20))).connect().unwrap();
    recorder.opened().await;
    ws.send("12345").unwrap();
    recorder.messages_are(1).await;
    recorder.until("a heartbeat", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
    let lines = output.lines().join("\n");
    for line in ["sent messages=1", "message bytes=5", "heartbeat number=", "heartbeat answered round_trip="] {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    assert!(!lines.contains("12345"), "{lines}");
}

/// Every option that can contain a secret has one, in attempts that succeed and that fail. All captured events are
/// searched, at the finest level.
#[tokio::test]
async fn s26_no_secrets() {
    if ran_alone("s26_no_secrets").await {
        return;
    }
    let (first, second) = (server(), server());
    let (output, _guard) = Output::captured(LevelFilter::TRACE);
    let cookie = "header=Set-Cookie:sid%3Dsecret-set;Path%3D/";
    let away = format!("/http?status=302&{cookie}&location={}%3Ftoken%3Dsecret-moved", second.url("/protocol"));
    let paths = [
        format!("/protocol?token=secret-query&{cookie}"),
        format!("/http?status=401&body=secret-body&header=WWW-Authenticate:secret&{cookie}"),
        "/protocol?answer=chat&token=secret-query".to_owned(),
        "/garbage?token=secret-query".to_owned(),
        "/stall?token=secret-query".to_owned(),
        away,
    ];
    let proxy = ProxyServer::tinyproxy("BasicAuth proxy-user proxy-secret").await;
    let mut proxies = vec![None, Some("http://proxy-user:proxy-secret@127.0.0.1:1".to_owned())];
    proxies.push(Some(format!("socks5://{CREDENTIALS}@{}", first.addr())));
    if let Some(proxy) = &proxy {
        proxies.push(Some(proxy.url("http", "proxy-user:proxy-secret")));
        proxies.push(Some(proxy.url("http", "proxy-user:wrong-secret")));
    }
    let (mut attempts, mut opened) = (0, 0);
    for proxy in &proxies {
        for path in &paths {
            let url = first.url(path).replace("ws://", "ws://secret-user:secret-pass@");
            for provided in [false, true] {
                let (mut builder, recorder) = client(&url);
                builder = builder.header("Cookie", "id=secret-cookie").header("X-Key", "secret-key");
                builder = builder.follow_redirects(true).protocol("secret-token");
                if path.starts_with("/stall") {
                    builder = builder.open_timeout(Duration::from_millis(300));
                }
                #[cfg(feature = "cookies")]
                {
                    builder = builder.cookie_jar(homing::native::CookieJar::new());
                }
                if let Some(proxy) = proxy {
                    builder = builder.proxy(proxy);
                }
                if provided {
                    let request = Request::new(&url).protocol("secret-token");
                    builder = builder.request_provider(move || std::future::ready(Ok(request.clone())));
                }
                let ws = builder.connect().unwrap();
                let is_told = |event: &Event| matches!(event, Event::Open(_) | Event::Close(_));
                recorder.until("an outcome", |events| events.iter().any(is_told)).await;
                opened += usize::from(ws.send("hello").is_ok());
                let _ = ws.flush().await;
                ws.close(1000, "").unwrap();
                ws.closed().await;
                attempts += 1;
            }
        }
    }
    let text = output.text();
    assert!(text.matches("dialling").count() >= attempts, "{text}");
    assert!(opened >= 4, "not every way may fail");
    for secret in ["secret", "proxy-user", "c2VjcmV0", "cHJveHktdXNlc", "token="] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// The same over TLS with a client certificate, with the events of rustls at its finest level.
#[cfg(feature = "__rustls")]
#[tokio::test]
async fn s26_no_secrets_over_tls() {
    if ran_alone("s26_no_secrets_over_tls").await {
        return;
    }
    use homing_test_server::Server;

    let (asking, other) = (Server::start_mtls("localhost").unwrap(), Server::start_tls("localhost").unwrap());
    let (output, _guard) = Output::captured(LevelFilter::TRACE);
    let (chain, key) = asking.client_identity_pem();
    let key_line = key.lines().nth(1).unwrap().to_owned();
    let away = other.url("/protocol").replace("wss://", "wss%3A//");
    for (path, roots) in [
        ("/protocol?token=secret-query&header=Set-Cookie:id%3Dsecret-set".to_owned(), vec![asking.ca_pem()]),
        ("/protocol?answer=secret-token,chat&token=secret-query".to_owned(), vec![asking.ca_pem()]),
        (format!("/http?status=302&location={away}%3Ftoken%3Dsecret-moved"), vec![asking.ca_pem(), other.ca_pem()]),
        ("/protocol?token=secret-query".to_owned(), vec![]),
    ] {
        let (mut builder, recorder) = client(asking.url(&path).replace("wss://", "wss://secret-user:secret-pass@"));
        for root in roots {
            builder = builder.root_certificates_pem(root);
        }
        builder = builder.header("Cookie", "id=secret-cookie").header("Authorization", "Bearer secret-bearer");
        builder =
            builder.client_certificate_pem(chain.clone(), key.clone()).follow_redirects(true).protocol("secret-token");
        let _ws = builder.connect().unwrap();
        let is_told = |event: &Event| matches!(event, Event::Open(_) | Event::Close(_));
        recorder.until("an outcome", |events| events.iter().any(is_told)).await;
    }
    let text = output.text();
    assert!(text.contains(" rustls::"), "the capture misses rustls");
    // The name of an extension.
    let text = text.replace("extended_master_secret", "");
    for secret in ["secret", "c2VjcmV0", "token=", &key_line] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// Heartbeats, close reasons and messages can contain tokens.
#[tokio::test]
async fn s26_no_payloads() {
    if ran_alone("s26_no_payloads").await {
        return;
    }
    let server = server();
    let (output, _guard) = Output::captured(LevelFilter::TRACE);
    let (builder, recorder) = client(server.url("/echo"));
    let beat = Duration::from_millis(20);
    let heartbeat = Heartbeat::message(beat, PATIENCE, "heartbeat-secret");
    let ws =
        builder.heartbeat(heartbeat).heartbeat_reply(|it| it.as_text() == Some("heartbeat-secret")).connect().unwrap();
    recorder.until("a heartbeat", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
    ws.send("message-secret").unwrap();
    recorder.messages_are(1).await;
    ws.close(4000, "reason-secret").unwrap();
    ws.closed().await;

    let (_ws, recorder) = crate::support::connect(server.url("/close?code=4001&reason=peers-secret"));
    recorder.closed().await;
    let text = output.text().to_lowercase();
    assert!(text.matches("closed").count() >= 2, "{text}");
    // As text, in hexadecimal, and as a list of bytes.
    for secret in ["secret", "736563726574", "115, 101, 99"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// Text of servers is printed without control characters in events as well.
#[tokio::test]
async fn s26_no_control_characters() {
    if ran_alone("s26_no_control_characters").await {
        return;
    }
    let server = server();
    let (output, _guard) = Output::captured(LevelFilter::TRACE);
    let escaped = "%C2%9B%E2%80%AE%E2%80%8B";
    let paths = [
        format!("/extension?name=x-{escaped}"),
        format!("/protocol?answer={escaped}"),
        format!("/http?status=403&body={escaped}%1B%07&header=X-Y:{escaped}"),
        format!("/http?status=302&location={escaped}"),
        format!("/close?code=4000&reason={escaped}%1B%07&header=X-Y:{escaped}"),
    ];
    for path in &paths {
        let (builder, recorder) = client(server.url(path));
        let _ws = builder.follow_redirects(true).connect().unwrap();
        recorder.closed().await;
    }
    let text = output.text();
    assert!(text.matches("dialling").count() >= paths.len(), "{text}");
    for control in ['\u{9b}', '\u{202e}', '\u{200b}', '\u{1b}', '\u{7}'] {
        assert_eq!(text.lines().find(|line| line.contains(control)), None, "{control:?}");
    }
}
