//! Extreme values of options: each works or is refused by name, and none panics, overflows or hangs (S1).

use std::time::Duration;

use homing::native::{BuilderExt, RequestExt};
use homing::{Builder, ConfigError, ErrorKind, Heartbeat, Message, Reconnect, Request, WebSocket};

use crate::support::{PATIENCE, client, server};

const MAX: Duration = Duration::MAX;
const INSTANT: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);

fn refused(option: &str, change: impl FnOnce(Builder) -> Builder) -> ConfigError {
    let error = change(WebSocket::builder("ws://127.0.0.1:1/")).connect().expect_err(option);
    assert_eq!(error.option, option, "{error}");
    assert!(error.to_string().len() < 500, "the value is not repeated: {option}");
    error
}

fn many(count: usize, name: impl Fn(usize) -> String) -> impl FnOnce(Builder) -> Builder {
    move |builder| (0..count).fold(builder, |builder, number| builder.header(name(number), "1"))
}

#[tokio::test]
async fn s01_too_large_values_are_refused_by_name() {
    for count in [10_001, 24_577, 32_769, 40_000, 100_000] {
        let error = refused("header", many(count, |number| format!("X-{number}")));
        assert!(error.fault.contains(&count.to_string()), "{error}");
        refused("header", many(count, |_| "X-Same".into()));
    }
    refused("header", |it| it.header("X".repeat(70_000), "1"));
    refused("header", |it| it.header("X", "1".repeat(2 << 20)));
    refused("header", |it| (0..200).fold(it, |it, _| it.header("X", "1".repeat(10_000))));
    refused("protocol", |it| (0..100_000).fold(it, |it, number| it.protocol(format!("p{number}"))));
    refused("protocol", |it| it.protocol("p ".repeat(1 << 20)));
    for url in [
        format!("ws://127.0.0.1:1/{}", "p".repeat(70_000)),
        format!("ws://127.0.0.1:1/?{}", "q".repeat(1 << 20)),
        "x".repeat(1 << 20),
    ] {
        let error = WebSocket::builder(url).connect().unwrap_err();
        assert!(error.option == "url" && error.to_string().len() < 200, "{error}");
    }
    refused("proxy", |it| it.proxy(format!("http://{}", "%".repeat(1 << 20))));
    refused("proxy", |it| it.proxy(format!("socks5://user:{}@h", "p".repeat(1 << 20))));
    refused("root_certificates_pem", |it| it.root_certificates_pem("x".repeat(1 << 20)));
    #[cfg(unix)]
    {
        refused("unix_socket", |it| it.unix_socket("p".repeat(1000)));
        refused("unix_socket", |it| it.unix_socket("a\0b"));
    }
}

#[tokio::test]
async fn s01_invalid_durations_are_refused_by_name() {
    for none in [Duration::ZERO, INSTANT] {
        refused("open_timeout", |it| it.open_timeout(none));
        refused("close_timeout", |it| it.close_timeout(none));
        refused("heartbeat", |it| it.heartbeat(Heartbeat::ping(none, SECOND)));
        refused("heartbeat", |it| it.heartbeat(Heartbeat::ping(SECOND, none)));
        refused("reconnect", |it| it.reconnect(Reconnect::fixed(none)));
        refused("reconnect", |it| it.reconnect(Reconnect::exponential(none, SECOND)));
    }
    refused("reconnect", |it| it.reconnect(Reconnect::exponential(MAX, SECOND)));
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
        refused("reconnect", |it| it.reconnect(Reconnect::default().factor(factor)));
    }
    for jitter in [-0.1, 1.1, 1e300, f64::NAN, f64::INFINITY] {
        refused("reconnect", |it| it.reconnect(Reconnect::default().jitter(jitter)));
    }
    for keepalive in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(32768), MAX] {
        refused("tcp_keepalive", |it| it.tcp_keepalive(keepalive));
    }
    refused("max_send_buffer", |it| it.max_send_buffer(0));
    refused("max_message_size", |it| it.max_message_size(0));
}

/// Sets every option to its largest value.
fn unlimited(builder: Builder) -> Builder {
    let builder = builder.open_timeout(MAX).close_timeout(MAX).stable_after(MAX).max_retry_after(MAX);
    let builder = builder.max_send_buffer(usize::MAX).max_message_size(usize::MAX).jitter_seed(u64::MAX);
    let builder = builder.heartbeat(Heartbeat::ping(MAX, MAX)).tcp_keepalive(Duration::from_secs(32767));
    builder.reconnect(Reconnect::exponential(SECOND, MAX).factor(1e300).max_attempts(u32::MAX))
}

#[tokio::test]
async fn s01_the_largest_values_work() {
    let server = server();
    #[cfg_attr(not(feature = "deflate"), allow(unused_mut))]
    let mut paths = vec![false];
    #[cfg(feature = "deflate")]
    paths.push(true);
    for compressed in paths {
        let (builder, recorder) = client(server.url("/echo"));
        let builder = unlimited(builder);
        #[cfg(feature = "deflate")]
        let builder =
            builder.deflate(compressed.then(|| homing::native::Deflate::new().threshold(usize::MAX).level(9)));
        let _ = compressed;
        let ws = builder.connect().unwrap();
        recorder.opened().await;
        ws.send("hello").unwrap();
        assert_eq!(recorder.messages_are(1).await, [Message::text("hello")]);
        ws.flush().await.unwrap();
        ws.reconnect_after(MAX);
        assert_eq!(recorder.closed().await.retry_in, Some(MAX));
        ws.close(1000, "").unwrap();
        ws.closed().await;
    }
    // The same for an attempt that fails.
    server.stop();
    let (builder, recorder) = client(server.url("/"));
    let ws = unlimited(builder).reconnect(Reconnect::exponential(MAX, MAX).factor(1e300)).connect().unwrap();
    assert!(recorder.failed().await.1.retry_in.is_some());
    ws.abort();
    ws.closed().await;
}

#[tokio::test]
async fn s01_a_large_request_is_sent_completely() {
    let (at, serving) =
        crate::handshake::header_names::requests(vec!["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".into()])
            .await;
    let (builder, recorder) = client(format!("ws://user:{}@{at}/{}", "p".repeat(100_000), "p".repeat(60_000)));
    let builder = many(1000, |number| format!("X-{number}"))(builder.header("Cookie", "c".repeat(500_000)));
    let builder = (0..1000).fold(builder, |builder, number| builder.protocol(format!("p{number}")));
    #[cfg(feature = "cookies")]
    let builder = {
        let jar = homing::native::CookieJar::new();
        (0..50).for_each(|number| jar.add(&format!("ws://{at}/"), &format!("c{number}={}", "c".repeat(4000))).unwrap());
        builder.cookie_jar(jar)
    };
    let _ws = builder.open_timeout(PATIENCE).connect().unwrap();
    assert_eq!(recorder.failed().await.0.status(), Some(400));
    let request = serving.await.unwrap().remove(0);
    assert!(request.contains("p998, p999\r\n") && request.contains("\r\nX-999: 1\r\n"));
    #[cfg(feature = "cookies")]
    assert!(request.contains("; c49=cccc"));
}

/// The request of a provider is checked like that of a builder, for each attempt.
#[tokio::test]
async fn s08b_too_large_values_of_a_provider_are_refused() {
    let too_many = (0..40_000).fold(Request::new("ws://a.test/"), |it, number| it.header(format!("X-{number}"), "1"));
    for request in [too_many, Request::new(format!("ws://a.test/{}", "p".repeat(70_000)))] {
        let (builder, recorder) = client("ws://unused.test/");
        let _ws = builder.request_provider(move || std::future::ready(Ok(request.clone()))).connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Provider);
    }
}
