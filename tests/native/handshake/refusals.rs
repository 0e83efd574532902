//! Refused handshakes: what is reported, which are fatal, and the delay before a retry (S8, S23).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use homing::{EndReason, Error, ErrorKind, Event, Reconnect, Request};
use homing_test_server::What;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{client, connect, server};

const LONG: Duration = Duration::from_secs(60);

fn body(error: &Error) -> &[u8] {
    match error.kind() {
        ErrorKind::Handshake { body, .. } => body,
        kind => panic!("not a refusal: {kind:?}"),
    }
}

#[tokio::test]
async fn s23_status_headers_and_body_are_told() {
    let server = server();
    for chunked in ["", "&chunked=1"] {
        let path = format!("/http?status=401&body=no%20token&header=WWW-Authenticate:Bearer{chunked}");
        let (_ws, recorder) = connect(server.url(&path));
        let (error, _) = recorder.failed().await;
        assert_eq!(error.status(), Some(401));
        assert_eq!(body(&error), b"no token", "{chunked}");
        let ErrorKind::Handshake { headers, .. } = error.kind() else { unreachable!() };
        assert_eq!(headers.get("www-authenticate"), Some("Bearer"));
        assert!(error.to_string().contains("401"), "{error}");
    }
}

/// Exactly the first 16 KiB of a long body are kept, with and without `Content-Length`.
#[tokio::test]
async fn s23_at_most_16_kib_of_the_body() {
    let server = server();
    for chunked in ["", "&chunked=1"] {
        for (length, kept) in [(0, 0), (1, 1), (16384, 16384), (16385, 16384), (3_000_000, 16384)] {
            let (_ws, recorder) = connect(server.url(&format!("/http?status=403&body_len={length}{chunked}")));
            let (error, _) = recorder.failed().await;
            assert_eq!(body(&error).len(), kept, "{length} bytes {chunked}");
            assert!(body(&error).iter().all(|byte| *byte == b'x'), "chunks' headers are no part of it");
        }
    }
}

/// Serves one refusal with the start of its body, which then stalls or is cut off. Returns the URL.
async fn incomplete_refusal(stalls: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nstart").await.unwrap();
        if stalls {
            std::future::pending::<()>().await;
        }
    });
    url
}

/// A body that never ends must not turn a refusal into a timeout.
#[tokio::test]
async fn s23_a_stalled_body_does_not_hide_the_refusal() {
    let (_ws, recorder) = connect(incomplete_refusal(true).await);
    let (error, close) = recorder.failed().await;
    assert_eq!((error.status(), body(&error)), (Some(403), &b"start"[..]));
    assert_eq!(close.retry_in, None, "fatal");
}

/// A response that is cut off in its body is reported like a complete one.
#[tokio::test]
async fn s23_a_cut_body_does_not_hide_the_refusal() {
    let (_ws, recorder) = connect(incomplete_refusal(false).await);
    let (error, _) = recorder.failed().await;
    assert_eq!((error.status(), body(&error)), (Some(403), &b"start"[..]));
}

/// Informational responses precede the final one (RFC 9110, section 15.2).
#[tokio::test]
async fn early_hints_are_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let answer = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _ = stream.read(&mut [0; 1]).await;
    });
    let (_ws, recorder) = connect(url);
    assert_eq!(recorder.failed().await.0.status(), Some(418));
}

#[tokio::test]
async fn s08_which_refusals_are_fatal() {
    let server = server();
    let fatal = [400, 401, 403, 404, 405, 410, 426, 451, 499];
    let retried = [408, 425, 429, 300, 302, 500, 502, 503, 504];
    for status in fatal.into_iter().chain(retried) {
        let (builder, recorder) = client(server.url(&format!("/http?status={status}")));
        let ws = builder.reconnect(Reconnect::fixed(LONG)).connect().unwrap();
        let (error, close) = recorder.failed().await;
        assert_eq!(error.status(), Some(status));
        if fatal.contains(&status) {
            assert_eq!(close.retry_in, None, "{status}");
            let end = ws.closed().await;
            assert_eq!(end.reason, EndReason::Fatal, "{status}");
            assert_eq!(end.error, Some(error), "{status}");
        } else {
            assert_eq!(close.retry_in, Some(LONG), "{status}");
        }
    }
}

#[tokio::test]
async fn s08_the_predicate_overrides_both() {
    let server = server();
    for (status, retry) in [(404, true), (503, false)] {
        let (builder, recorder) = client(server.url(&format!("/http?status={status}")));
        let builder = builder.retry_if(move |_| retry);
        let ws = builder.reconnect(Reconnect::fixed(LONG)).connect().unwrap();
        let (_, close) = recorder.failed().await;
        assert_eq!(close.retry_in, retry.then_some(LONG), "{status}");
        if !retry {
            assert_eq!(ws.closed().await.reason, EndReason::Declined);
        }
    }
}

/// A provider may return a better request, so the refusal is not fatal.
#[tokio::test]
async fn s08_s08b_a_provider_may_do_better() {
    let server = server();
    let calls = AtomicUsize::new(0);
    let urls = [server.url("/http?status=401"), server.url("/http?status=404"), server.url("/echo")];
    let (builder, recorder) = client(server.url("/unused"));
    let builder = builder.request_provider(move || {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let url = urls[call.min(2)].clone();
        async move { Ok(Request::new(url)) }
    });
    let _ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(10))).connect().unwrap();
    recorder.opened().await;
    let status: Vec<_> = recorder.errors().iter().map(Error::status).collect();
    assert_eq!(status, [Some(401), Some(404)]);
}

#[tokio::test]
async fn s08_retry_after_is_the_least_delay() {
    let server = server();
    let delay = Duration::from_secs(5);
    for (status, header, expected) in [
        (429, "7", 7),
        (503, "7", 7),
        (429, "2", 5),
        (503, "0", 5),
        // A date is compared with the `Date` of the response.
        (503, "Fri, 01 Jan 2100 00:01:00 GMT&header=Date:Fri, 01 Jan 2100 00:00:00 GMT", 60),
        (429, "Fri, 01 Jan 2100 00:00:00 GMT&header=Date:Fri, 01 Jan 2100 00:01:00 GMT", 5),
        (429, "Sun, 06 Nov 1994 08:49:37 GMT", 5),
        // Other statuses and invalid values: the policy decides alone.
        (500, "7", 5),
        (500, "Fri, 01 Jan 2100 00:00:00 GMT", 5),
        (429, "Fri, 32 Jan 2100 00:00:00 GMT", 5),
        (429, "-1", 5),
        // Larger than any duration: `max_retry_after` applies.
        (503, "18446744073709551615", 3600),
        (429, "99999999999999999999999", 3600),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT&header=Date:Thu, 01 Jan 1970 00:00:00 GMT", 3600),
    ] {
        let path = format!("/http?status={status}&header=Retry-After:{}", header.replace(' ', "+"));
        let (builder, recorder) = client(server.url(&path));
        let ws = builder.reconnect(Reconnect::fixed(delay)).connect().unwrap();
        let (_, close) = recorder.failed().await;
        assert_eq!(close.retry_in, Some(Duration::from_secs(expected)), "{status}, {header}");
        ws.cancel_reconnect();
        assert_eq!(ws.closed().await.reason, EndReason::Closed, "{status}, {header}");
    }
}

/// Without a `Date` in the response the local clock is used.
#[tokio::test]
async fn s08_retry_after_as_a_date() {
    let server = server();
    let path = "/http?status=503&header=Retry-After:Fri,+01+Jan+2100+00:00:00+GMT";
    let (builder, recorder) = client(server.url(path));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).max_retry_after(Duration::MAX);
    let _ws = builder.connect().unwrap();
    let (_, close) = recorder.failed().await;
    // Seconds from 1970 to 2100.
    let expected = Duration::from_secs(4_102_444_800) - now;
    let delay = close.retry_in.unwrap();
    assert!(delay <= expected && delay + LONG > expected, "{delay:?}, {expected:?}");
}

#[tokio::test]
async fn s08_retry_after_is_waited_for() {
    let server = server();
    let (builder, recorder) = client(server.url("/http?status=503&header=Retry-After:1"));
    let start = Instant::now();
    let _ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).connect().unwrap();
    recorder.until("a second refusal", |_| recorder.count(|event| matches!(event, Event::Error(_))) == 2).await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    let journal = server.journal();
    let accepted: Vec<_> = journal.iter().filter(|entry| entry.what == What::Accepted).map(|entry| entry.at).collect();
    assert_eq!(accepted.len(), 2, "{journal:?}");
}

#[tokio::test]
async fn s08_max_retry_after() {
    let server = server();
    let second = Duration::from_secs(1);
    for (limit, asked, expected) in [
        (90 * second, "80", 80 * second),
        (90 * second, "100", 90 * second),
        (90 * second, "18446744073709551615", 90 * second),
        (90 * second, "Fri, 31 Dec 9999 23:59:59 GMT", 90 * second),
        (Duration::ZERO, "100", 2 * second),
        (Duration::MAX, "18446744073709551615", Duration::from_secs(u64::MAX)),
    ] {
        for status in [429, 503] {
            let path = format!("/http?status={status}&header=Retry-After:{}", asked.replace(' ', "+"));
            let (builder, recorder) = client(server.url(&path));
            let builder = builder.reconnect(Reconnect::fixed(2 * second)).max_retry_after(limit);
            let ws = builder.connect().unwrap();
            assert_eq!(recorder.failed().await.1.retry_in, Some(expected), "{asked} of {limit:?}");
            ws.abort();
        }
    }
}
