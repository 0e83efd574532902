//! Failing networks and servers, and the reconnecting client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use homing::{CloseCode, ErrorKind, Event, Heartbeat, Message, Reconnect, SendErrorKind, State, WebSocket};
use homing_test_server::{Proxy, What};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite;

use crate::support::{PATIENCE, Recorder, client, connect, doings, seen, server};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

fn is_open(event: &Event) -> bool {
    matches!(event, Event::Open(_))
}

async fn opened_times(recorder: &Recorder, times: usize) {
    recorder.until(&format!("{times} times open"), |_| recorder.count(is_open) >= times).await;
}

#[tokio::test]
async fn s08_a_server_killed_and_restarted() {
    let server = server();
    let (builder, recorder) = client(server.url("/echo"));
    let ws = builder.reconnect(Reconnect::fixed(SHORT)).connect().unwrap();
    recorder.opened().await;
    server.kill();
    let (error, close) = recorder.failed().await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Io, 3), "{error}");
    assert_eq!((close.code, close.clean, close.retry_in), (CloseCode::ABNORMAL, false, Some(SHORT)));
    ws.send("while it is down").unwrap();
    recorder.until("a refused attempt", |_| recorder.errors().len() >= 3).await;
    for refused in &recorder.errors()[1..] {
        assert_eq!((refused.kind(), refused.code()), (&ErrorKind::Connect, 1), "{refused}");
    }

    server.restart().unwrap();
    let refused = recorder.errors().len();
    opened_times(&recorder, 2).await;
    // The next attempt opens. The one before may have been under way.
    assert!(recorder.errors().len() <= refused + 1, "{:?}", recorder.errors());
    assert_eq!(recorder.messages_are(1).await, [Message::text("while it is down")]);
    assert_eq!(ws.stats().reconnects, 1);
    let attempts = recorder.count(|event| matches!(event, Event::Close(_))) as u64 + 1;
    assert_eq!(ws.stats().attempts, attempts);
}

/// No attempt starts before its delay has passed.
#[tokio::test]
async fn s07_the_delay_is_observed() {
    let server = server();
    server.refuse_next(2);
    let delay = Duration::from_millis(150);
    let (builder, recorder) = client(server.url("/echo"));
    let start = Instant::now();
    let ws = builder.reconnect(Reconnect::fixed(delay)).connect().unwrap();
    recorder.opened().await;
    assert!(start.elapsed() >= 2 * delay, "{:?}", start.elapsed());
    assert_eq!((ws.stats().attempts, ws.stats().reconnects), (3, 0));
    let journal = server.journal();
    let came = journal.iter().filter(|entry| matches!(entry.what, What::Accepted | What::Refused)).count();
    assert_eq!(came, 3, "{journal:?}");
}

#[tokio::test]
async fn s03_s23_connections_cut_by_fin_and_rst() {
    let server = server();
    for path in ["/drop", "/rst", "/drop?after=1", "/rst?after=1"] {
        let (builder, recorder) = client(server.url(path));
        let ws = builder.reconnect(Reconnect::fixed(LONG)).connect().unwrap();
        ws.send("hello").unwrap();
        let (error, close) = recorder.failed().await;
        assert_eq!((error.kind(), error.code()), (&ErrorKind::Io, 3), "{path}: {error}");
        assert_eq!((close.code, close.clean, close.retry_in), (CloseCode::ABNORMAL, false, Some(LONG)), "{path}");
        assert_eq!(recorder.count(is_open), 1, "{path}");
    }
}

#[tokio::test]
async fn s03_s23_a_reset_before_the_handshake() {
    let server = server();
    server.refuse_next(1);
    let (_ws, recorder) = connect(server.url("/echo"));
    let (error, _) = recorder.failed().await;
    // The operating system may report the reset while connecting, or at the first read.
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Io), "{error:?}");
    assert_eq!(error.code(), 1);
}

#[tokio::test]
async fn s08d_a_server_that_accepts_and_stays_silent() {
    let server = server();
    server.silence(true);
    let (builder, recorder) = client(server.url("/echo"));
    let builder = builder.open_timeout(Duration::from_millis(300)).reconnect(Reconnect::fixed(SHORT));
    let _ws = builder.connect().unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::OpenTimeout);
    server.silence(false);
    opened_times(&recorder, 1).await;
}

#[tokio::test]
async fn s17_a_server_that_falls_silent() {
    let server = server();
    let (interval, timeout) = (Duration::from_millis(100), Duration::from_millis(300));
    for path in ["/silent", "/deaf"] {
        let (builder, recorder) = client(server.url(path));
        let builder = builder.heartbeat(Heartbeat::ping(interval, timeout)).reconnect(Reconnect::fixed(SHORT));
        let start = Instant::now();
        let ws = builder.connect().unwrap();
        let (error, close) = recorder.failed().await;
        assert!(start.elapsed() >= interval + timeout, "{path}: {:?}", start.elapsed());
        assert_eq!((error.kind(), error.is_timeout()), (&ErrorKind::HeartbeatTimeout, true), "{path}");
        assert_eq!((close.code, close.clean, close.retry_in), (CloseCode::ABNORMAL, false, Some(SHORT)), "{path}");
        opened_times(&recorder, 2).await;
        assert!(ws.stats().heartbeats >= 1, "{path}");
    }
}

#[tokio::test]
async fn s23_a_closed_port() {
    let server = server();
    server.stop();
    let (builder, recorder) = client(server.url("/echo?token=secret"));
    let _ws = builder.reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    let (error, close) = recorder.failed().await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Connect, 1), "{error}");
    let text = error.to_string();
    assert!(text.contains(&server.addr().to_string()) && !text.contains("secret"), "{text}");
    assert_eq!(close.retry_in, Some(LONG));
    assert_eq!(recorder.count(|event| matches!(event, Event::Connect)), 0);
}

#[tokio::test]
async fn s23_a_name_that_does_not_exist() {
    let (builder, recorder) = client("ws://nonexistent.invalid/");
    let _ws = builder.open_timeout(None).reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    let (error, close) = recorder.failed().await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Dns, 1), "{error}");
    assert!(error.to_string().contains("nonexistent.invalid"), "{error}");
    assert_eq!(close.retry_in, Some(LONG));
}

/// Sends until one more attempt fails than `before`. Returns the largest buffered amount and the number of accepted messages.
async fn send_until_failure(
    ws: &WebSocket,
    recorder: &Recorder,
    before: usize,
    payload: &'static [u8],
) -> (usize, usize) {
    let (mut most, mut taken) = (0, 0);
    while recorder.errors().len() == before {
        match ws.send(payload) {
            Ok(()) => taken += payload.len(),
            Err(refused) => {
                assert_eq!(refused.kind(), SendErrorKind::Full);
                assert_eq!(refused.message().as_bytes(), payload, "the message comes back");
                let _ = tokio::time::timeout(Duration::from_millis(10), ws.ready()).await;
            }
        }
        most = most.max(ws.buffered_amount());
        tokio::task::yield_now().await;
    }
    (most, taken)
}

/// The worst case: the peer disappears while all buffers on the way to it are full. Pings wait behind the data, so only a
/// timeout detects it.
#[tokio::test]
async fn s17_a_half_open_peer_behind_a_full_send_buffer() {
    const LIMIT: usize = 256 * 1024;
    static PAYLOAD: [u8; 32 * 1024] = [b'x'; 32 * 1024];
    let server = server();
    let proxy = Proxy::start(server.addr()).unwrap();
    let (interval, timeout) = (Duration::from_millis(300), Duration::from_millis(700));
    let (builder, recorder) = client(format!("ws://{}/sink", proxy.addr()));
    let builder = builder.heartbeat(Heartbeat::ping(interval, timeout)).max_send_buffer(LIMIT);
    let ws = builder.reconnect(Reconnect::fixed(SHORT)).connect().unwrap();
    let is_latency = |event: &Event| matches!(event, Event::Latency(_));
    recorder.until("a heartbeat", |events| events.iter().any(is_latency)).await;

    proxy.freeze(true);
    // On a machine that stood still meanwhile an attempt may have failed already.
    let before = recorder.errors().len();
    let sent = tokio::time::timeout(PATIENCE, send_until_failure(&ws, &recorder, before, &PAYLOAD)).await;
    let (most, taken) = sent.unwrap_or_else(|_| panic!("no heartbeat timeout: {:?}", recorder.events()));
    assert_eq!(recorder.errors()[before].kind(), &ErrorKind::HeartbeatTimeout);
    // The unanswered heartbeat left after the last answered one.
    let failed = recorder.last(|event| matches!(event, Event::Error(_))).unwrap();
    let answered = recorder.last(is_latency).unwrap();
    assert!(failed - answered >= timeout, "{:?}", failed - answered);

    assert!(recorder.count(|event| matches!(event, Event::BufferFull)) >= 1, "it was full");
    assert!(most < LIMIT + PAYLOAD.len(), "{most} bytes in memory");
    // The operating system has the rest in its buffers, which are limited as well.
    assert!(taken < 64 << 20, "{taken} bytes taken");

    // The remaining messages leave when the peer is back.
    proxy.freeze(false);
    opened_times(&recorder, before + 2).await;
    tokio::time::timeout(PATIENCE, ws.flush()).await.expect("room again").unwrap();
    assert_eq!(ws.buffered_amount(), 0);
}

/// Closing has its own timeout: towards a half-open peer the Close frame cannot leave.
#[tokio::test]
async fn s10_closing_towards_a_half_open_peer() {
    let server = server();
    let proxy = Proxy::start(server.addr()).unwrap();
    let (builder, recorder) = client(format!("ws://{}/sink", proxy.addr()));
    let timeout = Duration::from_millis(400);
    let ws = builder.close_timeout(timeout).max_send_buffer(64 << 20).connect().unwrap();
    recorder.opened().await;
    proxy.freeze(true);
    for _ in 0..64 {
        ws.send(vec![0; 1 << 20]).unwrap();
    }
    let start = Instant::now();
    ws.close(1000, "").unwrap();
    assert_eq!(ws.state(), State::Closing);
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end");
    assert!(start.elapsed() >= timeout, "{:?}", start.elapsed());
    let close = end.close.expect("an attempt");
    assert_eq!((close.code, close.clean), (CloseCode::ABNORMAL, false));
    assert!(end.unsent > 0, "64 MiB are more than an operating system takes");
    assert_eq!(ws.take_unsent().len(), end.unsent);
}

/// The server sends messages without a pause until a Ping among them was answered and a heartbeat has left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s17_s20_pongs_and_heartbeats_leave_during_a_flood() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut sink, mut stream) = tokio_tungstenite::accept_async(stream).await.unwrap().split();
        let (ponged, pinged) = (AtomicBool::new(false), AtomicBool::new(false));
        let flood = async {
            let message = tungstenite::Message::binary(vec![0; 512]);
            let mut sent = 0_usize;
            while sent < 100_000 || !ponged.load(Ordering::SeqCst) || !pinged.load(Ordering::SeqCst) {
                if sent % 1000 == 0 {
                    sink.feed(tungstenite::Message::Ping(sent.to_be_bytes().to_vec().into())).await.unwrap();
                    // The same task reads the answers.
                    tokio::task::yield_now().await;
                }
                sink.feed(message.clone()).await.unwrap();
                sent += 1;
            }
            sink.send(tungstenite::Message::Ping("last".into())).await.unwrap();
            sent
        };
        let answers = async {
            loop {
                match stream.next().await.unwrap().unwrap() {
                    tungstenite::Message::Pong(payload) if payload == "last" => return,
                    tungstenite::Message::Pong(_) => ponged.store(true, Ordering::SeqCst),
                    tungstenite::Message::Ping(_) => pinged.store(true, Ordering::SeqCst),
                    other => panic!("{other:?}"),
                }
            }
        };
        futures::join!(flood, answers).0
    });

    let received = Arc::new(AtomicUsize::new(0));
    let counter = received.clone();
    let builder = WebSocket::builder(url).heartbeat(Heartbeat::ping(Duration::from_millis(20), LONG));
    let _ws = builder
        .on_message(move |_, _| {
            counter.fetch_add(1, Ordering::SeqCst);
        })
        .connect()
        .unwrap();
    let answered = tokio::time::timeout(4 * PATIENCE, server).await;
    let sent = answered.expect("a pong, a heartbeat, and an answer to the last Ping").unwrap();
    assert_eq!(received.load(Ordering::SeqCst), sent);
}

/// Pings are answered both while the client is idle and while it sends a lot.
#[tokio::test]
async fn s20_pings_are_answered_in_order() {
    let server = server();
    let (ws, recorder) = connect(server.url("/ping?n=20&every_ms=2"));
    recorder.opened().await;
    for _ in 0..50 {
        ws.send(vec![0; 10_000]).unwrap();
    }
    seen(&server, "20 pongs", |journal| {
        let pongs = doings(journal, 1).into_iter().filter(|what| matches!(what, What::Pong(_)));
        pongs.cloned().eq((0..20).map(|i: u32| What::Pong(i.to_string().into_bytes())))
    })
    .await;
}
