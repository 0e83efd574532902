//! Cookies across attempts and redirects.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use homing::native::{BuilderExt, CookieJar, RequestExt};
use homing::{Event, Reconnect, Request};
use homing_test_server::Server;

use crate::support::{assert_hides, client, server};

/// Returns the `Cookie` header of each request, in order.
fn cookies(server: &Server) -> Vec<Option<String>> {
    let requests = server.journal().into_iter().filter(|entry| entry.what.header("host").is_some());
    requests.map(|entry| entry.what.header("cookie").map(str::to_owned)).collect()
}

fn is_open(event: &Event) -> bool {
    matches!(event, Event::Open(_))
}

/// A 101 sets a cookie, which the next attempt sends together with the user's own.
#[tokio::test]
async fn cookies_are_sent_by_the_next_attempt() {
    let server = server();
    let path = "/drop?header=Set-Cookie:sid%3D1;Path%3D/&header=Set-Cookie:other%3D2;Path%3D/elsewhere";
    let (builder, recorder) = client(server.url(path));
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).header("Cookie", "own=0");
    let builder = builder.header("Cookie", "more=0");
    let _ws = builder.cookie_jar(CookieJar::new()).connect().unwrap();
    recorder.until("two attempts", |_| recorder.count(is_open) >= 2).await;
    assert_eq!(cookies(&server)[..2], [Some("own=0".into()), Some("own=0; more=0; sid=1".into())]);

    // A server of its own, as the first client still dials the other one.
    let server = self::server();
    let (builder, recorder) = client(server.url("/echo"));
    let _ws = builder.connect().unwrap();
    recorder.opened().await;
    assert_eq!(cookies(&server).pop().unwrap(), None, "none without a jar");
}

/// A refusal sets a cookie. Each attempt has a fresh token of the provider.
#[tokio::test]
async fn s08b_a_refusal_sets_cookies_too() {
    let server = server();
    let calls = AtomicUsize::new(0);
    let urls = [server.url("/http?status=401&header=Set-Cookie:sid%3Dsecret;Path%3D/"), server.url("/echo")];
    let (builder, recorder) = client("ws://unused.test/");
    let builder = builder.request_provider(move || {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let request = Request::new(&urls[call.min(1)]).header("Authorization", format!("Bearer {call}"));
        async move { Ok(request) }
    });
    let jar = CookieJar::new();
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(1))).cookie_jar(jar.clone());
    let _ws = builder.connect().unwrap();
    recorder.opened().await;
    assert_eq!(cookies(&server), [None, Some("sid=secret".into())]);
    let journal = server.journal();
    let tokens: Vec<_> = journal.iter().filter_map(|entry| entry.what.header("authorization")).collect();
    assert_eq!(tokens, ["Bearer 0", "Bearer 1"]);
    assert_hides(&recorder.errors()[0], &["secret"]);
    assert!(!format!("{jar:?}").contains("secret"));
    assert_eq!(jar.cookies(&server.url("/")).as_deref(), Some("sid=secret"));
}

/// A login by redirect: the second request sends the cookie of the first response, but not to another server.
#[tokio::test]
async fn s26_redirects_send_cookies_within_an_origin_only() {
    let (first, second) = (server(), server());
    let back = format!("/http?status=302&header=Set-Cookie:sid%3D1;Path%3D/&location={}", "/echo");
    let (builder, recorder) = client(first.url(&back));
    let ws = builder.follow_redirects(true).cookie_jar(CookieJar::new()).connect().unwrap();
    recorder.opened().await;
    assert_eq!(cookies(&first), [None, Some("sid=1".into())]);
    drop(ws);

    // The other server differs in its port only, which RFC 6265 ignores but this client does not.
    let jar = CookieJar::new();
    let away = format!("/http?status=302&header=Set-Cookie:sid%3D2;Path%3D/&location={}", second.url("/echo"));
    let (builder, recorder) = client(first.url(&away));
    let _ws = builder.follow_redirects(true).cookie_jar(jar.clone()).connect().unwrap();
    recorder.opened().await;
    assert_eq!(cookies(&second), [None]);
    assert_eq!(jar.cookies(&first.url("/")).as_deref(), Some("sid=2"));
}
