//! Spelling of header names. They are case-insensitive (RFC 9110, section 5.1), but some servers, proxies and devices
//! accept the usual spelling only.

use homing::native::{BuilderExt, RequestExt};
use homing::{Builder, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::client;

/// A server that records its requests. It sends these responses in turn, and repeats the last one.
pub(crate) async fn requests(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(request(&mut stream).await);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        requests
    });
    (at, serving)
}

async fn request(stream: &mut tokio::net::TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        request.extend(byte);
    }
    String::from_utf8(request).unwrap()
}

const NO: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

/// Returns the names of a request's headers, in order.
fn names(request: &str) -> Vec<&str> {
    request.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect()
}

const OWN: [&str; 5] = ["Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];
const ODD: [&str; 7] = ["X-API-Key", "x-lower", "ETag", "x-TWICE", "X-Twice", "Cookie", "User-Agent"];

fn with_headers(builder: Builder) -> Builder {
    ODD.iter().fold(builder.protocol("chat"), |builder, name| builder.header(*name, "1"))
}

#[tokio::test]
async fn s01_header_names_leave_in_their_usual_spelling() {
    let (at, serving) = requests(vec![NO.into()]).await;
    let (builder, recorder) = client(format!("ws://user:pass@{at}/path?query=1"));
    #[cfg(feature = "deflate")]
    let builder = builder.deflate(homing::native::Deflate::new());
    let _ws = with_headers(builder).connect().unwrap();
    recorder.failed().await;
    let requests = serving.await.unwrap();
    assert!(requests[0].starts_with(&format!("GET /path?query=1 HTTP/1.1\r\nHost: {at}\r\n")), "{}", requests[0]);
    let mut expected = OWN.to_vec();
    expected.push("Sec-WebSocket-Protocol");
    #[cfg(feature = "deflate")]
    expected.push("Sec-WebSocket-Extensions");
    expected.extend(ODD);
    expected.push("Authorization");
    assert_eq!(names(&requests[0]), expected);
}

#[tokio::test]
async fn s01_header_names_of_a_provider_leave_as_given() {
    let (at, serving) = requests(vec![NO.into()]).await;
    let (builder, recorder) = client("ws://unused.test/");
    let builder = builder.request_provider(move || {
        let request = Request::new(format!("ws://{at}/")).header("AUTHORIZATION", "Bearer 1").header("origin", "a");
        async move { Ok(request) }
    });
    let _ws = builder.connect().unwrap();
    recorder.failed().await;
    assert_eq!(names(&serving.await.unwrap()[0])[OWN.len()..], ["AUTHORIZATION", "origin"]);
}

/// Redirects to the same origin keep all headers, redirects to another origin do not.
#[tokio::test]
async fn s01_header_names_stay_as_they_are_on_redirects() {
    let (other, elsewhere) = requests(vec![NO.into()]).await;
    let (at, serving) = requests(vec![redirect("/again"), redirect(&format!("http://{other}/"))]).await;
    let (builder, recorder) = client(format!("ws://{at}/"));
    let _ws = with_headers(builder).follow_redirects(true).connect().unwrap();
    recorder.failed().await;
    let requests = serving.await.unwrap();
    let own = [&OWN[..], &["Sec-WebSocket-Protocol"]].concat();
    for request in &requests {
        assert_eq!(names(request), [&own[..], &ODD].concat());
    }
    assert_eq!(names(&elsewhere.await.unwrap()[0]), [&own[..], &["User-Agent"]].concat());
}

#[cfg(feature = "cookies")]
#[tokio::test]
async fn s01_the_cookie_header_keeps_its_spelling() {
    let jar = homing::native::CookieJar::new();
    let (at, serving) = requests(vec![NO.into(), NO.into()]).await;
    jar.add(&format!("ws://{at}/"), "kept=1").unwrap();
    for own in [None, Some("COOKIE")] {
        let (mut builder, recorder) = client(format!("ws://{at}/"));
        if let Some(own) = own {
            builder = builder.header(own, "own=1");
        }
        let _ws = builder.cookie_jar(jar.clone()).connect().unwrap();
        recorder.failed().await;
    }
    let requests = serving.await.unwrap();
    assert!(requests[0].contains("\r\nCookie: kept=1\r\n"), "{}", requests[0]);
    assert!(requests[1].contains("\r\nCOOKIE: own=1; kept=1\r\n"), "{}", requests[1]);
}

#[tokio::test]
async fn s01_header_names_for_a_proxy_too() {
    let (at, serving) = requests(vec!["HTTP/1.1 200 OK\r\n\r\n".into()]).await;
    let (builder, recorder) = client("ws://server.test:81/");
    let _ws = builder.proxy(format!("http://user:pass@{at}")).connect().unwrap();
    recorder.failed().await;
    let requests = serving.await.unwrap();
    assert_eq!(
        requests[0],
        "CONNECT server.test:81 HTTP/1.1\r\nHost: server.test:81\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
    );
}

/// The request is written a few bytes at a time, as to a full connection.
#[tokio::test]
async fn s01_a_request_leaves_whole_over_a_slow_stream() {
    let (ours, mut theirs) = tokio::io::duplex(7);
    let value = "x".repeat(10_000);
    let served = tokio::spawn(async move {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut some = [0; 5];
            let length = theirs.read(&mut some).await.unwrap();
            request.extend_from_slice(&some[..length]);
        }
        theirs.write_all(NO.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let (builder, recorder) = client("ws://server.test/");
    let stream = std::sync::Mutex::new(Some(ours));
    let builder = builder.header("X-Long", value.clone()).connector(move |_| {
        let stream = stream.lock().unwrap().take().ok_or_else(|| std::io::ErrorKind::NotConnected.into());
        async { stream }
    });
    let _ws = builder.connect().unwrap();
    assert_eq!(recorder.failed().await.0.status(), Some(400));
    assert!(served.await.unwrap().contains(&format!("\r\nX-Long: {value}\r\n\r\n")));
}
