//! Compressed messages (permessage-deflate, RFC 7692), with servers of other libraries and on the wire.

use std::time::Duration;

use homing::native::{BuilderExt, Deflate};
use homing::{ErrorKind, Message, Reconnect, WebSocket};
use homing_test_server::frame::{BINARY, CONTINUATION, PING, TEXT, hex, raw};
use homing_test_server::{Server, What};

use crate::support::child::Peer;
use crate::support::{Recorder, client, doings, is_handshake, seen, server};
use crate::wire::interop::exercise;

const AGREED: &str = "permessage-deflate";

fn variants() -> [Deflate; 5] {
    [
        Deflate::new(),
        Deflate::new().threshold(0).level(1),
        Deflate::new().no_context_takeover(),
        Deflate::new().client_no_context_takeover().server_max_window_bits(9),
        Deflate::new().client_max_window_bits(9).threshold(1000),
    ]
}

/// Returns this path with a response that has this `Sec-WebSocket-Extensions`.
fn answering(path: &str, answer: &str) -> String {
    let answer = answer.replace(' ', "%20").replace('=', "%3D");
    let and = if path.contains('?') { '&' } else { '?' };
    format!("{path}{and}header=Sec-WebSocket-Extensions:{answer}")
}

fn connect_deflating(server: &Server, path: &str, deflate: Deflate) -> (WebSocket, Recorder) {
    let (builder, recorder) = client(server.url(&answering(path, AGREED)));
    (builder.deflate(deflate).connect().unwrap(), recorder)
}

async fn with_all_variants(start: impl AsyncFn() -> Option<Peer>) {
    for deflate in variants() {
        let Some(mut peer) = start().await else { return };
        let url = peer.url();
        let (builder, recorder) = client(url.as_str());
        let ws = builder.deflate(deflate.clone()).connect().unwrap();
        let handshake = recorder.opened().await;
        assert!(handshake.extensions.starts_with(AGREED), "{deflate:?}: {handshake:?}");
        drop(ws);
        assert_eq!(peer.line().await, "closed 1000", "{deflate:?}: {:?}", recorder.events());
        exercise(&mut peer, || {
            let (builder, recorder) = client(url.as_str());
            (builder.deflate(deflate.clone()), recorder)
        })
        .await;
    }
}

#[tokio::test]
async fn python_websockets() {
    with_all_variants(async || Peer::python(&["deflate"]).await).await;
}

#[tokio::test]
async fn node_ws() {
    with_all_variants(async || Peer::node(&["deflate"]).await).await;
}

/// A server without the extension omits the header, and messages are not compressed.
#[tokio::test]
async fn a_server_that_declines_compression() {
    let server = server();
    let (builder, recorder) = client(server.url("/echo"));
    let ws = builder.deflate(Deflate::new().threshold(0)).connect().unwrap();
    assert_eq!(recorder.opened().await.extensions, "");
    ws.send("as it is").unwrap();
    assert_eq!(recorder.messages_are(1).await, [Message::text("as it is")]);
    let journal = server.journal();
    assert!(doings(&journal, 1).contains(&&What::Text("as it is".into())), "{journal:?}");
    let offer = doings(&journal, 1).into_iter().find_map(|what| what.header("sec-websocket-extensions"));
    assert_eq!(offer, Some("permessage-deflate; client_max_window_bits"));
}

/// The server echoes frames unchanged, so both sides have the same context.
#[tokio::test]
async fn messages_are_compressed_on_the_wire() {
    let server = server();
    let (ws, recorder) = connect_deflating(&server, "/echo", Deflate::new());
    let long = "the same words again and again, ".repeat(10);
    let sent = [
        Message::text(long.clone()),
        Message::text("short"),
        Message::text(long.clone()),
        Message::binary(vec![7; 5000]),
    ];
    for message in &sent {
        ws.send(message.clone()).unwrap();
    }
    assert_eq!(recorder.messages_are(sent.len()).await, sent);
    let journal = server.journal();
    let lengths: Vec<_> = doings(&journal, 1)
        .into_iter()
        .filter_map(|what| match what {
            What::Compressed(payload) => Some(payload.len()),
            What::Text(text) => Some(text.len()),
            _ => None,
        })
        .collect();
    assert_eq!((lengths.len(), lengths[1]), (4, 5), "only the short one is sent as it is: {lengths:?}");
    assert!(lengths[0] < 60 && lengths[2] < 15 && lengths[3] < 40, "{lengths:?}");
    assert_eq!(
        ws.stats().bytes_sent,
        sent.iter().map(|message| message.len() as u64).sum::<u64>(),
        "as they were given"
    );
}

/// Each attempt starts with an empty context.
#[tokio::test]
async fn each_attempt_negotiates_compression_again() {
    let server = server();
    let (builder, recorder) = client(server.url(&answering("/echo", AGREED)));
    let reconnect = Reconnect::fixed(Duration::from_millis(10));
    let ws = builder.deflate(Deflate::new().threshold(0)).reconnect(reconnect).connect().unwrap();
    for round in 0..3 {
        ws.send("the same every time, the same every time").unwrap();
        recorder.messages_are(round + 1).await;
        server.cut_all();
        recorder
            .until("a close", |events| events.iter().filter(|it| matches!(it, homing::Event::Close(_))).count() > round)
            .await;
    }
    let journal = server.journal();
    let compressed =
        |connection| doings(&journal, connection).into_iter().find(|what| matches!(what, What::Compressed(_)));
    assert!(compressed(1).is_some());
    assert_eq!(compressed(1), compressed(2));
    assert_eq!(compressed(1), compressed(3));
}

/// Each has the right close code, as other violations.
#[tokio::test]
async fn violations() {
    let server = server();
    let bomb = {
        let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
        let mut bomb = Vec::with_capacity(1 << 16);
        compress.compress_vec(&vec![0; 10 << 20], &mut bomb, flate2::FlushCompress::Sync).unwrap();
        bomb
    };
    let protocol = (ErrorKind::Protocol, 1002);
    let cases = [
        ("damaged", vec![raw(true, 0b100, TEXT, b"\xff\xff")], protocol.clone()),
        ("damaged, unfinished", vec![raw(false, 0b100, TEXT, b"\xff\xff")], protocol.clone()),
        (
            "RSV1 on a continuation",
            vec![raw(false, 0b100, TEXT, b""), raw(true, 0b100, CONTINUATION, b"")],
            protocol.clone(),
        ),
        ("RSV1 on a Ping", vec![raw(true, 0b100, PING, b"")], protocol.clone()),
        ("RSV2", vec![raw(true, 0b110, TEXT, b"\x00")], protocol),
        ("not UTF-8", vec![raw(true, 0b100, TEXT, b"\x00\x01\x00\xfe\xff\xff\x00")], (ErrorKind::Protocol, 1007)),
        ("bomb", vec![raw(true, 0b100, BINARY, &bomb)], (ErrorKind::MessageTooLarge, 1009)),
        ("bomb, unfinished", vec![raw(false, 0b100, BINARY, &bomb)], (ErrorKind::MessageTooLarge, 1009)),
    ];
    for (position, (name, frames, (kind, code))) in cases.into_iter().enumerate() {
        let frames: Vec<_> = frames.iter().map(|frame| hex(frame)).collect();
        let path = answering(&format!("/raw?hex={}", frames.join(",")), AGREED);
        let (builder, recorder) = client(server.url(&path));
        let _ws = builder.deflate(Deflate::new()).max_message_size(1 << 20).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert_eq!(error.kind(), &kind, "{name}: {error}");
        seen(&server, name, |journal| {
            let has_code = |what: &&What| matches!(what, What::Close { code: Some(it), .. } if *it == code);
            doings(journal, position as u64 + 1).iter().any(has_code)
        })
        .await;
        assert_eq!(recorder.messages(), [], "{name}");
    }
}

/// Bytes as Cowboy sent them: its empty messages have no compressed data at all.
#[tokio::test]
async fn s21_empty_messages_without_a_block_are_accepted() {
    let server = server();
    let [hello, again] = [&b"\xca\x48\xcd\xc9\xc9\x07\x00"[..], b"\xca\x00\x11\x00\x00"];
    let empty = || raw(true, 0b100, TEXT, b"");
    let parts = [raw(false, 0b100, TEXT, b""), raw(false, 0, CONTINUATION, b""), raw(true, 0, CONTINUATION, b"")];
    // The first part of a message may be empty as well.
    let late = [raw(false, 0b100, TEXT, b""), raw(true, 0, CONTINUATION, again)];
    let mut frames = vec![empty(), raw(true, 0b100, TEXT, hello), empty(), raw(true, 0b100, TEXT, again)];
    frames.extend(parts.into_iter().chain(late));
    let frames: Vec<_> = frames.iter().map(|frame| hex(frame)).collect();
    let (builder, recorder) = client(server.url(&answering(&format!("/raw?hex={}", frames.join(",")), AGREED)));
    let _ws = builder.deflate(Deflate::new()).connect().unwrap();
    let expected = ["", "hello", "", "hello", "", "hello"].map(Message::text);
    assert_eq!(recorder.messages_are(expected.len()).await, expected);
    assert_eq!(recorder.errors(), []);
}

/// RFC 7692, section 7.1: parameters that do not match the offer fail the handshake.
#[tokio::test]
async fn s23_responses_that_do_not_match_the_offer_fail() {
    let server = server();
    for answer in [
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate, permessage-deflate",
        "x-webkit-deflate-frame",
    ] {
        let (builder, recorder) = client(server.url(&answering("/echo", answer)));
        let _ws = builder.deflate(Deflate::new()).connect().unwrap();
        let (error, _) = recorder.failed().await;
        assert!(is_handshake(error.kind()) && error.status() == Some(101), "{answer}: {error}");
        assert!(error.to_string().contains("the server chose"), "{answer}: {error}");
    }
}

#[tokio::test]
async fn s01_settings_out_of_range() {
    let (builder, _) = client("ws://localhost");
    let error = builder.deflate(Deflate::new().level(10)).connect().unwrap_err();
    assert_eq!(error.option, "deflate", "{error}");
}
