//! Responses of servers and proxies that do not wait for the request, or reset the connection right after: data that
//! arrived is read (S20a).

use std::time::{Duration, Instant};

use homing::native::BuilderExt;
use homing::{Builder, ErrorKind, Reconnect};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpStream};

use crate::support::breakable::breakable;
use crate::support::{PATIENCE, Recorder, client};

/// When a server responds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// After it has read the request.
    Asked,
    /// After it has read a part of the request.
    Impatient,
    /// Before it has read anything.
    Unasked,
}

/// A server that sends this response and resets the connection, each time.
async fn resetting(answer: String, manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 100_000];
                match manner {
                    Manner::Asked => {
                        let mut all = Vec::new();
                        while !all.ends_with(b"\r\n\r\n") {
                            let length = stream.read(&mut request).await.unwrap();
                            all.extend_from_slice(&request[..length]);
                        }
                    }
                    Manner::Impatient => drop(stream.read(&mut request[..100]).await),
                    Manner::Unasked => {}
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            });
        }
    });
    at
}

/// A client with a long request that starts to write when response and reset have arrived, unless the server waits for
/// the request.
fn slow((builder, recorder): (Builder, Recorder), manner: Manner) -> (Builder, Recorder) {
    let builder = (0..8).fold(builder, |builder, _| builder.header("X-Long", "x".repeat(120_000)));
    let builder = builder.connector(move |to| async move {
        let stream = TcpStream::connect((to.host.as_str(), to.port)).await?;
        // The second server of a redirect waits for the request.
        if manner == Manner::Unasked {
            let _ = tokio::time::timeout(Duration::from_millis(200), is_reset(&stream)).await;
        }
        Ok(stream)
    });
    (builder, recorder)
}

/// Waits for a response and a reset without reading.
async fn is_reset(stream: &TcpStream) {
    let _ = stream.peek(&mut [0]).await;
    let _ = stream.ready(Interest::ERROR).await;
}

fn answer(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: 4\r\n\r\nbody")
}

#[cfg_attr(not(target_os = "linux"), ignore = "others discard what arrived before a reset")]
#[tokio::test]
async fn s20a_a_refusal_before_a_reset_is_read() {
    for manner in [Manner::Asked, Manner::Impatient, Manner::Unasked] {
        for status in [401, 404, 503, 302] {
            let at = resetting(answer(status, "Retry-After: 100\r\n"), manner).await;
            for _ in 0..5 {
                let (builder, recorder) = slow(client(format!("ws://{at}/")), manner);
                let _ws = builder.reconnect(Reconnect::fixed(PATIENCE)).connect().unwrap();
                let (error, close) = recorder.failed().await;
                let ErrorKind::Handshake { status: actual, body, .. } = error.kind() else {
                    panic!("{manner:?}, {status}: {error}");
                };
                assert_eq!((*actual, &body[..]), (Some(status), &b"body"[..]), "{manner:?}");
                let expected = match status {
                    503 => Some(Duration::from_secs(100)),
                    302 => Some(PATIENCE),
                    _ => None,
                };
                assert_eq!(close.retry_in, expected, "{manner:?}, {status}");
            }
        }
    }
}

#[cfg_attr(not(target_os = "linux"), ignore = "others discard what arrived before a reset")]
#[tokio::test]
async fn s20a_a_redirect_before_a_reset_is_followed() {
    let server = crate::support::server();
    for manner in [Manner::Asked, Manner::Impatient, Manner::Unasked] {
        let at = resetting(answer(307, &format!("Location: {}\r\n", server.url("/echo"))), manner).await;
        let (builder, recorder) = slow(client(format!("ws://{at}/")), manner);
        let _ws = builder.follow_redirects(true).connect().unwrap();
        recorder.opened().await;
    }
}

#[cfg_attr(not(target_os = "linux"), ignore = "others discard what arrived before a reset")]
#[tokio::test]
async fn s20a_the_response_of_a_proxy_before_a_reset_is_read() {
    for manner in [Manner::Asked, Manner::Impatient, Manner::Unasked] {
        for status in [407, 403, 503] {
            let at = resetting(answer(status, ""), manner).await;
            for _ in 0..5 {
                let (builder, recorder) = slow(client("ws://server.test/"), manner);
                // The longest request to a proxy.
                let proxy = format!("http://user:{}@{at}", "p".repeat(500_000));
                let _ws = builder.proxy(proxy).connect().unwrap();
                let (error, _) = recorder.failed().await;
                assert_eq!(error.kind(), &ErrorKind::Proxy { status: Some(status) }, "{manner:?}: {error}");
            }
        }
    }
}

/// A server that requires a client certificate refuses by an alert. With TLS 1.3 it arrives while the request is sent.
#[cfg(feature = "__rustls")]
#[cfg_attr(not(target_os = "linux"), ignore = "others discard what arrived before a reset")]
#[tokio::test]
async fn s20a_a_tls_alert_before_a_reset_is_read() {
    let server = homing_test_server::Server::start_mtls("localhost").unwrap();
    for _ in 0..5 {
        let (builder, recorder) = slow(client(server.url("/echo")), Manner::Asked);
        let _ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &ErrorKind::Tls, "{error}");
        assert!(error.to_string().contains("client_certificate_pem"), "{error}");
    }
}

/// Writing may fail some time before the response arrives. Time is virtual.
#[tokio::test(start_paused = true)]
async fn s20a_a_refusal_that_arrives_after_writing_failed_is_read() {
    let (builder, recorder) = client("ws://server.test/");
    let (builder, mut stream, fault) = breakable(builder);
    fault.writing();
    let start = tokio::time::Instant::now();
    let _ws = builder.open_timeout(None).connect().unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // No assertion here: if the client has given up, its error below says more.
    let _ = stream.write_all(answer(403, "").as_bytes()).await;
    let (error, _) = recorder.failed().await;
    let ErrorKind::Handshake { status: Some(403), body, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(&body[..], b"body");
    assert_eq!(start.elapsed(), Duration::from_millis(100), "the response is not waited for any longer");
}

/// A reset alone is not a response.
#[tokio::test]
async fn s23_a_reset_without_a_response_is_an_io_error() {
    for manner in [Manner::Asked, Manner::Impatient, Manner::Unasked] {
        let at = resetting(String::new(), manner).await;
        let (builder, recorder) = slow(client(format!("ws://{at}/")), manner);
        let _ws = builder.connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &ErrorKind::Io, "{manner:?}: {error}");
    }
}

const REFUSED: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n";

/// A server that sends a body slowly.
async fn trickling(head: String, pause: Duration, body: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..body {
            tokio::time::sleep(pause).await;
            if stream.write_all(b"x").await.is_err() {
                return;
            }
        }
    });
    at
}

/// Each byte is progress: the wait starts again with every one. Time is virtual.
#[tokio::test(start_paused = true)]
async fn s23_a_body_that_arrives_slowly_is_read() {
    let (builder, recorder) = client("ws://server.test/");
    let (builder, mut stream, _fault) = breakable(builder);
    let _ws = builder.open_timeout(None).connect().unwrap();
    let body = async {
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(REFUSED.as_bytes()).await.unwrap();
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(900)).await;
            stream.write_all(b"x").await.unwrap();
        }
    };
    let ((error, _), ()) = tokio::join!(recorder.failed(), body);
    let ErrorKind::Handshake { status: Some(403), body, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(&body[..], [b'x'; 15]);
}

/// Progress does not extend the open timeout, and the refusal is reported as such.
#[tokio::test]
async fn s08d_a_trickling_body_does_not_exceed_the_open_timeout() {
    let at = trickling(REFUSED.into(), Duration::from_millis(100), 1000).await;
    let (builder, recorder) = client(format!("ws://{at}/"));
    let start = Instant::now();
    let ws = builder.open_timeout(Duration::from_secs(2)).reconnect(Reconnect::fixed(PATIENCE)).connect().unwrap();
    let (error, close) = recorder.failed().await;
    assert_eq!(error.status(), Some(403), "{error}");
    assert_eq!(close.retry_in, None, "fatal");
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(ws.closed().await.error, Some(error));
}

/// The body of a followed redirect is not needed.
#[tokio::test]
async fn s08d_the_body_of_a_redirect_is_not_waited_for() {
    let server = crate::support::server();
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 1000\r\n\r\n", server.url("/echo"));
    let at = trickling(head, Duration::from_millis(100), 1000).await;
    let (builder, recorder) = client(format!("ws://{at}/"));
    let _ws = builder.open_timeout(None).follow_redirects(true).connect().unwrap();
    recorder.opened().await;
}
