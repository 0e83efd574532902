//! Memory that a client uses, counted by the allocator: buffers shrink again, and nothing grows without bound.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod attempts;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "__rustls")]
mod tls;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use homing::{Builder, Message, Reconnect, WebSocket};
use homing_test_server::{Puppet, frame};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Held by each test, because all of them count the same memory.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const PATIENCE: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(3600);
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn client(url: &str) -> Builder {
    WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::fixed(LONG)).max_send_buffer(64 * MIB)
}

/// Reads this many bytes and discards them.
fn discard(stream: &mut TcpStream, mut bytes: usize) {
    let mut scrap = [0; 4096];
    while bytes > 0 {
        let room = bytes.min(scrap.len());
        bytes -= stream.read(&mut scrap[..room]).unwrap();
    }
}

/// Waits until at most `limit` bytes are in use. Panics after [`PATIENCE`].
async fn shrinks_to(limit: usize, what: &str) {
    let start = Instant::now();
    while MEMORY.current_usage() > limit {
        let usage = MEMORY.current_usage();
        assert!(start.elapsed() < PATIENCE, "{what}: {} KiB are in use, not {}", usage / KIB, limit / KIB);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An idle connection uses a few KiB, regardless of what it has sent and received.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s14_buffers_shrink_after_large_messages() {
    const CLIENTS: usize = 20;
    let _alone = ALONE.lock().await;
    let Puppet { url, opened } = Puppet::start().unwrap();
    let clients: Vec<_> = (0..CLIENTS).map(|_| client(&url).connect().unwrap()).collect();
    let mut streams = Vec::new();
    until("all are open", || {
        streams.extend(opened.try_iter());
        streams.len() == CLIENTS && clients.iter().all(|ws| ws.state() == homing::State::Open)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = MEMORY.current_usage();
    let large = Arc::new(frame::binary(&vec![7; 16 * MIB]));
    let with_large = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    for (ws, stream) in clients.iter().zip(&streams) {
        let mut stream = stream.try_clone().unwrap();
        let large = large.clone();
        let peer = thread::spawn(move || {
            // A header of 14 bytes and a mask for each part.
            discard(&mut stream, 16 * MIB);
            stream.write_all(&large).unwrap();
            for _ in 0..5000 {
                stream.write_all(&frame::text("small")).unwrap();
            }
            stream.set_nonblocking(true).unwrap();
        });
        ws.send(vec![7; 16 * MIB]).unwrap();
        for _ in 0..5000 {
            ws.send("small").unwrap();
        }
        until("all has arrived", || ws.stats().messages_received == 5001).await;
        peer.join().unwrap();
    }
    // One message at a time is being sent or received, and little else.
    let peak = MEMORY.peak_usage() - with_large;
    assert!(peak < 36 * MIB, "{} KiB at most", peak / KIB);
    drop(large);
    shrinks_to(before + CLIENTS * KIB / 2, "after large and small messages").await;
    drop((clients, streams));
}

/// A small message does not keep the whole read buffer alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s22a_a_small_message_does_not_keep_the_read_buffer_alive() {
    let _alone = ALONE.lock().await;
    for (size, others, limit) in
        [(1, 60_000, 100), (200, 60_000, 600), (1000, 60_000, 6000), (1, 1000, 200), (5000, 60_000, 12_000)]
    {
        const COUNT: usize = 2000;
        let Puppet { url, opened } = Puppet::start().unwrap();
        let kept = Arc::new(Mutex::new(Vec::with_capacity(COUNT)));
        let collected = kept.clone();
        let ws = client(&url)
            .on_message(move |_, message: Message| {
                if message.is_text() {
                    collected.lock().unwrap().push(message);
                }
            })
            .connect()
            .unwrap();
        let mut stream = opened.recv().unwrap();
        let pair = [frame::binary(&vec![7; others]), frame::text(&"x".repeat(size))].concat();
        let before = MEMORY.current_usage();
        let peer = thread::spawn(move || {
            for _ in 0..COUNT {
                stream.write_all(&pair).unwrap();
            }
            stream
        });
        until("all have arrived", || ws.stats().messages_received == 2 * COUNT as u64).await;
        let stream = peer.join().unwrap();
        let each = MEMORY.current_usage().saturating_sub(before + 256 * KIB) / COUNT;
        assert!(each < limit, "{each} bytes for each message of {size} bytes that came among others of {others}");
        assert_eq!(kept.lock().unwrap().len(), COUNT);
        drop((ws, stream));
    }
}

/// Only the latest Ping has to be answered (RFC 6455, section 5.5.3).
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s20b_pongs_that_the_peer_does_not_read_use_bounded_memory() {
    let _alone = ALONE.lock().await;
    let Puppet { url, opened } = Puppet::start().unwrap();
    let ws = client(&url).connect().unwrap();
    let mut stream = opened.recv().unwrap();
    until("the client is open", || ws.state() == homing::State::Open).await;
    let before = MEMORY.current_usage();
    let peer = thread::spawn(move || {
        let pings = frame::raw(true, 0, frame::PING, &[7; 125]).repeat(100);
        for _ in 0..3000 {
            stream.write_all(&pings).unwrap();
        }
        stream.write_all(&frame::text("done")).unwrap();
        stream
    });
    MEMORY.reset_peak_usage();
    until("the message after the Pings", || ws.stats().messages_received == 1).await;
    let grown = MEMORY.peak_usage().saturating_sub(before);
    assert!(grown < 512 * KIB, "{} KiB after 37 MB of Pings", grown / KIB);
    drop(peer.join().unwrap());
}
