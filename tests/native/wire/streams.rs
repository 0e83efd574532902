//! TCP segments of any length, and valid Close frames.

use homing::{Initiator, Message, WebSocket};
use homing_test_server::What;
use homing_test_server::frame::{BINARY, CONTINUATION, PING, TEXT, close, hex, raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{PATIENCE, connect, doings, seen, server};

/// Reproducible random numbers, good enough for lengths.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % (bound + 1)
    }
}

/// Returns messages of all lengths, and their bytes: single frames, and fragments with Pings between them.
fn traffic(dice: &mut Dice) -> (Vec<Message>, Vec<u8>) {
    let (mut messages, mut bytes) = (Vec::new(), Vec::new());
    for i in 0..300 {
        let bound = [0, 10, 130, 5000, 70_000, 200_000][dice.up_to(5)];
        let payload: Vec<u8> = (0..dice.up_to(bound)).map(|at| b'a' + (at + i) as u8 % 26).collect();
        let is_text = dice.up_to(1) == 0;
        let opcode = if is_text { TEXT } else { BINARY };
        let cut = dice.up_to(payload.len());
        match dice.up_to(2) {
            0 => {
                bytes.extend(raw(false, 0, opcode, &payload[..cut]));
                bytes.extend(raw(true, 0, PING, b"between"));
                bytes.extend(raw(true, 0, CONTINUATION, &payload[cut..]));
            }
            _ => bytes.extend(raw(true, 0, opcode, &payload)),
        }
        messages.push(match is_text {
            true => Message::text(String::from_utf8(payload).unwrap()),
            false => Message::binary(payload),
        });
    }
    (messages, bytes)
}

/// Segments may end anywhere, both for an idle connection and while data is read ahead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tcp_segmentation_does_not_matter() {
    for (seed, longest) in [(1, 3), (2, 100), (3, 5000), (4, 70_000), (5, 1 << 20), (6, usize::MAX - 1)] {
        let mut dice = Dice(seed);
        let (messages, mut bytes) = traffic(&mut dice);
        // The shortest segments are slow to send.
        bytes.truncate(if longest < 10 { 20_000 } else { bytes.len() });
        let is_whole = longest >= 10;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (ws, recorder) = connect(format!("ws://{}/", listener.local_addr().unwrap()));
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap().into_inner();
        stream.set_nodelay(true).unwrap();
        let sending = tokio::spawn(async move {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (segment, later) = rest.split_at(dice.up_to(longest).clamp(1, rest.len()));
                stream.write_all(segment).await.unwrap();
                rest = later;
            }
            stream.shutdown().await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        recorder.closed().await;
        let received = recorder.messages();
        assert!(messages.starts_with(&received), "{longest}: {} messages are right", received.len());
        assert!(received.len() == messages.len() || !is_whole, "{longest}: {} messages arrived", received.len());
        assert!(!received.is_empty(), "{longest}");
        let bytes: usize = received.iter().map(Message::len).sum();
        let stats = ws.stats();
        assert_eq!((stats.messages_received, stats.bytes_received), (received.len() as u64, bytes as u64));
        tokio::time::timeout(PATIENCE, sending).await.expect("the client has left").unwrap();
    }
}

async fn closes_well(ws: WebSocket, recorder: crate::support::Recorder, code: Option<u16>, reason: &str) {
    let event = recorder.closed().await;
    assert_eq!((event.code.get(), event.reason.as_str()), (code.unwrap_or(1005), reason), "{code:?}");
    assert_eq!((event.clean, event.initiator), (true, Initiator::Remote), "{code:?}");
    assert_eq!(recorder.errors(), [], "{code:?}");
    drop(ws);
}

/// Every code that a server may send is reported and echoed.
#[tokio::test]
async fn s12_close_codes_of_servers_are_reported() {
    let server = server();
    let codes = (1000..=1003).chain(1007..=1013).chain([3000, 3999, 4000, 4999]).map(Some).chain([None]);
    for (position, code) in codes.enumerate() {
        let reason = if code.is_some() { "Grüße" } else { "" };
        let (ws, recorder) = connect(server.url(&format!("/raw?hex={}", hex(&close(code, reason)))));
        // The server does not close TCP, so this would take as long as the close timeout.
        seen(&server, "the echo", |journal| {
            let doings = doings(journal, position as u64 + 1);
            doings.iter().any(|what| matches!(what, What::Close { code: it, .. } if *it == code))
        })
        .await;
        server.cut_all();
        closes_well(ws, recorder, code, reason).await;
    }
}

/// 1014 ("bad gateway") is registered with IANA.
#[tokio::test]
async fn s12_the_close_code_1014_is_reported() {
    let server = server();
    let (ws, recorder) = connect(server.url("/close?code=1014&reason=bad"));
    closes_well(ws, recorder, Some(1014), "bad").await;
}
