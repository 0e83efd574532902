//! Closing handshakes that a peer keeps from ending, and floods of answers.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use homing::{EndReason, Heartbeat, Reconnect, WebSocket};
use homing_test_server::frame::{BINARY, PING, PONG, close, raw, text};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::ALONE;
use crate::peer::serve_open;
use crate::scripts::announced;

const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(50);

/// The timeout counts from progress of what is sent, so nothing that arrives extends it.
#[tokio::test]
async fn s10_a_flood_does_not_hold_a_close_open() {
    let _alone = ALONE.lock().await;
    let chunk = vec![b'x'; 1 << 14];
    for (name, first, unit) in [
        ("messages", vec![], text("x").repeat(4096)),
        ("pings", vec![], raw(true, 0, PING, b"x").repeat(4096)),
        ("pongs", vec![], raw(true, 0, PONG, b"").repeat(4096)),
        ("fragments", raw(false, 0, BINARY, b""), raw(false, 0, 0, b"").repeat(4096)),
        ("one message", announced(0x82, 1 << 40), chunk.clone()),
        ("data after the peer's Close", close(Some(1000), ""), chunk),
    ] {
        let (url, server) = serve_open(move |mut stream| {
            // A masked Close frame with a code.
            stream.read_exact(&mut [0; 8]).unwrap();
            let mut goes_on = stream.write_all(&first).is_ok();
            // Until the client closes the connection.
            while goes_on {
                goes_on = stream.write_all(&unit).is_ok();
            }
        });
        let builder = WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never()).close_timeout(SHORT);
        let builder = builder.max_message_size(usize::MAX).on_open(|ws, _| ws.close(1000, "").unwrap());
        let end = builder.connect().unwrap().closed().await;
        assert_eq!((end.reason, end.unsent), (EndReason::Closed, 0), "{name}: {end:?}");
        assert_eq!(end.close.as_ref().map(|close| close.lost), Some(0), "{name}: {end:?}");
        tokio::task::spawn_blocking(move || server.join().unwrap()).await.unwrap();
    }
}

/// What the peer has in whole was not lost, and nothing else was sent.
#[tokio::test]
async fn s15_lost_is_exact_if_the_peer_reads_nothing() {
    const MESSAGES: usize = 200;
    let _alone = ALONE.lock().await;
    let (ended, end) = channel();
    let (url, server) = serve_open(move |stream| {
        // Reads only after the client has given up.
        end.recv().unwrap();
        let mut reader = tungstenite::WebSocket::from_raw_socket(stream, Role::Server, None);
        std::iter::from_fn(|| reader.read().ok()).filter(Message::is_binary).count()
    });
    let builder = WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never()).close_timeout(SHORT);
    let ws = builder.max_send_buffer(64 << 20).connect().unwrap();
    for _ in 0..MESSAGES {
        ws.send(vec![7; 50_000]).unwrap();
    }
    ws.opened().await.unwrap();
    ws.close(1000, "").unwrap();
    let end = ws.closed().await;
    ended.send(()).unwrap();
    let arrived = tokio::task::spawn_blocking(move || server.join().unwrap()).await.unwrap();
    let lost = end.close.as_ref().map_or(0, |close| close.lost) as usize;
    assert!(lost > 0 && end.unsent > 0, "the peer took all: {end:?}");
    assert_eq!(arrived + lost + end.unsent, MESSAGES, "{arrived} arrived: {end:?}");
}

/// A peer that repeats its answer reports one round trip.
#[tokio::test]
async fn s17_a_repeated_pong_is_measured_once() {
    let _alone = ALONE.lock().await;
    let (url, server) = serve_open(move |mut stream| {
        stream.read_exact(&mut [0; 2 + 4 + 8]).unwrap();
        let answers = [0_u64, 1, 2, u64::MAX].map(|beat| raw(true, 0, PONG, &beat.to_be_bytes())).concat();
        stream.write_all(&answers.repeat(5000)).unwrap();
        stream.write_all(&text("done")).unwrap();
        stream
    });
    let measured = Arc::new(AtomicUsize::new(0));
    let counted = measured.clone();
    let (done, all) = channel();
    let builder = WebSocket::builder(url).reconnect(Reconnect::never()).heartbeat(Heartbeat::ping(LONG, LONG));
    let builder = builder.on_latency(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let ws = builder.on_message(move |_, _| done.send(()).unwrap()).connect().unwrap();
    ws.opened().await.unwrap();
    ws.ping().await.unwrap();
    tokio::task::spawn_blocking(move || all.recv().unwrap()).await.unwrap();
    assert_eq!((measured.load(Ordering::Relaxed), ws.stats().heartbeats), (1, 1));
    drop(server.join().unwrap());
}
