//! `benches/web`: homing beside bare closures in one page, as a benchmark for people and, in short, as a test that it runs.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Place, Stop};
use crate::setup;

/// With what comes after `cargo xtask bench-web`.
pub(crate) fn run(args: impl Iterator<Item = String>) -> ExitCode {
    let (small, words): (Vec<_>, Vec<_>) = args.partition(|word| word == "--small");
    let run = || {
        let place = Place::find()?;
        let mut job = Job::start(&place, "bench-web", Duration::from_secs(3600))?;
        let module = module(&mut job, if small.is_empty() { "release" } else { "small" })?;
        job.run(&cargo("build --release -p homing-test-server"))?;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        job.show(&runner(&job, module, "release").args(&words))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(problem) | Stop::Skipped(problem)) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// One round of each case: every message arrives. How fast decides nothing.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    for program in ["chromium", "firefox-esr", "geckodriver"] {
        setup::needs(program)?;
    }
    let module = module(job, "release")?;
    job.run(&cargo("build -p homing-test-server"))?;
    let table = job.run(&runner(job, module, "debug").args(&["--rounds", "1"]))?;
    // A row for each case.
    let passed = table.lines().filter(|line| line.ends_with(" met") || line.ends_with(" missed")).count();
    if passed == 0 { Err(Stop::Failed("no case ran".into())) } else { Ok(Counts { passed, ..Counts::default() }) }
}

fn runner(job: &Job<'_>, module: PathBuf, profile: &str) -> Cmd {
    let script = job.place.root.join("benches/web/run.mjs");
    cmd("node").arg(script).arg(module).arg(job.place.target.join(profile).join("homing-test-server"))
}

/// Builds the module with both sides in it. Returns the directory for the page.
fn module(job: &mut Job<'_>, profile: &str) -> Result<PathBuf, Stop> {
    setup::needs("node")?;
    setup::needs("wasm-bindgen")?;
    // Shared with `size`: both are outside the workspace, and need the same.
    let dir = job.place.target.join("size");
    let crate_dir = job.place.root.join("benches/web");
    fs::copy(job.place.root.join("Cargo.lock"), crate_dir.join("Cargo.lock"))?;
    let build = cargo("build --target wasm32-unknown-unknown --profile").arg(profile);
    let manifest: OsString = crate_dir.join("Cargo.toml").into();
    job.run(&build.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&dir))?;
    let built = dir.join("wasm32-unknown-unknown").join(profile).join("homing_bench_web.wasm");
    let module = dir.join("bench").join(profile);
    job.run(&cmd("wasm-bindgen --target web --no-typescript --out-dir").arg(&module).arg(built))?;
    Ok(module)
}
