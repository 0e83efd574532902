//! Proxies that misbehave, and the exact requests to proxies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use homing::native::BuilderExt;
use homing::{ErrorKind, Reconnect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::dial::proxies::{LONG, lost, refused};

/// A proxy that sends these bytes on every connection, and then waits for its end.
async fn odd_proxy(answer: &'static [u8]) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = received.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 4096];
            let read = stream.read(&mut buffer).await.unwrap_or_default();
            log.lock().unwrap().extend_from_slice(&buffer[..read]);
            let _ = stream.write_all(answer).await;
            if !answer.is_empty() && !answer.ends_with(b"\n") {
                continue;
            }
            while let Ok(1..) = stream.read(&mut buffer).await {}
        }
    });
    (format!("127.0.0.1:{port}"), received)
}

#[tokio::test]
async fn s23_unexpected_responses_of_http_proxies() {
    for (answer, status, is_fatal) in [
        (&b"garbage\r\n\r\n"[..], None, false),
        (b"HTTP/1.1 200 OK\r\nX", None, false),
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n", Some(200), false),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/?secret\r\n\r\n", Some(302), false),
        (b"HTTP/1.1 407 Password Please\r\nProxy-Authenticate: Digest realm=secret\r\n\r\n", Some(407), true),
        (b"HTTP/1.1 408 Request Timeout\r\n\r\n", Some(408), false),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\n", Some(502), false),
    ] {
        let (at, received) = odd_proxy(answer).await;
        let (builder, recorder) = lost("ws://[::1]:81/?token=secret".into());
        let builder = builder.follow_redirects(true).header("Cookie", "secret");
        refused(builder.proxy(format!("http://proxy-user:secret@{at}")), &recorder, status, is_fatal).await;
        let received = String::from_utf8(received.lock().unwrap().clone()).unwrap();
        assert!(received.starts_with("CONNECT [::1]:81 HTTP/1.1\r\nHost: [::1]:81\r\n"), "{received}");
        assert!(!received.to_lowercase().contains("cookie") && !received.contains("token"), "{received}");
    }
    for scheme in ["http", "socks5"] {
        let (at, _) = odd_proxy(b"").await;
        let (builder, recorder) = lost("ws://server.test/".into());
        let builder = builder.open_timeout(Duration::from_millis(300)).proxy(format!("{scheme}://{at}"));
        let _ws = builder.connect().unwrap();
        assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::OpenTimeout, "{scheme}");
    }
}

/// `Retry-After` of a proxy counts like that of a server (S8).
#[tokio::test]
async fn s08_retry_after_of_a_proxy_is_respected() {
    let (at, _) = odd_proxy(b"HTTP/1.1 503 Busy\r\nRetry-After: 100\r\n\r\n").await;
    let (builder, recorder) = lost("ws://server.test/".into());
    let _ws = builder.proxy(at).reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    assert_eq!(recorder.failed().await.1.retry_in, Some(Duration::from_secs(100)));
}

/// The proxy receives the name: a lookup by the client would reveal the destination to others.
#[tokio::test]
async fn a_socks_proxy_receives_unresolved_names() {
    for (host, address) in [
        ("server.test", &b"\x03\x0bserver.test"[..]),
        ("127.0.0.9", b"\x01\x7f\0\0\x09"),
        ("[::1]", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let expected = [b"\x05\x01\0", address, b"\x1f\x90"].concat();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).await.unwrap();
            assert_eq!(greeting, *b"\x05\x01\0", "one method: no authentication");
            stream.write_all(b"\x05\0").await.unwrap();
            let mut request = vec![0; expected.len()];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request, expected);
            stream.write_all(b"\x05\x04\0\x01\0\0\0\0\0\0").await.unwrap();
        });
        let (builder, recorder) = lost(format!("ws://{host}:8080/"));
        let text = refused(builder.proxy(format!("socks5://{at}")), &recorder, None, false).await;
        assert!(text.contains("host unreachable"), "{text}");
        asked.await.unwrap();
    }
}

/// Credentials are offered, and a proxy that does not ask for them does not receive them.
#[tokio::test]
async fn s26_a_socks_proxy_without_a_login_receives_no_credentials() {
    let (at, received) = odd_proxy(b"\x05\0").await;
    let (builder, recorder) = lost(format!("ws://{}.test/", "h".repeat(251)));
    let text = refused(builder.proxy(format!("socks5://user:secret@{at}")), &recorder, None, false).await;
    assert!(text.contains("longer than 255 bytes"), "the connection is asked for next: {text}");
    assert_eq!(*received.lock().unwrap(), b"\x05\x02\0\x02");
}

/// The protocol has one byte for a length. The attempt fails, and nothing is sent truncated.
#[tokio::test]
async fn s23_hosts_that_are_too_long_for_socks_are_refused() {
    let (at, received) = odd_proxy(b"\x05\0").await;
    let (builder, recorder) = lost(format!("ws://{}.test/", "h".repeat(251)));
    let text = refused(builder.proxy(format!("socks5://{at}")), &recorder, None, false).await;
    assert!(text.contains("longer than 255 bytes"), "{text}");
    assert_eq!(received.lock().unwrap().len(), 3);
}
