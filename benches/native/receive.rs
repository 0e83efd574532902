//! The client's CPU time for each received message, from a server that sends faster than the client reads.

use std::hint::black_box;

use futures::StreamExt;
use homing::WebSocket;

use crate::clients::{Arrivals, connect_bare, receive, runtime, url};
use crate::report::{self, Target};
use crate::rounds::{Options, Side, take_turns};
use crate::server::Server;

struct Case {
    name: &'static str,
    opcode: u8,
    length: usize,
    count: usize,
}

const CASES: [Case; 4] = [
    Case { name: "receive 16 B binary", opcode: 2, length: 16, count: 3_000_000 },
    Case { name: "receive 128 B text", opcode: 1, length: 128, count: 2_000_000 },
    Case { name: "receive 1 KiB binary", opcode: 2, length: 1024, count: 600_000 },
    Case { name: "receive 64 KiB binary", opcode: 2, length: 64 * 1024, count: 12_000 },
];

pub(crate) fn run(options: &Options) {
    let cases: Vec<_> = CASES.iter().filter(|case| options.wants(case.name)).collect();
    if cases.is_empty() {
        return;
    }
    let server = Server::busy();
    for case in cases {
        let job = format!("receive/{}/{}/{}", case.opcode, case.length, case.count);
        let address = server.address();
        let pairs = take_turns(options, options.rounds(21), |side| {
            [runtime().block_on(async {
                match side {
                    Side::Homing => receive(WebSocket::builder(url(&address, &job)), case.count).await,
                    Side::Bare => bare(&address, &job, case.count).await,
                }
            })]
        });
        let name = format!("{}, CPU ns", case.name);
        let (homing, bare) = (pairs.homing(0).median, pairs.bare(0).median);
        report::row(&name, homing, bare, pairs.ratio(0), Target::AtMost(1.05));
    }
}

async fn bare(address: &str, job: &str, count: usize) -> f64 {
    let mut ws = connect_bare(address, job).await;
    let mut arrivals = Arrivals::new(count);
    loop {
        let message = ws.next().await.expect("a message").expect("a message");
        black_box(&message);
        if let Some(cost) = arrivals.count() {
            return cost;
        }
    }
}
