//! Resets of the connection: data that had arrived is delivered (S20a).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use homing::{EndReason, ErrorKind, Heartbeat, Initiator, Message, Reconnect, State, WebSocket};
use homing_test_server::{Puppet, frame};
use tokio::io::AsyncWriteExt;

use crate::support::breakable::breakable;
use crate::support::{PATIENCE, Recorder, client};

const LONG: Duration = Duration::from_secs(600);
/// Repetitions, because such races fail in some runs only.
const TIMES: usize = 20;

/// Closes the connection with RST.
fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Opens a connection. Returns its server's end as well.
async fn open() -> (WebSocket, Recorder, TcpStream) {
    let puppet = Puppet::start().unwrap();
    let (builder, recorder) = client(puppet.url.as_str());
    let ws = builder.heartbeat(None).reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    recorder.opened().await;
    let stream = puppet.opened.recv().unwrap();
    (ws, recorder, stream)
}

/// Sends without a pause from another thread until the client ends.
fn flood(ws: &WebSocket, size: usize) -> thread::JoinHandle<()> {
    let ws = ws.clone();
    thread::spawn(move || {
        let payload = bytes::Bytes::from(vec![7; size]);
        while ws.stats().reconnects == 0 && ws.state() == State::Open {
            if ws.send(payload.clone()).is_err() {
                thread::yield_now();
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s20a_a_close_frame_before_a_reset_decides_the_code() {
    for size in [16, 64 * 1024] {
        for number in 0..TIMES {
            let (ws, recorder, mut stream) = open().await;
            let flood = flood(&ws, size);
            stream.write_all(&frame::close(Some(1008), "policy")).unwrap();
            reset(stream);
            let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("1008 is fatal");
            let close = end.close.unwrap();
            assert_eq!((close.code.get(), close.reason.as_str(), close.initiator), (1008, "policy", Initiator::Remote));
            assert_eq!((end.reason, recorder.errors().len()), (EndReason::Fatal, 0), "{size} bytes, {number}");
            flood.join().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s20a_what_arrived_before_a_reset_is_delivered() {
    for size in [16, 64 * 1024] {
        for _ in 0..TIMES {
            let (ws, recorder, mut stream) = open().await;
            let flood = flood(&ws, size);
            let messages: Vec<_> = (0..50).map(|number| number.to_string()).collect();
            let frames: Vec<_> = messages.iter().flat_map(|text| frame::text(text)).collect();
            stream.write_all(&frames).unwrap();
            reset(stream);
            let (error, close) = recorder.failed().await;
            assert_eq!((error.kind(), close.code.get(), close.retry_in), (&ErrorKind::Io, 1006, Some(LONG)));
            let expected: Vec<_> = messages.into_iter().map(Message::text).collect();
            assert_eq!(recorder.messages(), expected);
            ws.abort();
            flood.join().unwrap();
        }
    }
}

/// A paused client delivers messages once it is resumed (S22).
#[tokio::test]
async fn s20a_a_paused_client_delivers_messages_after_a_reset() {
    let (ws, recorder, mut stream) = open().await;
    ws.pause();
    stream.write_all(&[frame::text("before"), frame::close(Some(4001), "bye")].concat()).unwrap();
    reset(stream);
    // Writing to a reset connection fails sooner or later.
    for _ in 0..100 {
        let _ = ws.send(vec![7; 1000]);
        tokio::task::yield_now().await;
    }
    assert_eq!(recorder.messages(), []);
    ws.resume();
    let close = recorder.closed().await;
    assert_eq!((close.code.get(), recorder.messages()), (4001, vec![Message::text("before")]));
}

/// Writing may fail some time before the last messages and the Close frame arrive. Time is virtual.
#[tokio::test(start_paused = true)]
async fn s20a_a_close_frame_that_arrives_after_writing_failed_decides_the_code() {
    let (builder, recorder) = client("ws://server.test/");
    let (builder, stream, fault) = breakable(builder);
    let ws = builder.open_timeout(None).reconnect(Reconnect::fixed(LONG)).connect().unwrap();
    let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap().into_inner();
    recorder.opened().await;
    fault.writing();
    ws.send("does not leave").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // No assertion here: if the client has given up, its events below say more.
    let _ = stream.write_all(&[frame::text("late"), frame::close(Some(1008), "policy")].concat()).await;
    drop(stream);
    let close = recorder.closed().await;
    assert_eq!((recorder.errors(), recorder.messages()), (vec![], vec![Message::text("late")]));
    assert_eq!((close.code.get(), close.reason.as_str(), close.initiator), (1008, "policy", Initiator::Remote));
    let end = tokio::time::timeout(PATIENCE, ws.closed()).await.expect("1008 is fatal");
    assert_eq!(end.reason, EndReason::Fatal);
}

/// A stream that is no socket does not wake the client's task when only writing fails. Time is virtual.
#[tokio::test(start_paused = true)]
async fn s20a_an_answer_that_cannot_be_written_ends_the_attempt() {
    let ping = frame::raw(true, 0, 9, b"ping");
    for received in [frame::text("to be echoed"), ping] {
        let (failed, mut errors) = tokio::sync::mpsc::unbounded_channel();
        let builder = WebSocket::builder("ws://server.test/").heartbeat(None).open_timeout(None);
        let builder = builder
            .reconnect(Reconnect::fixed(LONG))
            .on_message(|ws, message| ws.send(message).unwrap())
            .on_error(move |_, error| failed.send(error.kind().clone()).unwrap());
        let (builder, stream, fault) = breakable(builder);
        let ws = builder.connect().unwrap();
        let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap().into_inner();
        ws.opened().await.unwrap();
        fault.writing();
        stream.write_all(&received).await.unwrap();
        let error = tokio::time::timeout(2 * PATIENCE, errors.recv()).await;
        assert_eq!(error.expect("the attempt ends"), Some(ErrorKind::Io));
    }
}

/// The peer sends a Close frame and then does not read. Its Close frame counts, not the heartbeat timeout.
#[tokio::test]
async fn s20a_a_close_frame_counts_even_if_it_cannot_be_answered() {
    let puppet = Puppet::start().unwrap();
    let (builder, recorder) = client(puppet.url.as_str());
    let builder = builder.heartbeat(Heartbeat::ping(LONG, LONG)).close_timeout(Duration::from_millis(300));
    let ws = builder.reconnect(Reconnect::fixed(LONG)).max_send_buffer(64 << 20).connect().unwrap();
    recorder.opened().await;
    ws.send(vec![7; 40 << 20]).unwrap();
    let mut stream = puppet.opened.recv().unwrap();
    stream.write_all(&frame::close(Some(1012), "")).unwrap();
    let close = recorder.closed().await;
    assert_eq!((close.code.get(), close.lost, close.retry_in), (1012, 1, Some(LONG)));
    drop(stream);
}

/// RFC 6455, section 5.5.1: nothing follows a Close frame. An answer to the message right before the peer's Close frame
/// leaves on the next connection (S13).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s13_nothing_is_sent_after_a_close_frame() {
    for _ in 0..TIMES {
        let puppet = Puppet::start().unwrap();
        let builder = homing::WebSocket::builder(puppet.url.as_str()).heartbeat(None);
        let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(10)));
        let ws = builder.on_message(|ws, _| ws.send("answer").unwrap()).connect().unwrap();
        let (next, reply) = tokio::task::spawn_blocking(move || {
            let mut stream = puppet.opened.recv().unwrap();
            stream.write_all(&[frame::text("question"), frame::close(Some(4001), "")].concat()).unwrap();
            let mut answer = [0; 8];
            stream.read_exact(&mut answer).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut more = Vec::new();
            stream.read_to_end(&mut more).unwrap();
            assert_eq!((answer[..2].to_vec(), more), (vec![0x88, 0x82], vec![]), "a Close frame and nothing else");
            let mut next = puppet.opened.recv().unwrap();
            let mut reply = [0; 2 + 4 + 6];
            next.read_exact(&mut reply).unwrap();
            (next, reply)
        })
        .await
        .unwrap();
        assert_eq!((&reply[..2], ws.stats().messages_lost), (&[0x81, 0x86][..], 0));
        drop((next, ws));
    }
}
