//! The rate of messages that are sent one by one, until the server has received all of them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing::WebSocket;
use tokio_tungstenite::tungstenite;

use crate::clients::{connect_bare, runtime, send, url};
use crate::report::{self, Target};
use crate::rounds::{Options, Pairs, Side, take_turns};
use crate::server::Server;
use crate::system::thread_cpu;

struct Case {
    name: &'static str,
    length: usize,
    count: usize,
    /// How many times faster than bare `SinkExt::send`.
    target: f64,
}

const CASES: [Case; 2] = [
    Case { name: "send 16 B", length: 16, count: 300_000, target: 6.0 },
    Case { name: "send 1 KiB", length: 1024, count: 150_000, target: 4.0 },
];

impl Case {
    fn payload(&self) -> Bytes {
        vec![b'x'; self.length].into()
    }

    fn job(&self, count: usize) -> String {
        format!("send/{}/{count}", self.length)
    }
}

/// Batched messages take a fraction of the time, so more of them are needed to measure as exactly.
const MORE: usize = 5;

pub(crate) fn run(options: &Options) {
    let cases: Vec<_> = CASES.iter().filter(|case| options.wants(case.name)).collect();
    if cases.is_empty() {
        return;
    }
    let server = Server::busy();
    let address = server.address();
    for case in cases {
        let rounds = options.rounds(15);
        let mut peak = 0;
        let mut homing_side = || {
            let (figures, buffered) = runtime().block_on(homing(&address, case));
            peak = peak.max(buffered);
            figures
        };
        let pairs = take_turns(options, rounds, |side| match side {
            Side::Homing => homing_side(),
            Side::Bare => runtime().block_on(bare_send(&address, case)),
        });
        rows(case.name, &pairs, Target::AtLeast(case.target));
        let pairs = take_turns(options, rounds, |side| match side {
            Side::Homing => homing_side(),
            Side::Bare => runtime().block_on(bare_feed(&address, case)),
        });
        rows("  to bare feed, one flush", &pairs, Target::None);
        report::note(&format!("at most {} KiB were buffered", peak / 1024));
    }
}

fn rows(name: &str, pairs: &Pairs<2>, target: Target) {
    for (figure, what, target) in [(0, "million/s", target), (1, "CPU ns", Target::None)] {
        let (homing, bare) = (pairs.homing(figure).median, pairs.bare(figure).median);
        report::row(&format!("{name}, {what}"), homing, bare, pairs.ratio(figure), target);
    }
}

struct Meter {
    start: Instant,
    cpu: Duration,
}

impl Meter {
    fn start() -> Self {
        Self { start: Instant::now(), cpu: thread_cpu() }
    }

    /// Millions of messages a second, and the CPU time of each in nanoseconds, which is exact even on a busy machine.
    fn figures(&self, count: usize) -> [f64; 2] {
        let (wall, cpu) = (self.start.elapsed(), thread_cpu() - self.cpu);
        [count as f64 / wall.as_secs_f64() / 1e6, cpu.as_nanos() as f64 / count as f64]
    }
}

/// Returns the figures, and the most bytes that were buffered.
async fn homing(address: &str, case: &Case) -> ([f64; 2], usize) {
    let (payload, count) = (case.payload(), case.count * MORE);
    let builder = WebSocket::builder(url(address, &case.job(count)));
    let sent = send(builder, std::iter::repeat_n(payload, count), Meter::start).await;
    assert_eq!(sent.answer.len(), 1, "an acknowledgement");
    (sent.meter.figures(count), sent.peak)
}

async fn bare_send(address: &str, case: &Case) -> [f64; 2] {
    let (payload, count) = (case.payload(), case.count);
    let mut ws = connect_bare(address, &case.job(count)).await;
    let meter = Meter::start();
    for _ in 0..count {
        ws.send(tungstenite::Message::Binary(payload.clone())).await.expect("sent");
    }
    ws.next().await.expect("an acknowledgement").expect("an acknowledgement");
    meter.figures(count)
}

async fn bare_feed(address: &str, case: &Case) -> [f64; 2] {
    let (payload, count) = (case.payload(), case.count * MORE);
    let mut ws = connect_bare(address, &case.job(count)).await;
    let meter = Meter::start();
    for _ in 0..count {
        ws.feed(tungstenite::Message::Binary(payload.clone())).await.expect("fed");
    }
    ws.flush().await.expect("flushed");
    ws.next().await.expect("an acknowledgement").expect("an acknowledgement");
    meter.figures(count)
}
