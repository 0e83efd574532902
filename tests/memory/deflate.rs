//! Memory of idle connections with compression. The server sends compressed messages back as they came.

use homing::native::{BuilderExt, Deflate};
use homing_test_server::Server;

use super::*;

const CLIENTS: usize = 10;
/// Those that fill the pools, which keep four states of each direction: the rest is freed.
const FIRST: usize = 8;

/// An idle connection keeps the window of each direction, and no state of zlib. Messages still refer to earlier ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn idle_connections_keep_only_the_windows() {
    let _alone = ALONE.lock().await;
    let server = Server::start().unwrap();
    let url = server.url("/echo?quiet=1&header=Sec-WebSocket-Extensions:permessage-deflate");
    let mut random = 1_u32;
    let mut text = String::new();
    while text.len() < 100 * KIB {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push(char::from(b'!' + (random >> 24) as u8 % 90));
    }
    let clients: Vec<_> =
        (0..CLIENTS + FIRST).map(|_| client(&url).deflate(Deflate::new()).connect().unwrap()).collect();
    until("all are open", || clients.iter().all(|ws| ws.state() == homing::State::Open)).await;
    let (first, rest) = clients.split_at(FIRST);
    let text = text.as_bytes();
    // One small message at a time, so that the buffers of the server stay small.
    let exchange = async |clients: &[WebSocket], text: &[u8], before: u64| {
        for (part, count) in text.chunks(KIB).zip(before + 1..) {
            for ws in clients {
                ws.send(part.to_vec()).unwrap();
            }
            until("all have arrived", || clients.iter().all(|ws| ws.stats().messages_received == count)).await;
        }
    };
    exchange(first, text, 0).await;
    let while_busy = MEMORY.current_usage();
    shrinks_to(while_busy - (FIRST - 4) * 200 * KIB, "the pools are full").await;
    let before = MEMORY.current_usage();
    exchange(rest, text, 0).await;
    let busy = MEMORY.current_usage().saturating_sub(before) / CLIENTS;
    assert!(busy > 200 * KIB, "{} KiB each while busy", busy / KIB);
    shrinks_to(before + CLIENTS * 66 * KIB, "idle").await;
    // Refers to the window.
    exchange(rest, &text[90 * KIB..], 100).await;
    shrinks_to(before + CLIENTS * 66 * KIB, "idle again").await;
    drop(clients);
}
