//! How the reconnects of many clients spread over time after their server has restarted.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homing::WebSocket;

use crate::clients::{runtime, url};
use crate::report;
use crate::rounds::Options;
use crate::server::Server;
use crate::system;

const NAME: &str = "restart 1,000 clients";
const CLIENTS: usize = 1_000;
const BUCKET: Duration = Duration::from_millis(100);
/// How long the server is down.
const OUTAGES: [Duration; 2] = [Duration::ZERO, Duration::from_secs(3)];
/// Longer than the longest delay of the policy after this time.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn run(options: &Options) {
    if !options.wants(NAME) {
        return;
    }
    system::allow_many_files();
    OUTAGES.into_iter().for_each(restart);
}

fn restart(outage: Duration) {
    let server = Server::idle(0);
    let (address, port) = (server.address(), server.port);
    let opened = Arc::new(Mutex::new(Vec::new()));
    let (arrivals, down) = runtime().block_on(async {
        let clients: Vec<WebSocket> = (0..CLIENTS)
            .map(|_| {
                let opened = opened.clone();
                WebSocket::builder(url(&address, "hold"))
                    .on_open(move |_, _| opened.lock().expect("no other holder panics").push(Instant::now()))
                    .connect()
                    .expect("a valid configuration")
            })
            .collect();
        until_all(&opened).await;
        opened.lock().expect("no other holder panics").clear();
        let gone = Instant::now();
        drop(server);
        tokio::time::sleep(outage).await;
        let _server = Server::idle(port);
        let back = Instant::now();
        until_all(&opened).await;
        for client in &clients {
            client.abort();
        }
        let opened = opened.lock().expect("no other holder panics");
        (opened.iter().map(|opened| opened.duration_since(back)).collect::<Vec<_>>(), back - gone)
    });
    show(arrivals, down);
}

async fn until_all(opened: &Mutex<Vec<Instant>>) {
    let start = Instant::now();
    while opened.lock().expect("no other holder panics").len() < CLIENTS && start.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn show(mut arrivals: Vec<Duration>, down: Duration) {
    arrivals.sort();
    let Some(last) = arrivals.last() else {
        return report::note("no client reconnected");
    };
    let bucket = |arrival: &Duration| (arrival.as_millis() / BUCKET.as_millis()) as usize;
    let mut buckets = vec![0; bucket(last) + 1];
    arrivals.iter().for_each(|arrival| buckets[bucket(arrival)] += 1);
    println!("{NAME}: {} reconnected within {last:.1?}, after the server was down for {down:.1?}", arrivals.len());
    let median = arrivals[arrivals.len() / 2];
    let most = buckets.iter().max().copied().unwrap_or_default();
    report::note(&format!("median {median:.0?}, at most {most} within {BUCKET:?}; by {BUCKET:?}: {buckets:?}"));
}
