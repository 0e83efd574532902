//! Links as far and slow as they come: two network namespaces, between which packets are delayed, queued and lost, so
//! that the TCP of the kernel is what copes with it. Both sides send at once; a long run has the default heartbeat.
//!
//! ```text
//! HOMING_FAR_BYTES=5000000 HOMING_FAR_RATE=50000 HOMING_FAR_DELAY_MS=300 cargo test -p homing-tests --test far -- --nocapture
//! ```
//!
//! Needs to be root on Linux, but neither tools nor modules of the kernel (as `tc netem` does).
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod exchange;
#[cfg(target_os = "linux")]
mod wire;

use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, channel};
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

/// Runs a server and a client, each in a namespace of its own, if there can be any.
#[cfg(target_os = "linux")]
fn apart(
    wired: wire::Wired,
    server: impl FnOnce(&Sender<SocketAddr>) + Send + 'static,
    client: impl FnOnce(SocketAddr, &AtomicBool) + Send + 'static,
) {
    use wire::{CLIENT, SERVER, Wire};

    let wire = Wire::start(wired);
    let (told, addr) = channel();
    let is_cut = wire.is_cut.clone();
    let server = wire.end(SERVER, CLIENT, move || server(&told));
    let client = wire.end(CLIENT, SERVER, move || client(addr.recv().expect("the server listens"), &is_cut));
    match server.and_then(|server| Ok((server, client?))) {
        Ok((server, client)) => {
            let outcomes = [client.join(), server.join()];
            outcomes.into_iter().for_each(|outcome| outcome.unwrap_or_else(|panic| resume_unwind(panic)));
            println!("{:?}", wire.counts);
        }
        Err(why) => println!("SKIPPED: no network namespaces: {why}"),
    }
}

#[cfg(target_os = "linux")]
fn far(load: Load, delay: Duration) {
    let wired = wire::Wired { rate: load.rate, delay, loss_percent: 1.0 };
    apart(wired, move |told| load.serve(wire::SERVER, told), move |server, _| load.run(server));
}

#[cfg(not(target_os = "linux"))]
fn far(_: Load, _: Duration) {
    println!("SKIPPED: network namespaces are Linux's");
}

#[test]
fn s17_a_far_and_lossy_link_is_no_dead_peer() {
    far(load(1, 350_000, 50_000), delay(100));
}

#[test]
fn s17_clients_that_share_a_far_and_lossy_link_are_patient() {
    far(load(16, 40_000, 200_000), delay(50));
}

/// No answer can come within the timeout, as the link is. Nothing of it can be known before the first byte has come.
#[test]
fn s17_a_timeout_is_not_over_before_an_answer_can_come() {
    let load = Load { beat: Some([Duration::from_secs(1); 2]), ..load(1, 20_000, 200_000) };
    far(load, Duration::from_millis(700));
}

/// But a peer that is gone is noticed a few round trips later.
#[cfg(target_os = "linux")]
#[test]
fn s17_a_dead_peer_behind_a_far_link_is_noticed() {
    let wired = wire::Wired { rate: 200_000, delay: Duration::from_millis(500), loss_percent: 0.0 };
    let load = Load { clients: 1, bytes: 0, rate: 1, beat: Some([Duration::from_secs(1); 2]) };
    apart(wired, move |told| load.accept(wire::SERVER, told), move |server, is_cut| load.notice(server, is_cut));
}

/// The same without namespaces: nothing is lost on the way, but all is far and slow.
#[test]
fn s17_a_far_link_is_no_dead_peer() {
    let load = load(1, 400_000, 50_000);
    let (told, addr) = channel();
    let server = std::thread::spawn(move || load.serve([127, 0, 0, 1], &told));
    let link =
        Link::start(addr.recv().unwrap(), Shape { rate: Some(load.rate), delay: delay(300), faults: None }).unwrap();
    load.run(link.addr());
    server.join().unwrap_or_else(|panic| resume_unwind(panic));
}
