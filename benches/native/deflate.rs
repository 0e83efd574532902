//! Compressed messages, compared with yawc, which implements permessage-deflate as well. Its figures are in the column
//! of the bare client. Both use the same compressor at its middle level, with the largest windows and context takeover.

use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing::native::{BuilderExt, Deflate};
use homing::{Heartbeat, WebSocket};
use yawc::{Frame, Options as YawcOptions};

use crate::clients::{Arrivals, receive, runtime, send, url};
use crate::deflate_server::{Kind, messages};
use crate::idle::child;
use crate::report::{self, Target};
use crate::rounds::{Options, Side, take_turns};
use crate::server::Server;
use crate::system::{resident, thread_cpu};

pub(crate) const MEMORY: &str = "idle-deflate";
const CONNECTIONS: usize = 300;

struct Case {
    name: &'static str,
    kind: Kind,
    count: usize,
}

const CASES: [Case; 2] = [
    Case { name: "200 B JSON", kind: Kind::Trade, count: 40_000 },
    Case { name: "10 KiB JSON", kind: Kind::Book, count: 3_000 },
];

pub(crate) fn run(options: &Options) {
    let server = Server::deflating();
    let address = server.address();
    for case in &CASES {
        let name = format!("inflate {}, CPU ns", case.name);
        if options.wants(&name) {
            let job = format!("inflate/{}/{}", case.kind.name(), case.count);
            let pairs = take_turns(options, options.rounds(9), |side| {
                [runtime().block_on(async {
                    match side {
                        Side::Homing => receive(client(&address, &job), case.count).await,
                        Side::Bare => yawc_receive(&address, &job, case.count).await,
                    }
                })]
            });
            report::row(&name, pairs.homing(0).median, pairs.bare(0).median, pairs.ratio(0), Target::AtMost(1.0));
        }
        let name = format!("deflate {}, CPU ns", case.name);
        if options.wants(&name) {
            let job = format!("deflate/{}", case.count);
            let payloads = messages(case.kind);
            let plain: usize = payloads.iter().cycle().take(case.count).map(Bytes::len).sum();
            let pairs = take_turns(options, options.rounds(9), |side| {
                runtime().block_on(async {
                    let (cost, sent) = match side {
                        Side::Homing => homing_send(&address, &job, &payloads, case.count).await,
                        Side::Bare => yawc_send(&address, &job, &payloads, case.count).await,
                    };
                    [cost, plain as f64 / sent]
                })
            });
            report::row(&name, pairs.homing(0).median, pairs.bare(0).median, pairs.ratio(0), Target::AtMost(1.0));
            let (homing, yawc) = (pairs.homing(1).median, pairs.bare(1).median);
            report::row(
                &format!("  {}, times smaller", case.name),
                homing,
                yawc,
                pairs.ratio(1),
                Target::AtLeast(0.99),
            );
        }
    }
    for takeover in ["takeover", "alone"] {
        let name = format!("idle deflate, {takeover}, KiB each");
        if options.wants(&name) {
            let each = |side: Side| {
                let [bytes] = child(&[MEMORY, side.name(), &server.port.to_string(), takeover]);
                bytes / 1024.0
            };
            report::figure(&name, each(Side::Homing), Some(each(Side::Bare)), Target::None);
        }
    }
}

fn deflate(job: &str) -> Deflate {
    let deflate = Deflate::new().threshold(0);
    if job.ends_with("alone") { deflate.no_context_takeover() } else { deflate }
}

fn client(address: &str, job: &str) -> homing::Builder {
    WebSocket::builder(url(address, job)).deflate(deflate(job))
}

async fn yawc(address: &str, job: &str) -> yawc::WebSocket<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(address).await.expect("connect");
    stream.set_nodelay(true).expect("nodelay");
    let mut options = YawcOptions::default().with_balanced_compression().with_utf8();
    if job.ends_with("alone") {
        options = options.client_no_context_takeover().server_no_context_takeover();
    }
    yawc::WebSocket::handshake(url(address, job).parse().expect("a URL"), stream, options).await.expect("handshake")
}

async fn yawc_receive(address: &str, job: &str, count: usize) -> f64 {
    let mut ws = yawc(address, job).await;
    let mut arrivals = Arrivals::new(count);
    loop {
        let frame = ws.next_frame().await.expect("a message");
        black_box(&frame);
        if let Some(cost) = arrivals.count() {
            return cost;
        }
    }
}

/// Returns the CPU time of each message in nanoseconds, and how many bytes the server received in all.
async fn homing_send(address: &str, job: &str, payloads: &[Bytes], count: usize) -> (f64, f64) {
    let payloads = payloads.iter().cycle().take(count).cloned();
    let sent = send(client(address, job), payloads, thread_cpu).await;
    let cost = (thread_cpu() - sent.meter).as_nanos() as f64 / count as f64;
    (cost, sent.answer.as_text().expect("a text").parse().expect("a number"))
}

async fn yawc_send(address: &str, job: &str, payloads: &[Bytes], count: usize) -> (f64, f64) {
    let mut ws = yawc(address, job).await;
    let cpu = thread_cpu();
    for payload in payloads.iter().cycle().take(count) {
        ws.feed(Frame::binary(payload.clone())).await.expect("fed");
    }
    ws.flush().await.expect("flushed");
    let answer = ws.next_frame().await.expect("an answer");
    let cost = (thread_cpu() - cpu).as_nanos() as f64 / count as f64;
    (cost, answer.as_str().parse().expect("a number"))
}

/// Measures the memory of connections that have received and sent one compressed message, and are idle since.
pub(crate) fn memory_child(side: &str, port: &str, takeover: &str) {
    let (side, address, job) = (Side::parse(side), format!("127.0.0.1:{port}"), format!("hold/{takeover}"));
    runtime().block_on(async {
        let first = hold(side, &address, &job, 5).await;
        let before = resident();
        let more = hold(side, &address, &job, CONNECTIONS).await;
        println!("{}", (resident() - before) as f64 / CONNECTIONS as f64);
        drop((first, more));
    });
}

async fn hold(
    side: Side,
    address: &str,
    job: &str,
    count: usize,
) -> (Vec<WebSocket>, Vec<tokio::task::JoinHandle<()>>) {
    let payload = messages(Kind::Trade)[0].clone();
    let greeted = Arc::new(Mutex::new(0));
    let (mut clients, mut tasks) = (Vec::new(), Vec::new());
    for number in 1..=count {
        let (seen, payload) = (greeted.clone(), payload.clone());
        match side {
            Side::Homing => clients.push(
                client(address, job)
                    .heartbeat(None::<Heartbeat>)
                    .on_message(move |ws, _| {
                        ws.send(payload.clone()).expect("room");
                        *seen.lock().expect("no other holder panics") += 1;
                    })
                    .connect()
                    .expect("a valid configuration"),
            ),
            Side::Bare => {
                let mut ws = yawc(address, job).await;
                tasks.push(tokio::spawn(async move {
                    while let Some(_frame) = ws.next().await {
                        ws.send(Frame::binary(payload.clone())).await.expect("sent");
                        *seen.lock().expect("no other holder panics") += 1;
                    }
                }));
            }
        }
        while *greeted.lock().expect("no other holder panics") < number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    (clients, tasks)
}
