//! Callbacks for Ping and Pong frames (S30).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use homing::native::BuilderExt;
use homing::{Builder, EndReason, Event, Heartbeat, Reconnect, State, WebSocket};
use homing_test_server::What;
use homing_test_server::frame::{PING, PONG, TEXT, close, hex, raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::{PATIENCE, client, server};

/// A builder whose callbacks report each frame, as `ping 0`.
fn watched(builder: Builder) -> (Builder, UnboundedReceiver<String>) {
    let (pings, frames) = unbounded_channel();
    let pongs = pings.clone();
    let text = |kind: &str, payload: Bytes| format!("{kind} {}", String::from_utf8_lossy(&payload));
    let builder = builder.on_ping(move |_, payload| drop(pings.send(text("ping", payload))));
    (builder.on_pong(move |_, payload| drop(pongs.send(text("pong", payload)))), frames)
}

async fn next(frames: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(PATIENCE, frames.recv()).await.expect("a frame").expect("a client")
}

#[tokio::test]
async fn s30_control_frames_are_reported_with_their_payload() {
    let server = server();
    let frames = [
        raw(true, 0, PING, b"one"),
        raw(true, 0, PONG, b"unsolicited"),
        raw(true, 0, PING, b""),
        raw(true, 0, PING, &[b'x'; 125]),
    ];
    let (builder, recorder) = client(server.url(&format!("/raw?hex={}", hex(&frames.concat()))));
    let (builder, mut frames) = watched(builder);
    let _ws = builder.connect().unwrap();
    let long = format!("ping {}", "x".repeat(125));
    for expected in ["ping one", "pong unsolicited", "ping ", &long] {
        assert_eq!(next(&mut frames).await, expected);
    }
    assert!(recorder.messages().is_empty());
    // They are answered as without callbacks.
    let is_answer = |what: &What| matches!(what, What::Pong(payload) if payload.len() == 125);
    let answered = server.wait_for_async(PATIENCE, |log| log.iter().any(|entry| is_answer(&entry.what))).await;
    assert!(answered, "{:?}", server.journal());
}

#[tokio::test]
async fn s30_pongs_of_own_pings_contain_their_number() {
    let server = server();
    let (sender, mut payloads) = unbounded_channel();
    let (builder, recorder) = client(server.url("/echo"));
    let ws = builder.on_pong(move |_, payload| drop(sender.send(payload))).connect().unwrap();
    ws.opened().await.unwrap();
    for number in 1..=3_u64 {
        let round_trip = ws.ping().await.unwrap();
        assert!(round_trip < PATIENCE);
        assert_eq!(payloads.recv().await.unwrap(), number.to_be_bytes().as_slice());
    }
    let latencies = recorder.count(|event| matches!(event, Event::Latency(_)));
    assert_eq!((latencies, ws.stats().heartbeats), (3, 3));
}

/// With a callback, each of many Pings is a call, in order with the messages between them.
#[tokio::test]
async fn s30_a_flood_of_pings_is_reported_in_order() {
    let flood: Vec<u8> = (0..5000_u32)
        .flat_map(|number| {
            let payload = number.to_string();
            [raw(true, 0, PING, payload.as_bytes()), raw(true, 0, TEXT, payload.as_bytes())].concat()
        })
        .chain(close(Some(1000), ""))
        .collect();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let order: Arc<Mutex<Vec<(bool, u32)>>> = Arc::default();
    let busy = Arc::new(AtomicBool::new(false));
    let note = |is_ping: bool| {
        let (order, busy) = (order.clone(), busy.clone());
        move |text: &str| {
            assert!(!busy.swap(true, Ordering::SeqCst), "S5: callbacks overlap");
            order.lock().unwrap().push((is_ping, text.parse().unwrap()));
            busy.store(false, Ordering::SeqCst);
        }
    };
    let (ping, message) = (note(true), note(false));
    let builder = WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never());
    let ws = builder
        .on_ping(move |_, payload| ping(std::str::from_utf8(&payload).unwrap()))
        .on_message(move |_, received| message(received.as_text().unwrap()))
        .connect()
        .unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap().into_inner();
    let (mut reader, mut writer) = stream.split();
    let mut answers = Vec::new();
    let writing = async {
        writer.write_all(&flood).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let _ = tokio::join!(writing, reader.read_to_end(&mut answers));
    assert!(answers.len() > 1000, "the pings are answered");
    ws.closed().await;
    let expected: Vec<_> = (0..5000).flat_map(|number| [(true, number), (false, number)]).collect();
    assert!(*order.lock().unwrap() == expected);
}

#[tokio::test]
async fn s30_nothing_is_reported_after_a_close_in_a_callback() {
    let server = server();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = calls.clone();
    let (builder, _) = client(server.url("/ping?n=20"));
    let builder = builder.on_ping(move |ws, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        ws.close(1000, "").unwrap();
    });
    let ws = builder.connect().unwrap();
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.unwrap();
    assert_eq!((end.reason, calls.load(Ordering::Relaxed)), (EndReason::Closed, 1));
}

#[tokio::test]
async fn s30_a_paused_client_reports_control_frames_when_it_resumes() {
    let server = server();
    let (builder, recorder) = client(server.url("/ping?n=3"));
    let (builder, mut frames) = watched(builder);
    let ws = builder.connect().unwrap();
    ws.pause();
    recorder.opened().await;
    // The server has sent all by then.
    ws.send("hello").unwrap();
    ws.flush().await.unwrap();
    tokio::task::yield_now().await;
    assert!(frames.try_recv().is_err());
    ws.resume();
    for number in 0..3 {
        assert_eq!(next(&mut frames).await, format!("ping {number}"));
    }
}

#[tokio::test]
async fn s30_a_panic_in_a_control_callback_ends_the_client() {
    let server = server();
    let (builder, _) = client(server.url("/ping?n=1"));
    let ws = builder.on_ping(|_, _| panic!("on purpose")).connect().unwrap();
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.unwrap();
    assert_eq!(end.reason, EndReason::Panicked);
}

#[tokio::test]
async fn s30_a_stream_and_control_callbacks_go_together() {
    let server = server();
    let builder = WebSocket::builder(server.url("/ping?n=2")).heartbeat(Heartbeat::ping(PATIENCE, PATIENCE));
    let (builder, mut frames) = watched(builder);
    let (ws, events) = builder.connect_stream().unwrap();
    assert_eq!((next(&mut frames).await, next(&mut frames).await), ("ping 0".into(), "ping 1".into()));
    assert_eq!(ws.state(), State::Open);
    drop(events);
}
