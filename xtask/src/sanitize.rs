//! `cargo xtask sanitize`: Miri, the sanitizers of LLVM, and shuttle.

use std::fs;

use crate::command::cmd;
use crate::job::{Job, Stop};
use crate::setup;

/// The unit tests without sockets, which Miri does not have.
const MIRI: &str = "message:: stream::tests client:: session:: driver::tests:: text_is_checked_while";
/// What takes minutes there: thousands of futures or messages, and every character.
const SLOW_IN_MIRI: [&str; 7] = [
    "native::dial",
    "come_and_go",
    "cost_nothing",
    "dropped_leave_nothing",
    "s14_a_sender",
    "s30_dropped_pings",
    "s22a_unread",
];
/// Tokio passes what it knows of a socket to the kernel and back, which the thread sanitizer does not follow.
const NO_RACES: &str = "race:dispatch_event\n";
/// Large requests and messages take longer there than the client's timeouts.
const SLOW_WITH_THREAD: [&str; 2] =
    ["s01_a_large_request_is_sent_completely", "s21_the_close_frame_does_not_interrupt_a_frame"];
const TARGET: &str = "x86_64-unknown-linux-gnu";

pub(crate) fn command(job: &mut Job<'_>, args: &[String]) -> Result<(), Stop> {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["miri"] => miri(job),
        ["address"] => sanitizer(job, "address", "", &[]),
        // The standard library as well, as its own synchronization would not be seen otherwise.
        ["thread"] => sanitizer(job, "thread", "-Zbuild-std", &SLOW_WITH_THREAD),
        ["shuttle"] => shuttle(job),
        _ => Err(Stop::Failed("one of miri, address, thread and shuttle is needed".into())),
    }
}

fn miri(job: &mut Job<'_>) -> Result<(), Stop> {
    setup::nightly(job, &["miri", "rust-src"])?;
    let test = "cargo +nightly miri test --no-default-features --features deflate -p homing --lib --target-dir";
    let test = cmd(test).arg(job.place.target.join("miri")).arg("--").quiet_minutes(60);
    let words = MIRI.split_whitespace().chain(SLOW_IN_MIRI.iter().flat_map(|name| ["--skip", name]));
    job.run(test.clone().args(words).env("MIRIFLAGS", "-Zmiri-disable-isolation"))?;
    // Other orders of the threads, and other values that atomics may read.
    job.run(test.arg("threads_share").env("MIRIFLAGS", "-Zmiri-disable-isolation -Zmiri-many-seeds=0..8"))?;
    Ok(())
}

/// Runs the native tests with a sanitizer. Without doc tests, examples and the soak test.
fn sanitizer(job: &mut Job<'_>, name: &str, std: &str, slow: &[&str]) -> Result<(), Stop> {
    setup::nightly(job, if std.is_empty() { &[] } else { &["rust-src"] })?;
    let target_dir = job.place.target.join("sanitize").join(name);
    fs::create_dir_all(&target_dir)?;
    let known = target_dir.join("suppressions");
    fs::write(&known, NO_RACES)?;
    for tests in [
        "-p homing --lib --features deflate,cookies",
        "-p homing --test conformance",
        "-p homing-tests --test native --test simulation --test memory --features deflate,cookies",
    ] {
        let test = cmd(&format!("cargo +nightly test {std} --target {TARGET} {tests} --target-dir")).arg(&target_dir);
        let test = test.env("RUSTFLAGS", format!("-Zsanitizer={name}"));
        let test = test.env("TSAN_OPTIONS", format!("suppressions={}", known.display())).quiet_minutes(60);
        job.run(test.arg("--").args(slow.iter().flat_map(|name| ["--skip", name])))?;
    }
    Ok(())
}

/// `HOMING_ORDERS` sets how many orders of each test are tried.
fn shuttle(job: &mut Job<'_>) -> Result<(), Stop> {
    let test = cmd("cargo test --manifest-path threads/Cargo.toml --target-dir").arg(job.place.target.join("shuttle"));
    job.run(test.quiet_minutes(60))?;
    Ok(())
}
