//! Slow links with a high latency: two network namespaces, between which packets are delayed, queued and lost, under the
//! TCP of the kernel. Both sides send at the same time. A long run uses the default heartbeat.
//!
//! ```text
//! HOMING_FAR_BYTES=5000000 HOMING_FAR_RATE=50000 HOMING_FAR_DELAY_MS=300 cargo test -p homing-tests --test far -- --nocapture
//! ```
//!
//! Needs root on Linux, but no tools or kernel modules, which `tc netem` would need.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

#[cfg(target_os = "linux")]
mod dead_peer;
mod exchange;
#[cfg(target_os = "linux")]
mod wire;

use std::panic::resume_unwind;
use std::sync::mpsc::channel;
use std::time::Duration;

use exchange::Load;
use homing_test_server::{Link, Shape};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable}: {text}")))
}

/// Returns the load that the environment variables set, or a small one with a short heartbeat.
fn load(clients: u64, bytes: u64, rate: u64) -> Load {
    let is_long = std::env::var_os("HOMING_FAR_BYTES").is_some();
    let beat = (!is_long).then(|| [1, 3].map(Duration::from_secs));
    let (bytes, rate) = (number("HOMING_FAR_BYTES", bytes), number("HOMING_FAR_RATE", rate));
    Load { clients, bytes, rate, beat }
}

/// Returns the delay in each direction.
fn delay(millis: u64) -> Duration {
    Duration::from_millis(number("HOMING_FAR_DELAY_MS", millis))
}

#[cfg(target_os = "linux")]
fn far(load: Load, delay: Duration) {
    let wired = wire::Wired { rate: load.rate, delay, loss_percent: 1.0 };
    wire::apart(wired, move |listening| load.serve(wire::SERVER, listening), move |server, _| load.run(server));
}

#[cfg(not(target_os = "linux"))]
fn far(_: Load, _: Duration) {
    println!("SKIPPED: network namespaces exist on Linux only");
}

#[test]
fn s17_a_slow_and_lossy_link_is_not_a_dead_peer() {
    far(load(1, 350_000, 50_000), delay(100));
}

#[test]
fn s17_clients_on_a_shared_slow_and_lossy_link_stay_connected() {
    far(load(16, 40_000, 200_000), delay(50));
}

/// The round trip is longer than the timeout, which cannot be known before the first byte arrives.
#[test]
fn s17_a_timeout_shorter_than_the_round_trip_is_extended() {
    let load = Load { beat: Some([Duration::from_secs(1); 2]), ..load(1, 20_000, 200_000) };
    far(load, Duration::from_millis(700));
}

/// The same without namespaces: nothing is lost, but the link is slow and its latency high.
#[test]
fn s17_a_slow_link_is_not_a_dead_peer() {
    let load = load(1, 400_000, 50_000);
    let (listening, addr) = channel();
    let server = std::thread::spawn(move || load.serve([127, 0, 0, 1], &listening));
    let link =
        Link::start(addr.recv().unwrap(), Shape { rate: Some(load.rate), delay: delay(300), faults: None }).unwrap();
    load.run(link.addr());
    server.join().unwrap_or_else(|panic| resume_unwind(panic));
}
