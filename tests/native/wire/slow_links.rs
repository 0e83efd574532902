//! Slow links and large messages: progress is counted in bytes (S10, S15, S17).

use std::time::{Duration, Instant};

use futures::{FutureExt, SinkExt};
use homing::{CloseCode, ErrorKind, Event, FlushError, Heartbeat, Message, Reconnect, WebSocket};
use homing_test_server::{Link, Shape, What};

use crate::support::{PATIENCE, client, doings, seen, server};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(600);

fn slow(rate: u64) -> Shape {
    Shape { rate: Some(rate), ..Shape::default() }
}

fn beat() -> Heartbeat {
    Heartbeat::ping(SECOND, 3 * SECOND)
}

/// One frame, or fragments, that take longer than the heartbeat's interval and timeout (RFC 6455, sections 5.4, 5.5.2).
#[tokio::test]
async fn s17_a_large_message_that_arrives_slowly_is_a_sign_of_life() {
    let server = server();
    for path in ["/text?size=500000", "/text?size=500000&part=16384", "/text?size=500000&part=1000"] {
        let link = Link::start(server.addr(), slow(100_000)).unwrap();
        let (builder, recorder) = client(link.url(path));
        let ws = builder.heartbeat(beat()).reconnect(Reconnect::fixed(LONG)).connect().unwrap();
        recorder.until("a message", |events| events.iter().any(|event| matches!(event, Event::Message(_)))).await;
        assert_eq!((recorder.errors(), ws.stats().attempts), (vec![], 1));
    }
}

#[tokio::test]
async fn s17_a_large_message_that_leaves_slowly_is_a_sign_of_life() {
    let server = server();
    // Heartbeats wait behind what systems buffer, for longer than their timeout.
    let link = Link::start(server.addr(), slow(40_000)).unwrap();
    let (builder, recorder) = client(link.url("/count"));
    let builder = builder.heartbeat(beat()).reconnect(Reconnect::fixed(LONG)).max_send_buffer(16 << 20);
    let ws = builder.connect().unwrap();
    recorder.opened().await;
    let took = Instant::now();
    ws.send(vec![7; 400_000]).unwrap();
    seen(&server, "the message", |journal| doings(journal, 1).iter().any(|what| matches!(what, What::Binary(_)))).await;
    assert!(took.elapsed() > 5 * SECOND, "the link was too fast to show anything: {:?}", took.elapsed());
    assert_eq!((recorder.errors(), ws.stats().attempts), (vec![], 1));
    // Heartbeats were sent between its fragments.
    recorder.until("a round trip", |events| events.iter().any(|event| matches!(event, Event::Latency(_)))).await;
}

/// Everything leaves, as one message or as many.
#[tokio::test]
async fn s10_close_waits_while_bytes_leave() {
    let server = server();
    for (number, count) in [1_usize, 60, 600].into_iter().enumerate() {
        let link = Link::start(server.addr(), slow(500_000)).unwrap();
        let (builder, recorder) = client(link.url("/count"));
        let ws = builder.close_timeout(3 * SECOND).heartbeat(None).max_send_buffer(16 << 20).connect().unwrap();
        recorder.opened().await;
        for _ in 0..count {
            ws.send(vec![7; 3_000_000 / count]).unwrap();
        }
        ws.close(1000, "").unwrap();
        let end = ws.closed().await;
        let close = end.close.unwrap();
        assert_eq!((close.code, close.clean, close.lost, end.unsent), (CloseCode::NORMAL, true, 0, 0), "{count}");
        let journal = server.journal();
        let arrived = doings(&journal, number as u64 + 1).iter().filter(|what| matches!(what, What::Binary(_))).count();
        assert_eq!(arrived, count);
    }
}

/// If the peer does not read, the close timeout ends the connection.
#[tokio::test]
async fn s10_close_does_not_wait_for_a_stalled_peer() {
    let server = server();
    let (builder, recorder) = client(server.url("/silent"));
    let ws = builder.close_timeout(SECOND).heartbeat(None).max_send_buffer(64 << 20).connect().unwrap();
    recorder.opened().await;
    ws.send(vec![7; 40 << 20]).unwrap();
    ws.close(1000, "").unwrap();
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("the close timeout");
    assert_eq!(end.close.map(|close| (close.code, close.lost)), Some((CloseCode::ABNORMAL, 1)));
}

#[tokio::test]
async fn s17_a_peer_that_stops_reading_is_detected() {
    let server = server();
    let (builder, recorder) = client(server.url("/silent"));
    let ws = builder.heartbeat(beat()).reconnect(Reconnect::never()).max_send_buffer(64 << 20).connect().unwrap();
    recorder.opened().await;
    ws.send(vec![7; 40 << 20]).unwrap();
    let flush = ws.flush();
    let (error, close) = recorder.failed().await;
    assert_eq!((error.kind(), close.lost), (&ErrorKind::HeartbeatTimeout, 1));
    assert_eq!(flush.await, Err(FlushError::Lost));
}

/// A program hangs, but its operating system still receives and acknowledges data.
#[tokio::test]
async fn s17_a_hung_peer_whose_system_acknowledges_is_detected() {
    let server = server();
    let (builder, recorder) = client(server.url("/silent"));
    let beat = Heartbeat::ping(SECOND / 4, SECOND / 4);
    let ws = builder.heartbeat(beat).reconnect(Reconnect::never()).connect().unwrap();
    recorder.opened().await;
    let failed = recorder.failed();
    tokio::pin!(failed);
    let sending = async {
        loop {
            ws.send("small").unwrap();
            tokio::time::sleep(SECOND / 20).await;
        }
    };
    let (error, _) = tokio::select! {
        failed = &mut failed => failed,
        () = sending => unreachable!("it goes on for ever"),
    };
    assert_eq!(error.kind(), &ErrorKind::HeartbeatTimeout);
}

/// `flush` and the sink never report a lost message as sent.
#[tokio::test]
async fn s15_messages_that_had_not_left_are_lost_by_a_reset() {
    let server = server();
    let proxy = homing_test_server::Proxy::start(server.addr()).unwrap();
    for by_sink in [false, true] {
        let (builder, recorder) = client(format!("ws://{}/silent", proxy.addr()));
        let builder = builder.heartbeat(None).reconnect(Reconnect::fixed(LONG)).max_send_buffer(64 << 20);
        let ws = builder.connect().unwrap();
        recorder.opened().await;
        let payload = Message::binary(vec![7; 40 << 20]);
        let mut sink = ws.clone();
        let sent = if by_sink {
            async move {
                SinkExt::send(&mut sink, payload).await.map_err(|error| assert_eq!(error, FlushError::Lost.into()))
            }
            .boxed()
        } else {
            WebSocket::send(&sink, payload).unwrap();
            ws.flush().map(|flushed| flushed.map_err(|error| assert_eq!(error, FlushError::Lost))).boxed()
        };
        let sent = tokio::spawn(sent);
        // A part of it has left.
        while ws.stats().messages_sent == 0 || ws.buffered_amount() == 40 << 20 {
            tokio::task::yield_now().await;
        }
        proxy.cut();
        assert_eq!(tokio::time::timeout(PATIENCE, sent).await.expect("an answer").unwrap(), Err(()));
        let (error, close) = recorder.failed().await;
        assert_eq!((error.kind(), close.lost, ws.stats().messages_lost), (&ErrorKind::Io, 1, 1));
    }
}

/// Control frames of the peer are answered while a large message leaves.
#[tokio::test]
async fn s20_pings_are_answered_between_the_parts_of_a_large_message() {
    let server = server();
    let link = Link::start(server.addr(), slow(400_000)).unwrap();
    let (builder, recorder) = client(link.url("/ping?n=20&every_ms=200"));
    let ws = builder.heartbeat(None).max_send_buffer(16 << 20).connect().unwrap();
    recorder.opened().await;
    ws.send(vec![7; 2_000_000]).unwrap();
    seen(&server, "the message", |journal| doings(journal, 1).iter().any(|what| matches!(what, What::Binary(_)))).await;
    let journal = server.journal();
    let pongs = doings(&journal, 1)
        .iter()
        .take_while(|what| !matches!(what, What::Binary(_)))
        .filter(|what| matches!(what, What::Pong(_)))
        .count();
    assert!(pongs >= 3, "{pongs} Pongs came before the end of the message");
}
