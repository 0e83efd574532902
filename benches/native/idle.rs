//! Memory and CPU time of idle connections.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use homing::{Heartbeat, WebSocket};
use tokio::sync::Semaphore;

use crate::clients::{connect_bare, runtime, url};
use crate::report::{self, Target};
use crate::rounds::{Options, Side};
use crate::server::Server;
use crate::system;

pub(crate) const MEMORY: &str = "idle-memory";
pub(crate) const HEARTBEATS: &str = "idle-heartbeats";

const CONNECTIONS: usize = 2_000;
const WITH_HEARTBEATS: usize = 10_000;
const INTERVAL: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(20);
/// Time for greetings to arrive, and for memory of the handshakes to be released.
const SETTLE: Duration = Duration::from_millis(1500);

pub(crate) fn run(options: &Options) {
    for (name, job) in [("idle memory, KiB each", "hold"), ("idle memory after 100 B, KiB each", "greet")] {
        if options.wants(name) {
            let each = |side: Side| {
                let server = Server::idle(0);
                let [bytes] = child(&[MEMORY, side.name(), &server.port.to_string(), job]);
                bytes / 1024.0
            };
            let homing = each(Side::Homing);
            report::figure(name, homing, Some(each(Side::Bare)), Target::AtMost(16.0));
        }
    }
    let name = "idle 10,000 with heartbeats";
    if options.wants(name) {
        let server = Server::idle(0);
        let [share, resident, answered] = child(&[HEARTBEATS, &server.port.to_string()]);
        report::figure(&format!("{name}, CPU %"), share, None, Target::None);
        let interval = INTERVAL.as_secs();
        report::note(&format!(
            "{resident:.0} MiB resident, {answered} heartbeats answered, each connection sends one every {interval} s"
        ));
    }
}

/// Measures in a process of its own, where nothing was allocated before.
pub(crate) fn child<const FIGURES: usize>(arguments: &[&str]) -> [f64; FIGURES] {
    child_with(arguments, None)
}

/// The same with a variable of the environment.
pub(crate) fn child_with<const FIGURES: usize>(arguments: &[&str], variable: Option<(&str, &str)>) -> [f64; FIGURES] {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    let output = command.args(arguments).envs(variable).stderr(Stdio::inherit()).output().expect("a child");
    let output = String::from_utf8(output.stdout).expect("text");
    let figures: Vec<f64> = output.split_whitespace().map(|figure| figure.parse().expect("a number")).collect();
    figures.try_into().expect("as many figures as were asked for")
}

fn nth_address(number: usize, port: &str) -> String {
    format!("127.0.0.{}:{port}", 1 + number % 20)
}

pub(crate) fn memory_child(side: &str, port: &str, job: &str) {
    system::allow_many_files();
    let side = Side::parse(side);
    runtime().block_on(async {
        // The first connections allocate what all share.
        let held = hold(side, port, job, 10).await;
        let before = system::resident();
        let more = hold(side, port, job, CONNECTIONS).await;
        let after = system::resident();
        println!("{}", (after - before) as f64 / CONNECTIONS as f64);
        drop((held, more));
    });
}

enum Held {
    Homing { _ws: Vec<WebSocket> },
    Bare { _tasks: Vec<tokio::task::JoinHandle<()>> },
}

async fn hold(side: Side, port: &str, job: &str, count: usize) -> Held {
    let held = match side {
        Side::Homing => {
            let (clients, opened) = homing(port, job, count, |builder| builder).await;
            assert_eq!(opened.load(Ordering::Relaxed), count);
            Held::Homing { _ws: clients }
        }
        Side::Bare => {
            let mut tasks = Vec::with_capacity(count);
            for number in 0..count {
                let mut ws = connect_bare(&nth_address(number, port), job).await;
                // Waits for the next message, as any client does.
                tasks.push(tokio::spawn(async move { while let Some(Ok(_)) = ws.next().await {} }));
            }
            Held::Bare { _tasks: tasks }
        }
    };
    tokio::time::sleep(SETTLE).await;
    held
}

/// Opens clients, 64 at a time, as the backlog of a server is short.
async fn homing(
    port: &str,
    job: &str,
    count: usize,
    configure: impl Fn(homing::Builder) -> homing::Builder,
) -> (Vec<WebSocket>, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let turns = Arc::new(Semaphore::new(64));
    let mut clients = Vec::with_capacity(count);
    for number in 0..count {
        turns.acquire().await.expect("never closed").forget();
        let (opened, turn) = (opened.clone(), turns.clone());
        let builder = WebSocket::builder(url(&nth_address(number, port), job))
            .on_open(move |_, _| {
                opened.fetch_add(1, Ordering::Relaxed);
                turn.add_permits(1);
            })
            .on_close(|_, event| eprintln!("lost: {event:?}"));
        clients.push(configure(builder).connect().expect("a valid configuration"));
    }
    // All turns are given back once all have opened.
    drop(turns.acquire_many(64).await);
    (clients, opened)
}

pub(crate) fn heartbeats_child(port: &str) {
    system::pin(system::CLIENT_CORE);
    system::allow_many_files();
    runtime().block_on(async {
        let answered = Arc::new(AtomicUsize::new(0));
        let (clients, _) = homing(port, "hold", WITH_HEARTBEATS, |builder| {
            let answered = answered.clone();
            builder.heartbeat(Heartbeat::ping(INTERVAL, INTERVAL)).on_latency(move |_, _| {
                answered.fetch_add(1, Ordering::Relaxed);
            })
        })
        .await;
        tokio::time::sleep(SETTLE).await;
        let (start, cpu, counted) = (Instant::now(), system::process_cpu(), answered.load(Ordering::Relaxed));
        tokio::time::sleep(WATCHED).await;
        let share = (system::process_cpu() - cpu).as_secs_f64() / start.elapsed().as_secs_f64() * 100.0;
        let resident = system::resident() as f64 / f64::from(1 << 20);
        println!("{share} {resident} {}", answered.load(Ordering::Relaxed) - counted);
        drop(clients);
    });
}
