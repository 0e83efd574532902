//! Errors, handshakes, statistics and secrets (S23 to S26).

use homing::{End, Error, ErrorKind, Event, Request, WebSocket};

use super::*;

pub async fn s23_errors_before_and_after_open(env: Env) {
    let log = env.log();
    let _ws = env.once("/http?status=503").handler(log.handler()).connect().unwrap();
    let error = log.failed(1).await;
    assert_eq!((error.code(), error.is_before_open(), error.is_timeout()), (1, true, false), "{error:?}");
    let log = env.log().greet_on_open();
    let _ws = env.once("/drop?after=1").handler(log.handler()).connect().unwrap();
    let error = log.failed(1).await;
    assert_eq!((error.kind(), error.is_before_open()), (&env.visible_kind(ErrorKind::Io), false), "{error:?}");
    assert_ne!(error.code(), 1);
}

/// Returns all text that a client shows of an attempt that failed.
async fn all_output(log: &Log, ws: &WebSocket) -> String {
    let end: End = log.ended(1).await;
    let errors: Vec<Error> = log
        .events()
        .into_iter()
        .filter_map(|event| if let Event::Error(error) = event { Some(error) } else { None })
        .collect();
    let shown: Vec<_> = errors.iter().map(Error::to_string).collect();
    format!("{shown:?} {:?} {ws:?} {end:?} {} {:?}", log.events(), end.reason, ws.stats())
}

pub async fn s23_errors_show_the_url_without_the_query(env: Env) {
    for path in
        ["/http?status=503&token=hush", "/drop?after=1&token=hush", "/stall?token=hush", "/raw?hex=830178&t=hush"]
    {
        let log = env.log().greet_on_open();
        let ws = env.once(path).open_timeout(ms(300)).handler(log.handler()).connect().unwrap();
        let error = log.failed(1).await;
        let name = path.split('?').next().expect("a path");
        assert!(error.to_string().contains(name) && error.to_string().contains("ws://"), "{error}");
        let output = all_output(&log, &ws).await;
        assert!(!output.contains("hush") && !error.to_string().contains('?'), "{output}");
    }
}

pub async fn s24_chosen_subprotocol_is_reported(env: Env) {
    for (path, chosen) in [("/protocol?answer=chat", Some("chat")), ("/protocol", Some("superchat")), ("/echo", None)] {
        let log = env.log();
        let mut builder = env.once(path);
        if chosen.is_some() {
            builder = builder.protocol("superchat").protocol("chat");
        }
        let _ws = builder.handler(log.handler()).connect().unwrap();
        let handshake = log.opened(1).await;
        assert_eq!(handshake.protocol.as_deref(), chosen, "{path}");
        assert_eq!(handshake.extensions, "", "{path}");
    }
}

pub async fn s24_subprotocol_that_was_not_offered_fails(env: Env) {
    // Firefox reports nothing to a page that has offered no subprotocol.
    let nothing: &[&[&str]] = if env.has_own_protocol() { &[&[]] } else { &[] };
    for offered in [&["superchat"][..]].iter().chain(nothing) {
        let log = env.log();
        let builder = offered.iter().fold(env.once("/protocol?answer=chat"), |builder, it| builder.protocol(*it));
        let _ws = builder.handler(log.handler()).connect().unwrap();
        log.ended(1).await;
        assert_eq!(log.summary(), "error, close 1006, end", "{offered:?}");
    }
}

pub async fn s25_messages_and_bytes_are_counted(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").handler(log.handler()).connect().unwrap();
    assert_eq!((ws.stats().attempts, ws.stats().messages_sent, ws.stats().open_for), (1, 0, None));
    ws.send("12345").unwrap();
    ws.send(vec![0; 1000]).unwrap();
    log.messages(2).await;
    env.sleep(ms(20)).await;
    // Messages are counted in batches, after all of a batch was delivered.
    let counted = async {
        // The clock may be one of whole milliseconds.
        while ws.stats().messages_received < 2 || ws.stats().open_for < Some(ms(20)) {
            env.sleep(ms(5)).await;
        }
    };
    env.soon("a count", counted).await;
    let stats = ws.stats();
    assert_eq!((stats.messages_sent, stats.bytes_sent), (2, 1005));
    assert_eq!((stats.messages_received, stats.bytes_received), (2, 1005));
    let open_for = stats.open_for.expect("it is open");
    assert!(open_for <= env.now(), "{open_for:?}");
}

pub async fn s25_attempts_are_counted(env: Env) {
    let log = env.log();
    let ws = env.retry_in_an_hour("/echo").handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    assert_eq!((ws.stats().attempts, ws.stats().reconnects), (1, 0));
    env.server().stop().await;
    log.closed(1).await;
    assert_eq!(ws.stats().open_for, None);
    ws.reconnect();
    log.closed(2).await;
    assert_eq!((ws.stats().attempts, ws.stats().reconnects), (2, 0));
    env.server().restart().await;
    ws.reconnect();
    log.opened(2).await;
    assert_eq!((ws.stats().attempts, ws.stats().reconnects), (3, 1));
    ws.close(1000, "").unwrap();
    log.ended(1).await;
    assert_eq!((ws.stats().attempts, ws.stats().heartbeats, ws.stats().open_for), (3, 0, None));
}

pub async fn s26_debug_output_has_no_secrets(env: Env) {
    let log = env.log();
    let url = env.url("/http?status=401&token=hush&body=hush");
    let request = Request::new(url.clone()).protocol("chat").protocol("hush");
    assert!(!format!("{request:?}").contains("hush"), "{request:?}");
    let asked = request.clone();
    let builder = env.once("/echo?token=hush").request_provider(move || {
        let asked = asked.clone();
        async { Ok(asked) }
    });
    let ws = builder.handler(log.handler()).connect().unwrap();
    let output = all_output(&log, &ws).await;
    assert!(!output.contains("hush") && !output.contains("token"), "{output}");
    let bad = url.replace("ws:", "hush:");
    let error = WebSocket::builder(bad + "#hush").connect().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("token"), "{error:?}");
    let (ws, events) = WebSocket::builder(url).connect_stream().unwrap();
    let futures = format!("{:?} {:?} {:?}", ws.closed(), ws.flush(), ws.ready());
    assert!(!format!("{events:?} {ws:?} {futures}").contains("hush"));
}

/// Subprotocols and heartbeat messages can contain tokens: a browser cannot send headers.
pub async fn s26_errors_do_not_repeat_rejected_values(env: Env) {
    for protocols in [&["bearer.hush=="][..], &["hush", "hush"], &["chat", "hush hush"]] {
        let builder = protocols.iter().fold(env.once("/protocol"), |builder, it| builder.protocol(*it));
        let error = builder.connect().expect_err("no subprotocols");
        assert_eq!(error.option, "protocol");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    let error = WebSocket::builder("hush:hush@example.com").connect().unwrap_err();
    assert!(error.option == "url" && !format!("{error} {error:?}").contains("hush"), "{error:?}");
    let heartbeat = homing::Heartbeat::message(ms(1), ms(1), "hush");
    assert!(!format!("{heartbeat:?}").contains("hush"), "{heartbeat:?}");
    let log = env.log();
    let _ws = env.client("/protocol").protocol("hush").handler(log.handler()).connect().unwrap();
    let handshake = log.opened(1).await;
    assert_eq!(handshake.protocol.as_deref(), Some("hush"));
    assert!(!format!("{handshake:?}").contains("hush"), "{handshake:?}");
}
