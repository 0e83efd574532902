//! A program's job, as the first argument names it: `receive/binary/16/1000`, with `+tls` and `+deflate` after it.

use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::connect::Target;
use crate::messages::{Kind, Messages};
use crate::meter::{Arrivals, Meter};
use crate::peer::{Next, Peer, Sent, stop, wrong};
use crate::system;

/// Time for memory of the handshakes to be released.
const SETTLE: Duration = Duration::from_millis(1000);
/// Two heartbeats and more.
const WATCHED: Duration = Duration::from_secs(60);
/// What the server answers to messages that were sent, if they were right.
const ACKNOWLEDGED: &[u8] = b"+";
/// One message in so many is compared as a whole.
const COMPARED: usize = 64;
const PROGRAM_IS_UNABLE: &str = "unable";

/// Runs the job that the arguments name, and prints its figures; or `unable` if the client lacks what it needs.
pub fn main<P: Peer>() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [job, port] = &arguments[..] else { panic!("usage: JOB PORT") };
    let (path, options) = job.split_once('+').unwrap_or((job, ""));
    let target = Target {
        port: port.parse().expect("a port"),
        path: format!("/{job}"),
        tls: options.contains("tls"),
        deflate: options.contains("deflate"),
    };
    let words: Vec<&str> = path.split('/').collect();
    let number = |at: usize| words[at].parse::<usize>().expect("a number");
    let is_unable = target.tls && !P::TLS || target.deflate && !P::DEFLATE || words[0] == "feed" && !P::FEEDS;
    if is_unable {
        return println!("{PROGRAM_IS_UNABLE}");
    }
    system::pin(system::CLIENT_CORE);
    system::allow_many_files();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let messages = || Arc::new(Messages::new(Kind::parse(words[1]), number(2)));
    let figures = runtime.block_on(async {
        match words[0] {
            "receive" => receive::<P>(&target, messages(), number(3)).await,
            "send" => send::<P>(&target, messages(), number(3), Sent::OneByOne).await,
            "feed" => send::<P>(&target, messages(), number(3), Sent::Fed).await,
            "echo" => echo::<P>(&target, messages(), number(3)).await,
            "cycle" => cycle::<P>(&target, number(1)).await,
            "scale" => scale::<P>(&target, number(1)).await,
            "hold" => hold::<P>(&target, number(1)).await,
            "many" => many::<P>(&target, messages(), number(3), number(4)).await,
            other => panic!("no such job: {other}"),
        }
    });
    println!("{}", figures.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    // Some clients have threads that go on.
    std::process::exit(0);
}

async fn receive<P: Peer>(target: &Target, messages: Arc<Messages>, count: usize) -> Vec<f64> {
    let (done, figures) = oneshot::channel();
    let (mut done, mut arrivals) = (Some(done), Arrivals::all(count));
    let each = move |text: bool, payload: &[u8]| {
        if !messages.is_nth(arrivals.arrived(), text, black_box(payload), arrivals.arrived() % COMPARED == 0) {
            wrong(&format!("message {} is wrong", arrivals.arrived()));
        }
        match arrivals.count() {
            None => Next::More,
            Some(figures) => {
                let _ = done.take().map(|done| done.send(figures));
                Next::Done
            }
        }
    };
    let _client = P::open(target, None, each).await.unwrap_or_else(|error| stop(error));
    figures.await.unwrap_or_else(|_| stop("the client is gone")).into()
}

async fn send<P: Peer>(target: &Target, messages: Arc<Messages>, count: usize, how: Sent) -> Vec<f64> {
    let meter = Mutex::new(Meter::start());
    let restart = || *meter.lock().expect("no other holder panics") = Meter::start();
    let payloads = (0..count).map(|number| messages.nth(number).clone());
    let answer = P::send(target, payloads, how, restart).await.unwrap_or_else(|error| stop(error));
    if answer != ACKNOWLEDGED {
        wrong(&String::from_utf8_lossy(&answer));
    }
    meter.lock().expect("no other holder panics").each(count).into()
}

/// The CPU time of each round trip and the median of their times, in nanoseconds.
async fn echo<P: Peer>(target: &Target, messages: Arc<Messages>, count: usize) -> Vec<f64> {
    let (done, figures) = oneshot::channel();
    let (mut done, mut arrivals) = (Some(done), Arrivals::later(count));
    let (first, mut sent, mut times) = (messages.nth(0).clone(), Instant::now(), Vec::with_capacity(count));
    let each = move |text: bool, payload: &[u8]| {
        times.push(sent.elapsed().as_nanos() as u64);
        if !messages.is_nth(arrivals.arrived(), text, payload, true) {
            wrong(&format!("echo {} is wrong", arrivals.arrived()));
        }
        match arrivals.count() {
            None => {
                let next = messages.nth(arrivals.arrived()).clone();
                sent = Instant::now();
                Next::Send(next)
            }
            Some([cpu, _]) => {
                times.sort_unstable();
                let _ = done.take().map(|done| done.send([cpu, times[count / 2] as f64]));
                Next::Done
            }
        }
    };
    let _client = P::open(target, Some(first), each).await.unwrap_or_else(|error| stop(error));
    figures.await.unwrap_or_else(|_| stop("the client is gone")).into()
}

async fn cycle<P: Peer>(target: &Target, count: usize) -> Vec<f64> {
    let mut arrivals = Arrivals::later(count);
    loop {
        P::cycle(target).await.unwrap_or_else(|error| stop(error));
        if let Some(figures) = arrivals.count() {
            return figures.into();
        }
    }
}

/// Resident KiB of each connection, and the time until all are open for each, in nanoseconds.
async fn hold<P: Peer>(target: &Target, count: usize) -> Vec<f64> {
    let open = async |count| {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            let each = |_: bool, _: &[u8]| Next::More;
            clients.push(P::open(target, None, each).await.unwrap_or_else(|error| stop(error)));
        }
        clients
    };
    // The first connections allocate what all share.
    let first = open(10).await;
    tokio::time::sleep(SETTLE).await;
    let (before, meter) = (system::resident(), Meter::start());
    let clients = open(count).await;
    let [_, time] = meter.each(count);
    tokio::time::sleep(SETTLE).await;
    let grown = system::resident().saturating_sub(before);
    drop((first, clients));
    vec![grown as f64 / 1024.0 / count as f64, time]
}

/// For each connection: the time and the CPU time to open it in microseconds, resident KiB, and for each hour in which it
/// is idle CPU time in milliseconds and wake-ups.
async fn scale<P: Peer>(target: &Target, count: usize) -> Vec<f64> {
    let (before, meter) = (system::resident(), Meter::start());
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let each = |_: bool, _: &[u8]| Next::More;
        clients.push(P::open(target, None, each).await.unwrap_or_else(|error| stop(error)));
    }
    let [cpu, time] = meter.each(count);
    tokio::time::sleep(SETTLE).await;
    let grown = system::resident().saturating_sub(before);
    let (switches, meter) = (system::wake_ups(), Meter::start());
    tokio::time::sleep(WATCHED).await;
    let hours = WATCHED.as_secs_f64() / 3600.0 * count as f64;
    let [idle, _] = meter.each(1);
    let woken = (system::wake_ups() - switches) as f64;
    drop(clients);
    vec![time / 1e3, cpu / 1e3, grown as f64 / 1024.0 / count as f64, idle / 1e6 / hours, woken / hours]
}

/// Messages to many connections, one to each in turn.
async fn many<P: Peer>(target: &Target, messages: Arc<Messages>, connections: usize, each: usize) -> Vec<f64> {
    let (done, figures) = oneshot::channel();
    let shared = Arc::new(Mutex::new((Some(done), Arrivals::later(connections * each))));
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (messages, shared, mut arrived) = (messages.clone(), shared.clone(), 0);
        let each = move |text: bool, payload: &[u8]| {
            if !messages.is_nth(arrived, text, payload, arrived == 0) {
                wrong(&format!("message {arrived} is wrong"));
            }
            arrived += 1;
            let (done, arrivals) = &mut *shared.lock().expect("no other holder panics");
            if let Some(figures) = arrivals.count() {
                let _ = done.take().map(|done| done.send(figures));
            }
            Next::More
        };
        clients.push(P::open(target, None, each).await.unwrap_or_else(|error| stop(error)));
    }
    figures.await.unwrap_or_else(|_| stop("the client is gone")).into()
}
