//! The opening handshake: requests, and valid and invalid responses.

use std::time::{Duration, Instant};

use homing::native::BuilderExt;
use homing::{ErrorKind, Event, Initiator, Message, Reconnect, State};
use homing_test_server::What;

use crate::support::{assert_hides, client, connect, doings, is_handshake, seen, server};

/// Invalid 101 responses, other statuses, and data that is not HTTP. Each error says why, and each attempt is retried by
/// policy.
#[tokio::test]
async fn s23_invalid_responses_fail_the_attempt() {
    let server = server();
    let cases = [
        ("/no-accept", Some(101), "without `Sec-WebSocket-Accept`"),
        ("/bad-accept", Some(101), "wrong `Sec-WebSocket-Accept`"),
        ("/no-upgrade", Some(101), "without `Upgrade: websocket`"),
        ("/no-connection", Some(101), "without `Connection: Upgrade`"),
        ("/extension", Some(101), "extension that was not offered: permessage-deflate"),
        ("/extension?name=x-unknown", Some(101), "extension that was not offered: x-unknown"),
        ("/protocol?answer=chat", Some(101), "subprotocol that was not offered"),
        ("/garbage", None, ""),
        ("/garbage?n=1", None, ""),
        ("/garbage?n=100000", None, ""),
        ("/http?status=200&body=hello", Some(200), "OK"),
        ("/http?status=301&location=/echo", Some(301), "Moved"),
        ("/http?status=304", Some(304), ""),
        ("/http?status=500", Some(500), ""),
    ];
    for (position, (path, status, detail)) in cases.into_iter().enumerate() {
        let (builder, recorder) = client(server.url(path));
        let ws = builder.reconnect(Reconnect::fixed(Duration::from_secs(60))).connect().unwrap();
        let (error, close) = recorder.failed().await;
        assert!(is_handshake(error.kind()), "{path}: {error:?}");
        assert_eq!((error.status(), error.code()), (status, 1), "{path}: {error:?}");
        assert!(error.to_string().contains(detail), "{path}: {error}");
        assert_eq!((close.code.get(), close.clean, close.initiator), (1006, false, Initiator::Failure), "{path}");
        assert_eq!(close.retry_in, Some(Duration::from_secs(60)), "{path}");
        assert_eq!(ws.state(), State::Waiting, "{path}");
        let kinds: Vec<_> = recorder.events().into_iter().map(|event| std::mem::discriminant(&event)).collect();
        assert_eq!(kinds.len(), 3, "{path}: connect, error, close: {:?}", recorder.events());
        // The connection never opened, so there is no Close frame. Redirects are not followed.
        let connection = position as u64 + 1;
        seen(&server, path, |journal| doings(journal, connection).contains(&&What::Disconnected)).await;
        assert_eq!(doings(&server.journal(), connection).len(), 3, "{path}: {:?}", server.journal());
    }
}

#[tokio::test]
async fn s24_subprotocols() {
    let server = server();
    let offering = |path: &str| {
        let (builder, recorder) = client(server.url(path));
        (builder.protocol("first").protocol("second").connect().unwrap(), recorder)
    };
    for (path, chosen) in [("/protocol", "first"), ("/protocol?answer=second", "second")] {
        let (_ws, recorder) = offering(path);
        let handshake = recorder.opened().await;
        assert_eq!(handshake.protocol.as_deref(), Some(chosen));
        assert_eq!(handshake.headers.get("sec-websocket-protocol"), Some(chosen));
    }
    let failures = [
        ("/echo", "none of the subprotocols"),
        ("/protocol?answer=third", "not offered"),
        ("/protocol?answer=First", "not offered"),
        ("/protocol?answer=first,second", "not offered"),
    ];
    for (path, detail) in failures {
        let (_ws, recorder) = offering(path);
        let (error, _) = recorder.failed().await;
        assert!(error.to_string().contains(detail), "{path}: {error}");
    }
    let journal = server.journal();
    let asked = journal.iter().filter_map(|entry| entry.what.header("Sec-WebSocket-Protocol"));
    assert_eq!(asked.collect::<Vec<_>>(), ["first, second"; 6]);
}

#[tokio::test]
async fn s24_what_the_server_says_is_told() {
    let server = server();
    let (_ws, recorder) = connect(server.url("/echo?header=X-One:1&header=X-Two:a&header=X-Two:b"));
    let handshake = recorder.opened().await;
    assert_eq!((handshake.status, handshake.protocol, handshake.extensions.as_str()), (Some(101), None, ""));
    assert_eq!(handshake.headers.get("x-ONE"), Some("1"));
    let twice: Vec<_> = handshake.headers.iter().filter(|(name, _)| *name == "x-two").map(|(_, it)| it).collect();
    assert_eq!(twice, ["a", "b"]);
}

#[tokio::test]
async fn what_the_server_is_asked() {
    let server = server();
    let url = server.url("/echo?token=query%20secret");
    let (builder, recorder) = client(url.replace("ws://", "ws://us%65r:p%40ss:w@"));
    let builder = builder.header("Cookie", "session=cookie-secret").header("X-Twice", "1").header("x-twice", "2");
    let _ws = builder.header("User-Agent", "test").header("X-Utf-8", "Grüße").connect().unwrap();
    recorder.opened().await;
    let journal = server.journal();
    let request = &journal.iter().find(|entry| matches!(entry.what, What::Request { .. })).expect("opened").what;
    let What::Request { path, headers } = request else { unreachable!() };
    assert_eq!(path, "/echo?token=query%20secret");
    let all = |name: &str| -> Vec<&str> {
        headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(all("host"), [server.addr().to_string()]);
    assert_eq!(all("upgrade"), ["websocket"]);
    assert_eq!(all("connection"), ["Upgrade"]);
    assert_eq!(all("sec-websocket-version"), ["13"]);
    assert_eq!(all("sec-websocket-key").len(), 1);
    assert_eq!(all("sec-websocket-protocol"), [""; 0]);
    assert_eq!(all("cookie"), ["session=cookie-secret"]);
    assert_eq!(all("x-twice"), ["1", "2"]);
    assert_eq!(all("user-agent"), ["test"]);
    assert_eq!(all("x-utf-8"), ["Grüße"]);
    // `user:p@ss:w` (RFC 7617).
    assert_eq!(all("authorization"), ["Basic dXNlcjpwQHNzOnc="]);
}

#[tokio::test]
async fn a_header_of_the_users_own_beats_the_credentials_of_the_url() {
    let server = server();
    let (builder, recorder) = client(server.url("/echo").replace("ws://", "ws://user:pass@"));
    let _ws = builder.header("Authorization", "Bearer token").connect().unwrap();
    recorder.opened().await;
    let journal = server.journal();
    let sent: Vec<_> = journal.iter().filter_map(|entry| entry.what.header("authorization")).collect();
    assert_eq!(sent, ["Bearer token"]);
}

#[tokio::test]
async fn every_attempt_has_a_key_of_its_own() {
    let server = server();
    let (builder, recorder) = client(server.url("/drop"));
    let _ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(10))).connect().unwrap();
    recorder.until("three attempts", |_| recorder.count(|event| matches!(event, Event::Open(_))) >= 3).await;
    let journal = server.journal();
    let mut keys: Vec<_> = journal.iter().filter_map(|entry| entry.what.header("sec-websocket-key")).collect();
    let attempts = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), attempts);
}

/// The error contains none of the values of the request.
#[tokio::test]
async fn s26_secrets_stay_secret() {
    let server = server();
    let header = "header=Set-Cookie:id%3Danswered-secret";
    let path = server.url(&format!("/http?status=401&token=query-secret&{header}"));
    let (builder, recorder) = client(path.replace("ws://", "ws://user:pass-secret@"));
    let ws = builder.header("Cookie", "id=cookie-secret").connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_hides(&error, &["secret", "user"]);
    assert!(error.to_string().contains(&server.addr().to_string()), "it says where: {error}");
    assert!(!format!("{ws:?} {:?}", ws.closed().await).contains("secret"));
}

/// Messages in the same TCP segment as the response are delivered in order.
#[tokio::test]
async fn early_messages() {
    let server = server();
    for count in [1, 3, 50_000] {
        let (_ws, recorder) = connect(server.url(&format!("/early?n={count}&quiet=1")));
        let messages = recorder.messages_are(count).await;
        let expected = (0..count).map(|i| Message::text(i.to_string()));
        assert!(messages.into_iter().eq(expected), "{count} in order");
        assert!(matches!(recorder.events()[1], Event::Open(_)), "open comes first");
    }
}

/// An endless response head must neither fill the memory nor wait for the open timeout.
#[tokio::test]
async fn header_floods() {
    let server = server();
    let (_ws, recorder) = connect(server.url("/header-flood?kib=50"));
    assert_eq!(recorder.opened().await.headers.get("x-flood").map(str::len), Some(50 * 1024));

    let (builder, recorder) = client(server.url("/header-flood?kib=64"));
    let _ws = builder.connect().unwrap();
    assert!(is_handshake(recorder.failed().await.0.kind()));
    for (position, kib) in [70, 1000, 0].into_iter().enumerate() {
        let (builder, recorder) = client(server.url(&format!("/header-flood?kib={kib}")));
        let _ws = builder.open_timeout(None).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert!(is_handshake(error.kind()), "{kib} KiB: {error:?}");
        let connection = position as u64 + 3;
        seen(&server, "the end", |journal| doings(journal, connection).contains(&&What::Disconnected)).await;
    }
}

#[tokio::test]
async fn s08d_a_slow_answer_has_the_open_timeout() {
    let server = server();
    let timeout = Duration::from_millis(400);
    for path in ["/slow?ms=50", "/stall"] {
        let (builder, recorder) = client(server.url(path));
        let start = Instant::now();
        let builder = builder.open_timeout(timeout).reconnect(Reconnect::fixed(Duration::from_secs(60)));
        let _ws = builder.connect().unwrap();
        let (error, close) = recorder.failed().await;
        assert!(start.elapsed() >= timeout, "{path}: {:?}", start.elapsed());
        assert_eq!((error.kind(), error.is_timeout(), error.code()), (&ErrorKind::OpenTimeout, true, 1), "{path}");
        assert!(close.retry_in.is_some(), "{path}");
    }
    // The client closes both connections.
    let gone = |entries: &[_]| (1..=2).all(|connection| doings(entries, connection).contains(&&What::Disconnected));
    seen(&server, "the ends", gone).await;

    let (_ws, recorder) = connect(server.url("/slow?ms=2"));
    recorder.opened().await;
}

/// Harmless deviations are accepted: empty list elements, empty headers, any case and spacing. Firefox and tungstenite
/// accept an empty `Sec-WebSocket-Extensions` as well. Chromium is stricter about repeated headers; here only different
/// values fail.
#[tokio::test]
async fn s24_odd_answers_that_agree() {
    let server = server();
    let asking = |path: &str, protocols: &[&str]| {
        let (builder, recorder) = client(server.url(path));
        let builder = protocols.iter().fold(builder, |builder, protocol| builder.protocol(*protocol));
        #[cfg(feature = "deflate")]
        let builder = builder.deflate(path.contains("offered").then(homing::native::Deflate::new));
        (builder.connect().unwrap(), recorder)
    };
    let extensions = "header=Sec-WebSocket-Extensions:";
    for (path, protocols, chosen) in [
        (format!("/echo?{extensions}"), &[][..], None),
        (format!("/echo?{extensions}&offered=1"), &[], None),
        (format!("/echo?{extensions}&{extensions}+,+,&offered=1"), &[], None),
        (format!("/echo?{extensions},&{extensions}"), &[], None),
        ("/echo?header=Sec-WebSocket-Protocol:".to_owned(), &[], None),
        ("/echo?header=sec-websocket-protocol:++first++".to_owned(), &["first"], Some("first")),
        ("/protocol?header=Sec-WebSocket-Protocol:first".to_owned(), &["first", "second"], Some("first")),
        ("/protocol?header=Sec-WebSocket-Protocol:".to_owned(), &["first"], Some("first")),
        ("/no-connection?header=Connection:keep-alive,+Upgrade".to_owned(), &[], None),
        ("/no-connection?header=connection:,,UPGRADE&header=Connection:close".to_owned(), &[], None),
        ("/no-upgrade?header=UPGRADE:WebSocket".to_owned(), &[], None),
        ("/no-upgrade?header=Upgrade:h2c&header=Upgrade:websocket".to_owned(), &[], None),
    ] {
        let (_ws, recorder) = asking(&path, protocols);
        let handshake = recorder.opened().await;
        assert_eq!((handshake.protocol.as_deref(), &*handshake.extensions), (chosen, ""), "{path}");
    }
    for (path, protocols, detail) in [
        ("/echo?header=Sec-WebSocket-Protocol:", &["first"][..], "none of the subprotocols"),
        ("/protocol?header=Sec-WebSocket-Protocol:second", &["first", "second"], "two different"),
        ("/echo?header=Sec-WebSocket-Accept:other", &[], "two different"),
        ("/echo?header=Sec-WebSocket-Extensions:,x-other", &[], "x-other"),
    ] {
        let (_ws, recorder) = asking(path, protocols);
        let (error, _) = recorder.failed().await;
        assert!(error.to_string().contains(detail), "{path}: {error}");
    }
}
