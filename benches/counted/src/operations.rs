//! The operations that are counted.

use tokio::runtime::Runtime;

use crate::clients::{Client, Target, homing::Homing, tungstenite::Tungstenite};
use crate::payload::payload;
use crate::{counted::count, tls, turns};

enum Kind {
    /// Receives batches of this many text or binary messages.
    Receive { text: bool, length: usize, batch: usize },
    /// Sends batches of this many text or binary messages.
    Send { text: bool, length: usize, batch: usize },
    /// Sends a message and receives it back.
    RoundTrip { length: usize },
    /// Opens a connection and closes it.
    Connect,
    /// Sends a heartbeat and receives the answer.
    Heartbeat,
    /// Loses the connection and opens another.
    Reconnect,
}

#[derive(PartialEq)]
enum Over {
    Plain,
    Deflate,
    Tls,
    /// With the session of the connection before.
    TlsResumed,
}

struct Operation {
    name: &'static str,
    kind: Kind,
    over: Over,
    /// How many batches or single ones are counted, after half as many to warm up.
    times: usize,
}

const fn plain(name: &'static str, kind: Kind, times: usize) -> Operation {
    Operation { name, kind, over: Over::Plain, times }
}

const fn over(over: Over, name: &'static str, kind: Kind, times: usize) -> Operation {
    Operation { name, kind, over, times }
}

const fn receive(text: bool, length: usize, batch: usize) -> Kind {
    Kind::Receive { text, length, batch }
}

const fn send(text: bool, length: usize, batch: usize) -> Kind {
    Kind::Send { text, length, batch }
}

const OPERATIONS: [Operation; 27] = [
    plain("receive 16 B", receive(false, 16, 3000), 4),
    plain("receive text 128 B", receive(true, 128, 500), 4),
    plain("receive 1 KiB", receive(false, 1024, 60), 20),
    plain("receive 64 KiB", receive(false, 65_536, 1), 50),
    plain("receive 1 MiB", receive(false, 1 << 20, 1), 10),
    plain("send 16 B", send(false, 16, 64), 20),
    plain("send 1 KiB", send(false, 1024, 64), 20),
    plain("send 64 KiB", send(false, 65_536, 4), 10),
    plain("round trip 32 B", Kind::RoundTrip { length: 32 }, 100),
    plain("connect and close", Kind::Connect, 20),
    plain("heartbeat", Kind::Heartbeat, 20),
    plain("reconnect", Kind::Reconnect, 20),
    over(Over::Tls, "wss receive 16 B", receive(false, 16, 3000), 4),
    over(Over::Tls, "wss receive 64 KiB", receive(false, 65_536, 1), 20),
    over(Over::Tls, "wss send 16 B", send(false, 16, 64), 20),
    over(Over::Tls, "wss send 64 KiB", send(false, 65_536, 4), 4),
    over(Over::Tls, "wss round trip 32 B", Kind::RoundTrip { length: 32 }, 100),
    over(Over::Tls, "wss connect and close", Kind::Connect, 4),
    over(Over::Tls, "wss heartbeat", Kind::Heartbeat, 20),
    over(Over::Tls, "wss reconnect", Kind::Reconnect, 4),
    over(Over::TlsResumed, "wss connect and close, resumed", Kind::Connect, 4),
    over(Over::Deflate, "receive text 128 B, compressed", receive(true, 128, 500), 4),
    over(Over::Deflate, "send text 128 B, compressed", send(true, 128, 64), 10),
    over(Over::Deflate, "round trip 200 B, compressed", Kind::RoundTrip { length: 200 }, 20),
    over(Over::Deflate, "connect and close, compression agreed on", Kind::Connect, 20),
    over(Over::Deflate, "heartbeat, compression agreed on", Kind::Heartbeat, 20),
    over(Over::Deflate, "reconnect, compression agreed on", Kind::Reconnect, 20),
];

/// Prints the name of each operation, and the clients that have it.
pub(crate) fn list() {
    for Operation { name, kind, over, .. } in &OPERATIONS {
        let only_homing = matches!(kind, Kind::Heartbeat | Kind::Reconnect);
        let clients = [("homing", true), ("tungstenite", !only_homing && supports::<Tungstenite>(over))];
        let clients = clients.into_iter().filter_map(|(client, has)| has.then_some(client)).collect::<Vec<_>>();
        println!("{name}\t{}", clients.join(","));
    }
}

fn supports<C: Client>(over: &Over) -> bool {
    C::DEFLATES || *over != Over::Deflate
}

pub(crate) fn run(client: &str, operation: &str) {
    let found = OPERATIONS.iter().find(|known| known.name == operation);
    let operation = found.unwrap_or_else(|| panic!("no such operation: {operation}"));
    match client {
        "homing" => perform::<Homing>(operation),
        "tungstenite" => perform::<Tungstenite>(operation),
        _ => panic!("no such client: {client}"),
    }
}

fn perform<C: Client>(Operation { kind, over, times, .. }: &Operation) {
    let times = *times;
    let (runtime, address, certificate) = turns::start();
    let tls = match over {
        Over::Plain | Over::Deflate => None,
        Over::Tls => Some(tls::client(&certificate, false)),
        Over::TlsResumed => Some(tls::client(&certificate, true)),
    };
    let target = |path: String| Target { address, path, tls, deflate: *over == Over::Deflate };
    match *kind {
        Kind::Receive { text, length, batch } => {
            let target = target(format!("send/{text}/{length}/{batch}"));
            let mut client = runtime.block_on(C::connect(&target));
            repeat(&runtime, times, batch, async |times| client.receive(times * batch, length).await);
        }
        Kind::Send { text, length, batch } => {
            let target = target(format!("take/{}", (times + times / 2) * batch));
            let mut client = runtime.block_on(C::connect(&target));
            let payload = payload(length);
            repeat(&runtime, times, batch, async |times| {
                for _ in 0..times {
                    client.send(batch, text, &payload).await;
                    // The socket has room for the next batch.
                    turns::server();
                }
            });
            runtime.block_on(client.receive(1, "all of them".len()));
        }
        Kind::RoundTrip { length } => {
            let mut client = runtime.block_on(C::connect(&target("echo".into())));
            let payload = payload(length);
            repeat(&runtime, times, 1, async |times| client.round_trips(times, &payload).await);
        }
        Kind::Connect => {
            let target = target("echo".into());
            repeat(&runtime, times, 1, async |times| {
                for _ in 0..times {
                    C::connect(&target).await.close().await;
                }
            });
        }
        Kind::Heartbeat => {
            let client = runtime.block_on(async { Homing::beating(&target("echo".into())) });
            repeat(&runtime, times, 1, async |times| client.wait(times).await);
        }
        Kind::Reconnect => {
            let client = runtime.block_on(async { Homing::reconnecting(&target("drop".into())) });
            repeat(&runtime, times, 1, async |times| client.wait(times).await);
        }
    }
}

/// Counts so many repetitions, each of so many operations, after half as many to warm up.
fn repeat(runtime: &Runtime, times: usize, operations: usize, mut run: impl AsyncFnMut(usize)) {
    runtime.block_on(run(times / 2));
    count(times * operations, &mut || runtime.block_on(run(times)));
}
