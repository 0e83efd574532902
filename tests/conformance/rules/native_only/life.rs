//! Configuration, order of events, the end and refused handshakes (S1 to S8).

use homing::native::{BuilderExt, RequestExt};
use homing::{EndReason, Event, ProviderError, Request, WebSocket};

use crate::rules::*;

/// Native only: a browser cannot set headers, and resolves relative URLs.
pub async fn s01_invalid_headers_and_relative_urls_fail(env: Env) {
    let with = |name: &str, value: &str| env.once("/echo").header(name, value).connect();
    let own = ["Host", "Upgrade", "connection", "Sec-WebSocket-Key", "sec-websocket-protocol"];
    for (name, value) in own.map(|name| (name, "x")).into_iter().chain([
        ("two words", "x"),
        ("", "x"),
        ("X-Cr", "a\rb"),
        ("X-Lf", "a\nb"),
        ("X-Nul", "a\0b"),
    ]) {
        assert_eq!(with(name, value).expect_err(name).option, "header");
    }
    for url in ["/relative", "127.0.0.1:7511/feed"] {
        let error = WebSocket::builder(url).connect().expect_err(url);
        assert_eq!(error.option, "url");
        assert!(error.fault.ends_with("begins with ws:// or wss://"), "{error}");
    }
    env.sleep(A_WHILE).await;
    assert_eq!(env.server().seen().await, []);
    let log = env.log();
    let _ws = env.once("/headers").header("X-Test", "on the wire").handler(log.handler()).connect().unwrap();
    assert!(log.texts(1).await[0].contains(r#""x-test":"on the wire""#));
}

/// Native only: a browser does not report when TCP and TLS are up.
pub async fn s03_on_connect_is_first(env: Env) {
    let log = env.log();
    let _ws = env.once("/close?code=4000").handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    let events = log.events();
    assert!(matches!(&events[..], [Event::Connect, Event::Open(_), Event::Close(_), Event::End(_)]), "{events:?}");
    let log = env.log();
    let _ws = env.once("/http?status=503").handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    let events = log.events();
    assert!(matches!(&events[..], [Event::Connect, Event::Error(_), Event::Close(_), Event::End(_)]), "{events:?}");
    env.server().stop().await;
    let log = env.log();
    let _ws = env.once("/echo").handler(log.handler()).connect().unwrap();
    log.ended(1).await;
    assert!(!log.events().contains(&Event::Connect), "{:?}", log.events());
}

/// Native only: in WebAssembly a panic ends the whole program.
pub async fn s05_panic_ends_only_its_client(env: Env) {
    let (log, other) = (env.log(), env.log());
    let healthy = env.client("/echo").handler(other.handler()).connect().unwrap();
    let panics = |_: &WebSocket, event: &Event| assert!(!matches!(event, Event::Message(_)), "panics on purpose");
    let ws = env.client("/echo").handler(log.then(panics)).connect().unwrap();
    ws.send("go").unwrap();
    ws.send("never delivered").unwrap();
    let end = env.soon("the end", ws.closed()).await;
    assert_eq!((end.reason, log.summary().as_str()), (EndReason::Panicked, "open, go"));
    assert!(ws.send("late").is_err());
    healthy.send("still running").unwrap();
    assert_eq!(other.texts(1).await, ["still running"]);
}

/// Native only: a browser hides the status, so every rejected handshake is retried.
pub async fn s08_fatal_http_statuses_end_the_client(env: Env) {
    for status in [400, 401, 403, 404, 410, 426, 451] {
        let log = env.log();
        let _ws = env.client(&format!("/http?status={status}")).handler(log.handler()).connect().unwrap();
        let end = log.ended(1).await;
        assert_eq!((end.reason, log.summary().as_str()), (EndReason::Fatal, "error, close 1006, end"), "{status}");
        assert_eq!(end.error.and_then(|error| error.status()), Some(status));
    }
}

/// Native only, as [`s08_fatal_http_statuses_end_the_client`].
pub async fn s08_other_http_statuses_are_retried(env: Env) {
    for status in [200, 301, 408, 425, 429, 500, 502, 503] {
        let log = env.log();
        let _ws = env.client(&format!("/http?status={status}")).handler(log.handler()).connect().unwrap();
        log.failed(2).await;
        assert_eq!(log.closed(1).await.retry_in, Some(SOON), "{status}");
    }
    let log = env.log();
    let _ws = env.client("/http?status=404").retry_if(|_| true).handler(log.handler()).connect().unwrap();
    log.failed(2).await;
}

/// Native only, as [`s08_fatal_http_statuses_end_the_client`].
pub async fn s08_fatal_http_status_is_retried_with_a_provider(env: Env) {
    let (log, theirs, mut asked) = (env.log(), env.clone(), 0);
    let provider = move || {
        asked += 1;
        let path = if asked == 1 { "/http?status=401" } else { "/echo" };
        let request: Result<_, ProviderError> = Ok(Request::new(theirs.url(path)).header("X-Try", asked.to_string()));
        async { request }
    };
    let _ws = env.client("/echo").request_provider(provider).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    let tries: Vec<_> =
        env.native().journal().iter().filter_map(|entry| entry.what.header("x-try").map(str::to_owned)).collect();
    assert_eq!(
        (log.summary().as_str(), &tries[..]),
        ("error, close 1006, open", &["1".to_owned(), "2".to_owned()][..])
    );
}

/// Native only: a browser hides headers.
pub async fn s08_retry_after_is_a_lower_bound(env: Env) {
    let cases = [(503, "7", ms(7000)), (429, "7", ms(7000)), (500, "7", SOON), (503, "0", SOON), (503, "soon", SOON)];
    for (status, asked, expected) in cases {
        let log = env.log();
        let path = format!("/http?status={status}&header=Retry-After:{asked}");
        let _ws = env.client(&path).handler(log.handler()).connect().unwrap();
        assert_eq!(log.closed(1).await.retry_in, Some(expected), "{status} {asked}");
    }
}

/// Native only: a browser has no runtime that could be shut down.
pub async fn s04_runtime_shutdown_ends_the_client(env: Env) {
    let log = env.log();
    let builder = env.client("/echo").handler(log.handler());
    let ws = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { builder.connect().unwrap() })
    });
    let ws = ws.join().unwrap();
    assert_eq!(env.soon("the end", ws.closed()).await.reason, EndReason::Shutdown);
    assert!(ws.send("late").is_err());
    assert_eq!(log.summary(), "");
}

/// Native only: a browser has no `on_connect`.
pub async fn s05_every_method_inside_on_connect(env: Env) {
    type Method = fn(&WebSocket);
    let cases: [(Method, &str); 4] = [
        (|ws| ws.send("hello").unwrap(), "open, hello"),
        (|ws| ws.close(1000, "").unwrap(), "close 1006, end"),
        (WebSocket::abort, "close 1006, end"),
        (WebSocket::reconnect, "close 1006, open"),
    ];
    for (method, summary) in cases {
        let (log, mut called) = (env.log(), false);
        let then = move |ws: &WebSocket, event: &Event| {
            if matches!(event, Event::Connect) && !std::mem::replace(&mut called, true) {
                method(ws);
            }
        };
        let _ws = env.client("/echo").handler(log.then(then)).connect().unwrap();
        let events = summary.split(", ").count();
        log.until(summary, |events_so_far| {
            events_so_far.iter().filter(|event| !matches!(event, Event::Connect)).count() >= events
        })
        .await;
        env.sleep(A_WHILE / 3).await;
        assert_eq!(log.summary(), summary);
    }
}

/// Native only, as [`s08_fatal_http_statuses_end_the_client`].
pub async fn s08_retry_after_is_limited(env: Env) {
    for asked in ["18446744073709551615", "99999999999999999999999"] {
        let log = env.log();
        let path = format!("/http?status=503&header=Retry-After:{asked}");
        let ws = env.client(&path).handler(log.handler()).connect().unwrap();
        assert_eq!(log.closed(1).await.retry_in, Some(ms(3_600_000)), "{asked}: one hour by default");
        ws.reconnect();
        log.closed(2).await;
        ws.abort();
        assert_eq!(log.ended(1).await.reason, EndReason::Closed, "{asked}");
    }
}
