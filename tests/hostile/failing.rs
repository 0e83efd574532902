//! Connections that fail because the peer violated the protocol, and are closed in the background.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use homing::{Reconnect, WebSocket};
use homing_test_server::frame::{BINARY, raw};
use tokio::sync::mpsc::unbounded_channel;

use crate::ALONE;
use crate::meter::Meter;
use crate::peer::{self, serve_open};
use crate::scripts::announced;

const LONG: Duration = Duration::from_secs(3600);
const MIB: usize = 1024 * 1024;

/// A peer that violates the protocol and keeps the connection open holds no message of it in memory.
#[tokio::test]
async fn s21_a_failed_connection_frees_its_message_at_once() {
    let _alone = ALONE.lock().await;
    let (url, peer) = serve_open(move |mut stream| {
        stream.write_all(&raw(false, 0, BINARY, &vec![7; 8 * MIB])).unwrap();
        stream.write_all(&raw(true, 0, 3, b"")).unwrap();
        stream
    });
    let meter = Meter::start();
    let ws =
        WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never()).close_timeout(LONG).connect().unwrap();
    assert!(ws.closed().await.error.is_some());
    let used = meter.stop();
    assert!(used.peak > 8 * MIB, "{used:?}");
    // The peer's own buffer is free as soon as it has written all.
    let stream = peer.join().unwrap();
    assert!(meter.live() < MIB as isize, "{} bytes are in use", meter.live());
    drop(stream);
}

/// A server that violates the protocol again and again, and never closes, costs a few sockets, not one for each attempt.
#[tokio::test]
async fn s21_few_failed_connections_are_open_at_once() {
    const ATTEMPTS: usize = 12;
    const OPEN: usize = 4;
    let _alone = ALONE.lock().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let peer = thread::spawn(move || {
        let mut streams: Vec<TcpStream> = Vec::new();
        for _ in 0..ATTEMPTS {
            let (mut stream, _) = listener.accept().unwrap();
            peer::open(&mut stream, false).unwrap();
            stream.write_all(&announced(0x82, 1 << 62)).unwrap();
            streams.push(stream);
        }
        // The Close frame arrives on each. Its connection ends for all but the latest few.
        for stream in &mut streams {
            stream.read_exact(&mut [0; 8]).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap(), 0, "nothing is sent after it");
        }
        for stream in &mut streams[..ATTEMPTS - OPEN] {
            // A reset answers data for a connection that is gone.
            while stream.write_all(&[0; 1000]).is_ok() {
                thread::yield_now();
            }
        }
        drop(listener);
        streams
    });
    let (failed, mut failures) = unbounded_channel();
    let builder = WebSocket::builder(url).heartbeat(None).close_timeout(LONG);
    let ws = builder
        .reconnect(Reconnect::fixed(Duration::from_millis(1)))
        .on_error(move |_, error| failed.send(error.kind().clone()).unwrap())
        .connect()
        .unwrap();
    for _ in 0..ATTEMPTS {
        assert_eq!(failures.recv().await, Some(homing::ErrorKind::MessageTooLarge));
    }
    let streams = tokio::task::spawn_blocking(move || peer.join().unwrap()).await.unwrap();
    ws.abort();
    drop(streams);
}
