//! Clients and a server exchange messages for a long time over links that fail in every way, at any byte. At the end every
//! message is accounted for, and memory, file descriptors and tasks have not grown.
//!
//! ```text
//! HOMING_SOAK_SECONDS=1200 cargo test -p homing-tests --test soak -- --nocapture
//! ```
//!
//! A failed run prints the command that repeats it. The faults follow from the seed, but the messages that they hit depend on
//! the timing of the machine as well.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod books;
mod client;
mod content;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use homing::{State, WebSocket};
use homing_test_server::{Link, Shape};
use peak_alloc::PeakAlloc;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

use books::{Books, Totals};
use content::{Contents, Random};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const CLIENTS: u64 = 6;
const SECONDS: u64 = 8;
const SEED: u64 = 11;
/// The limit for things that should happen immediately. Long, for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);
const KIB: usize = 1024;
/// The limit of the growth of memory from early in a run to its end, in bytes.
const GROWTH: usize = 256 * KIB;
/// The limit of the memory of one client with its link and the server's end, in bytes: the largest messages that are queued,
/// sent and received at a time.
const EACH: usize = 16 << 20;

/// Shared by the server and all clients.
struct Shared {
    contents: Contents,
    books: Vec<Books>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// All sides send, and connections break.
    Storm,
    /// No connection breaks and nothing new is sent, so that everything arrives.
    Calm,
    /// Connections break, and the clients end.
    End,
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}: {text}")))
}

/// Resources in use: file descriptors, tasks of this runtime, bytes of memory.
#[derive(Debug, Clone, Copy)]
struct Usage {
    files: Option<usize>,
    tasks: usize,
    memory: usize,
}

impl Usage {
    fn now() -> Self {
        // Except the descriptor that reads the directory.
        let files = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() - 1);
        Self { files, tasks: Handle::current().metrics().num_alive_tasks(), memory: MEMORY.current_usage() }
    }
}

struct Run {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    links: Vec<Link>,
    clients: Vec<WebSocket>,
    replay: String,
    began: Instant,
}

impl Run {
    fn faults(&self) -> Vec<String> {
        self.shared.books.iter().flat_map(Books::faults).collect()
    }

    fn check(&self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "{faults:#?}\n{}", self.replay);
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            let states: Vec<_> = self.clients.iter().map(|ws| (ws.state(), ws.buffered_amount(), ws.stats())).collect();
            let report = || format!("{:?}\n{states:#?}\n{:#?}\n{}", Usage::now(), self.faults(), self.replay);
            assert!(start.elapsed() < PATIENCE, "not in time: {what}\n{}", report());
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn storm(&self, duration: Duration) {
        self.links.iter().for_each(|link| link.calm(false));
        self.phase.send_replace(Phase::Storm);
        // The connections of the calm phase would never break.
        self.clients.iter().for_each(WebSocket::reconnect);
        MEMORY.reset_peak_usage();
        let (until, mut next_print) = (Instant::now() + duration, Instant::now() + PATIENCE);
        while Instant::now() < until {
            sleep(Duration::from_millis(100).min(until - Instant::now())).await;
            self.check();
            if Instant::now() >= next_print {
                next_print += PATIENCE;
                self.print("storm");
            }
        }
        let peak = MEMORY.peak_usage();
        assert!(peak < self.clients.len() * EACH, "{} KiB\n{}", peak / KIB, self.replay);
    }

    fn print(&self, what: &str) {
        let mut totals = Totals::default();
        self.shared.books.iter().for_each(|books| totals.add(books.totals()));
        let accepted: usize = self.links.iter().map(Link::accepted).sum();
        let peak = MEMORY.peak_usage() / KIB;
        println!("{:?} {what}: {accepted} dials, {totals:?}, peak {peak} KiB", self.began.elapsed());
    }

    /// Waits until everything has arrived and all connections are new, and returns the resources in use then.
    async fn rest(&self, before: Usage) -> Usage {
        self.phase.send_replace(Phase::Calm);
        self.links.iter().for_each(|link| link.calm(true));
        let is_empty = |ws: &WebSocket| ws.state() == State::Open && ws.buffered_amount() == 0;
        self.until("everything has left", || self.clients.iter().all(is_empty)).await;
        let attempts: Vec<_> = self.clients.iter().map(|ws| ws.stats().attempts).collect();
        self.clients.iter().for_each(WebSocket::reconnect);
        let is_new = |(ws, attempts): (&WebSocket, &u64)| ws.stats().attempts > *attempts && is_empty(ws);
        self.until("new connections", || self.clients.iter().zip(&attempts).all(is_new)).await;
        self.check();
        self.shared.books.iter().for_each(Books::settle_flushes);
        self.check();
        // Tasks: a client and its sender. Files: the sockets of client and server, and two of the link.
        let tasks = before.tasks + 2 * self.clients.len();
        let files = before.files.map(|files| files + 4 * self.clients.len());
        let is_at_rest = |usage: Usage| usage.tasks == tasks && usage.files == files;
        self.until(&format!("{tasks} tasks and {files:?} files"), || is_at_rest(Usage::now())).await;
        // Buffers shrink after a second.
        let mut least = Usage::now();
        for _ in 0..15 {
            sleep(Duration::from_millis(100)).await;
            let now = Usage::now();
            least = if now.memory < least.memory { now } else { least };
        }
        least
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s15_every_message_is_accounted_for() {
    let (seconds, seed) = (number("HOMING_SOAK_SECONDS", SECONDS), number("HOMING_SOAK_SEED", SEED));
    let books = (0..CLIENTS).map(Books::new).collect();
    let shared = Arc::new(Shared { contents: Contents::new(seed), books });
    let (phase, phases) = watch::channel(Phase::Storm);
    let server = server::Server::start(shared.clone(), phases.clone()).await;
    let shape = |client| {
        let mut random = Random::new(seed, client, u64::MAX / 2);
        let rate = [None, Some(1_000_000 + random.below(2_000_000))][random.below(2) as usize];
        Shape { rate, delay: Duration::from_millis(random.below(40)), faults: Some(random.below(u64::MAX)) }
    };
    let links: Vec<_> = (0..CLIENTS).map(|client| Link::start(server.addr, shape(client)).unwrap()).collect();
    let before = Usage::now();
    let clients = (0..).zip(&links).map(|(client, link)| client::connect(&shared, client, link.url("/"))).collect();
    let replay =
        format!("replay: HOMING_SOAK_SEED={seed} HOMING_SOAK_SECONDS={seconds} cargo test -p homing-tests --test soak");
    let mut run = Run { shared: shared.clone(), phase, links, clients, replay, began: Instant::now() };
    let senders = (0..)
        .zip(&run.clients)
        .map(|(client, ws)| tokio::spawn(client::send(shared.clone(), client, ws.clone(), phases.clone())));
    let senders: Vec<_> = senders.collect();

    let duration = Duration::from_secs(seconds);
    run.storm(duration / 4).await;
    let early = run.rest(before).await;
    run.print("early");
    run.storm(duration * 5 / 8).await;
    let late = run.rest(before).await;
    run.print("late");
    println!("at rest: {early:?}, {late:?}, before: {before:?}");
    assert!(late.memory < early.memory + GROWTH, "memory grows: {early:?} {late:?}\n{}", run.replay);
    run.storm(duration / 8).await;

    // The clients end in different ways while connections break.
    run.phase.send_replace(Phase::End);
    let mut accepted = Vec::new();
    for sender in senders {
        accepted.push(sender.await.unwrap());
    }
    for (number, ws) in std::mem::take(&mut run.clients).into_iter().enumerate() {
        match number % 3 {
            0 => ws.close(1000, "").unwrap(),
            1 => ws.abort(),
            // The last handle is dropped.
            _ => {}
        }
    }
    run.until("all clients have ended", || shared.books.iter().all(Books::has_ended)).await;
    run.until("the server is done", || shared.books.iter().all(Books::is_settled)).await;
    for (books, accepted) in shared.books.iter().zip(accepted) {
        books.settle_flushes();
        books.settle_all(accepted);
    }
    run.print("end");
    run.check();
    // Half-open connections end as well.
    run.links.iter().for_each(|link| link.calm(true));
    let is_as_before = |usage: Usage| {
        usage.tasks == before.tasks && usage.files == before.files && usage.memory < before.memory + GROWTH
    };
    run.until("as before", || is_as_before(Usage::now())).await;
}
