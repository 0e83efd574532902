//! The time from sending a message to receiving the answer.

use std::time::Instant;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing::WebSocket;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite;

use crate::clients::{connect_bare, runtime, url};
use crate::report::{self, Target};
use crate::rounds::{Options, Side, take_turns};
use crate::server::Server;

const NAME: &str = "round trip 32 B";
const LENGTH: usize = 32;
const COUNT: usize = 10_000;

struct Meter {
    times: Vec<u64>,
    sent: Instant,
}

impl Meter {
    fn new() -> Self {
        Self { times: Vec::with_capacity(COUNT), sent: Instant::now() }
    }

    fn sends(&mut self) {
        self.sent = Instant::now();
    }

    /// Records an answer. Returns the median and the 99th percentile in microseconds after the last one.
    fn answered(&mut self) -> Option<[f64; 2]> {
        self.times.push(self.sent.elapsed().as_nanos() as u64);
        (self.times.len() == COUNT).then(|| {
            self.times.sort_unstable();
            [50, 99].map(|percent| self.times[COUNT * percent / 100] as f64 / 1e3)
        })
    }
}

pub(crate) fn run(options: &Options) {
    if !options.wants(NAME) {
        return;
    }
    let server = Server::busy();
    let address = server.address();
    let job = format!("round-trip/{LENGTH}");
    let payload = Bytes::from(vec![b'x'; LENGTH]);
    let pairs = take_turns(options, options.rounds(21), |side| {
        runtime().block_on(async {
            match side {
                Side::Homing => homing(&address, &job, payload.clone()).await,
                Side::Bare => bare(&address, &job, payload.clone()).await,
            }
        })
    });
    for (figure, percentile, target) in [(0, "p50", Target::AtMost(1.05)), (1, "p99", Target::None)] {
        let name = format!("{NAME}, {percentile} us");
        let (homing, bare) = (pairs.homing(figure).median, pairs.bare(figure).median);
        report::row(&name, homing, bare, pairs.ratio(figure), target);
    }
}

async fn homing(address: &str, job: &str, payload: Bytes) -> [f64; 2] {
    let (done, result) = oneshot::channel();
    let (mut done, mut meter) = (Some(done), Meter::new());
    let first = payload.clone();
    let ws = WebSocket::builder(url(address, job))
        .on_open(move |ws, _| ws.send(first.clone()).expect("sent"))
        .on_message(move |ws, _| match meter.answered() {
            Some(percentiles) => done.take().map_or((), |done| done.send(percentiles).expect("the receiver waits")),
            None => {
                meter.sends();
                ws.send(payload.clone()).expect("sent");
            }
        })
        .connect()
        .expect("a valid configuration");
    let percentiles = result.await.expect("every answer");
    ws.abort();
    percentiles
}

async fn bare(address: &str, job: &str, payload: Bytes) -> [f64; 2] {
    let mut ws = connect_bare(address, job).await;
    let mut meter = Meter::new();
    loop {
        meter.sends();
        ws.send(tungstenite::Message::Binary(payload.clone())).await.expect("sent");
        ws.next().await.expect("an answer").expect("an answer");
        if let Some(percentiles) = meter.answered() {
            return percentiles;
        }
    }
}
