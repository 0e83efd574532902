//! Links as far and slow as they come: two network namespaces, between which packets are delayed, queued and lost, so
//! that the TCP of the kernel is what copes with it. Both sides send at once; a long run has the default heartbeat.
//!
//! ```text
//! HOMING_FAR_BYTES=5000000 HOMING_FAR_RATE=50000 HOMING_FAR_DELAY_MS=300 cargo test --test far -- --nocapture
//! ```
//!
//! Needs to be root on Linux, but neither tools nor modules of the kernel (as `tc netem` does).
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod exchange;
#[cfg(target_os = "linux")]
mod wire;

use std::time::Duration;

use exchange::Load;
use homing_test_server::{Link, Shape};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}: {text}")))
}

/// What the environment asks for, or less, with a heartbeat that suits it.
fn load(clients: u64, bytes: u64, rate: u64) -> Load {
    let is_long = std::env::var_os("HOMING_FAR_BYTES").is_some();
    let beat = (!is_long).then(|| [1, 3].map(Duration::from_secs));
    let (bytes, rate) = (number("HOMING_FAR_BYTES", bytes), number("HOMING_FAR_RATE", rate));
    Load { clients, bytes, rate, beat }
}

/// In each direction.
fn delay(millis: u64) -> Duration {
    Duration::from_millis(number("HOMING_FAR_DELAY_MS", millis))
}

/// Through namespaces, or not at all.
#[cfg(target_os = "linux")]
fn far(load: Load, delay: Duration) {
    use wire::{CLIENT, SERVER, Wire, Wired};

    let wire = Wire::start(Wired { rate: load.rate, delay, loss_percent: 1.0 });
    let (told, addr) = std::sync::mpsc::channel();
    let server = wire.end(SERVER, CLIENT, move || load.serve(SERVER, &told));
    let client = wire.end(CLIENT, SERVER, move || load.run(addr.recv().expect("the server listens")));
    match server.and_then(|server| Ok((server, client?))) {
        Ok((server, client)) => {
            let outcomes = [client.join(), server.join()];
            outcomes.into_iter().for_each(|outcome| outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            println!("{:?}", wire.counts);
        }
        Err(why) => println!("SKIPPED: no network namespaces: {why}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn far(_: Load, _: Duration) {
    println!("SKIPPED: network namespaces are Linux's");
}

#[test]
fn s17_a_far_and_lossy_link_is_no_dead_peer() {
    far(load(1, 400_000, 50_000), delay(100));
}

#[test]
fn s17_clients_that_share_a_far_and_lossy_link_are_patient() {
    far(load(16, 40_000, 200_000), delay(50));
}

/// The same without namespaces: nothing is lost on the way, but all is far and slow.
#[test]
fn s17_a_far_link_is_no_dead_peer() {
    let load = load(1, 400_000, 50_000);
    let (told, addr) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || load.serve([127, 0, 0, 1], &told));
    let link =
        Link::start(addr.recv().unwrap(), Shape { rate: Some(load.rate), delay: delay(300), faults: None }).unwrap();
    load.run(link.addr());
    server.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}
