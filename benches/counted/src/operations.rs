//! The operations that are counted.

use tokio::runtime::Runtime;

use crate::clients::{Client, homing::Homing, tungstenite::Tungstenite};
use crate::{counted::count, turns};

enum Kind {
    /// Receives batches of this many messages.
    Receive { kind: &'static str, length: usize, batch: usize },
    /// Sends batches of this many messages.
    Send { length: usize, batch: usize },
    /// Sends a message and receives it back.
    RoundTrip { length: usize },
    /// Opens a connection and closes it.
    Connect,
}

/// Each operation: its name, what it is, and how many batches or single ones are counted, after half as many to warm up.
const OPERATIONS: [(&str, Kind, usize); 10] = [
    ("receive 16 B", Kind::Receive { kind: "binary", length: 16, batch: 3000 }, 4),
    ("receive text 128 B", Kind::Receive { kind: "text", length: 128, batch: 500 }, 4),
    ("receive 1 KiB", Kind::Receive { kind: "binary", length: 1024, batch: 60 }, 20),
    ("receive 64 KiB", Kind::Receive { kind: "binary", length: 65_536, batch: 1 }, 50),
    ("receive 1 MiB", Kind::Receive { kind: "binary", length: 1 << 20, batch: 1 }, 10),
    ("send 16 B", Kind::Send { length: 16, batch: 64 }, 20),
    ("send 1 KiB", Kind::Send { length: 1024, batch: 64 }, 20),
    ("send 64 KiB", Kind::Send { length: 65_536, batch: 4 }, 10),
    ("round trip 32 B", Kind::RoundTrip { length: 32 }, 100),
    ("connect and close", Kind::Connect, 20),
];

/// Prints the names of the clients and of the operations.
pub(crate) fn list() {
    println!("homing,tungstenite");
    OPERATIONS.iter().for_each(|(name, ..)| println!("{name}"));
}

pub(crate) fn run(client: &str, operation: &str) {
    let found = OPERATIONS.iter().find(|(name, ..)| *name == operation);
    let (_, kind, times) = found.unwrap_or_else(|| panic!("no such operation: {operation}"));
    match client {
        "homing" => perform::<Homing>(kind, *times),
        "tungstenite" => perform::<Tungstenite>(kind, *times),
        _ => panic!("no such client: {client}"),
    }
}

fn perform<C: Client>(kind: &Kind, times: usize) {
    let (runtime, port) = turns::start();
    let connect = |path: &str| runtime.block_on(C::connect(&format!("ws://127.0.0.1:{port}/{path}")));
    match *kind {
        Kind::Receive { kind, length, batch } => {
            let mut client = connect(&format!("send/{kind}/{length}/{batch}"));
            repeat(&runtime, times, batch, async |times| client.receive(times * batch, length).await);
        }
        Kind::Send { length, batch } => {
            let mut client = connect(&format!("take/{}", (times + times / 2) * batch));
            repeat(&runtime, times, batch, async |times| {
                for _ in 0..times {
                    client.send(batch, length).await;
                    // The socket has room for the next batch.
                    turns::server();
                }
            });
            runtime.block_on(client.receive(1, "all of them".len()));
        }
        Kind::RoundTrip { length } => {
            let mut client = connect("echo");
            repeat(&runtime, times, 1, async |times| client.round_trips(times, length).await);
        }
        Kind::Connect => {
            let url = format!("ws://127.0.0.1:{port}/echo");
            repeat(&runtime, times, 1, async |times| {
                for _ in 0..times {
                    C::connect(&url).await.close().await;
                }
            });
        }
    }
}

/// Counts so many repetitions, each of so many operations, after half as many to warm up.
fn repeat(runtime: &Runtime, times: usize, operations: usize, mut run: impl AsyncFnMut(usize)) {
    runtime.block_on(run(times / 2));
    count(times * operations, &mut || runtime.block_on(run(times)));
}
