//! Errors and `Debug` output contain no secrets of the client and no control characters of the peer (S26).

use std::time::Duration;

use homing::native::{BuilderExt, RequestExt};
use homing::{Handshake, Heartbeat, Reconnect, Request, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{assert_hides, client, server};

/// Formats a value in every way.
fn printed(value: &impl std::fmt::Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// Typical mistakes: a whole header as its name, and a token as subprotocol.
#[tokio::test]
async fn s26_refused_values_are_not_in_errors() {
    let builder = || WebSocket::builder("ws://127.0.0.1:1/");
    for (error, option) in [
        (builder().protocol("bearer.SECRET==").connect(), "protocol"),
        (builder().protocol("SECRET").protocol("SECRET").connect(), "protocol"),
        (builder().header("Authorization: Bearer SECRET", "").connect(), "header"),
        (builder().header("Authorization=SECRET", "Bearer").header("SECRET:", "").connect(), "header"),
        (builder().header("Sec-WebSocket-Key-SECRET", "1").connect(), "header"),
        (builder().header("Authorization", "Bearer SECRET\n").connect(), "header"),
        (WebSocket::builder("SECRET:SECRET@server.test/").connect(), "url"),
        (WebSocket::builder("ws://user:SECRET@server.test:99999/?SECRET").connect(), "url"),
        (WebSocket::builder("ws://server.test/#SECRET").connect(), "url"),
        (builder().proxy("SECRET://user:SECRET@proxy.test").connect(), "proxy"),
        (builder().proxy("http://user:SECRET@proxy.test:0").connect(), "proxy"),
    ] {
        let error = error.expect_err(option);
        assert_eq!(error.option, option, "{error}");
        let text = format!("{error} {error:?}").to_lowercase();
        assert!(!text.contains("secret"), "{text}");
    }
    let request =
        Request::new("ws://a.test/?SECRET").header("Authorization: Bearer SECRET", "").header("X-Key", "SECRET");
    assert!(printed(&request).contains("X-Key") && !printed(&request).contains("SECRET"), "{request:?}");
}

#[tokio::test]
async fn s26_debug_output_has_no_tokens() {
    let second = Duration::from_secs(1);
    for heartbeat in [
        Heartbeat::message(second, second, "{\"token\":\"SECRET\"}"),
        Heartbeat::ping(second, second).or_message("SECRET"),
        Heartbeat::message(second, second, b"SECRET".to_vec()),
    ] {
        let text = printed(&heartbeat);
        assert!(text.contains("1s") && !text.contains("SECRET") && !text.contains("token"), "{text}");
    }

    let server = server();
    let (builder, recorder) = client(server.url("/protocol?header=Set-Cookie:id%3DSECRET"));
    let _ws = builder.protocol("bearer.SECRET").connect().unwrap();
    let handshake: Handshake = recorder.opened().await;
    assert_eq!(handshake.protocol.as_deref(), Some("bearer.SECRET"));
    let text = printed(&handshake);
    assert!(text.contains("set-cookie") && text.contains("protocol: Some"), "{text}");
    assert!(!text.contains("SECRET") && !printed(&recorder.events()).contains("SECRET"), "{text}");
}

/// A server that chooses a subprotocol that was not offered can repeat a part of an offered one.
#[tokio::test]
async fn s26_the_servers_choice_is_not_in_errors() {
    let server = server();
    for answer in ["bearer.SECRET,chat", "SECRET", "chat"] {
        let (builder, recorder) = client(server.url(&format!("/protocol?answer={answer}")));
        let _ws = builder.protocol("chat2").protocol("bearer.SECRET").connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert!(error.to_string().contains("a subprotocol that was not offered"), "{error}");
        assert_hides(&error, &["SECRET"]);
        assert!(!printed(&recorder.events()).contains("SECRET"));
    }
}

/// Characters that control terminals, or that reorder or hide text.
const CONTROLS: [char; 8] = ['\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{1b}', '\u{7}', '\u{7f}'];

fn assert_harmless(text: &str) {
    // `{:#?}` itself prints line feeds.
    let found = text.chars().find(|c| CONTROLS.contains(c) || c.is_control() && *c != '\n');
    assert_eq!(found, None, "{text:?}");
}

/// A server that sends this response to every request.
async fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&answer).await;
            while let Ok(1..) = stream.read(&mut [0; 4096]).await {}
        }
    });
    at
}

#[tokio::test]
async fn s26_text_of_servers_is_printed_without_control_characters() {
    // Only characters that a header may contain.
    let in_header: String = CONTROLS.iter().filter(|c| !c.is_ascii()).collect();
    let anywhere: String = CONTROLS.iter().collect();
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let answers = [
        format!("HTTP/1.1 403 {in_header}\r\nContent-Length: {}\r\n\r\n{anywhere}", anywhere.len()),
        format!("HTTP/1.1 403 {anywhere}\r\n\r\n"),
        format!("HTTP/1.1 403 No\r\nX-{in_header}: {in_header}\r\n\r\n"),
        format!("HTTP/1.1 403 No\r\nWWW-Authenticate: {in_header}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 403 No\r\nWWW-Authenticate: {anywhere}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 302 Found\r\nLocation: ws://{in_header}/\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 302 Found\r\nLocation: {in_header}://x\r\nContent-Length: 0\r\n\r\n"),
        format!("{upgrade}Sec-WebSocket-Accept: {in_header}\r\n\r\n"),
        format!("{upgrade}Sec-WebSocket-Protocol: {in_header}\r\nSec-WebSocket-Extensions: {in_header}\r\n\r\n"),
        format!("{anywhere}\r\n\r\n"),
    ];
    for answer in answers {
        for proxied in [false, true] {
            let at = answering(answer.clone().into_bytes()).await;
            let (builder, recorder) = if proxied {
                let (builder, recorder) = client("ws://server.test/");
                (builder.proxy(at), recorder)
            } else {
                client(format!("ws://{at}/"))
            };
            let builder = builder.open_timeout(Duration::from_secs(1));
            let ws = builder.reconnect(Reconnect::never()).follow_redirects(true).connect().unwrap();
            let (error, close) = recorder.failed().await;
            let end = ws.closed().await;
            assert_harmless(&format!("{error} {error:?} {error:#?} {close:?} {end:?} {:?}", recorder.events()));
        }
    }
}

#[tokio::test]
async fn s26_handshakes_are_printed_without_control_characters() {
    let server = server();
    let escaped = "%C2%9B%E2%80%AE%E2%81%A6%E2%80%8B%EF%BB%BF";
    // Extensions that were not offered.
    let (builder, recorder) = client(server.url(&format!("/extension?name=x-{escaped}")));
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert!(error.to_string().contains("x-\\u{9b}\\u{202e}"), "it is shown: {error}");
    assert_harmless(&format!("{error} {error:?} {:?}", recorder.events()));

    // A close reason may contain any character.
    let reason = format!("{escaped}%1B%07%7F%0A");
    let (builder, recorder) = client(server.url(&format!("/close?code=4000&header=X-Y:{escaped}&reason={reason}")));
    let ws = builder.connect().unwrap();
    let close = recorder.closed().await;
    assert!(close.reason.contains('\u{9b}') && close.reason.contains('\n'), "what a program reads is as it came");
    let text = format!("{close:?} {:?} {:?}", ws.closed().await, recorder.events());
    assert!(!text.contains('\n'), "{text}");
    assert_harmless(&text);
}

/// The source of an error may contain text of the peer, for example of its certificate.
#[test]
fn s26_sources_are_printed_without_control_characters() {
    let text: String = CONTROLS.iter().collect();
    let error = homing::Error::new(homing::ErrorKind::Tls, text.clone()).with_source(text);
    assert_harmless(&format!("{error} {error:?}"));
}
