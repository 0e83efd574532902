//! The tests that run natively.

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing;

/// Cargo's arguments that choose the features of all packages, and with which most native steps share what they build.
pub(crate) const WORKSPACE: &str = "--workspace --features homing-tests/deflate";

pub(crate) fn all(job: &mut Job<'_>) -> Result<Counts, Stop> {
    // The test that runs the examples would otherwise wait for the builds of other steps.
    job.run(&*format!("cargo build {WORKSPACE} --examples"))?;
    let examples = job.place.target.join("debug/examples");
    // Not --all-targets, which would run the benchmarks as tests.
    let args = format!("{WORKSPACE} --lib --bins --tests --examples");
    job.run_rust_tests(&args, "", |tests| tests.env("HOMING_TEST_EXAMPLES", &examples))
}

impl Job<'_> {
    /// Runs Rust tests: those that `cargo test` would run with these arguments and filters.
    pub(crate) fn rust_tests(&mut self, args: &str, filters: &str) -> Result<Counts, Stop> {
        self.run_rust_tests(args, filters, |tests| tests)
    }

    fn run_rust_tests(&mut self, args: &str, filters: &str, set: impl Fn(Cmd) -> Cmd) -> Result<Counts, Stop> {
        if missing::find("cargo-nextest").is_some() {
            self.run(&*format!("cargo nextest run --no-run {args}"))?;
            return self.tests(set(cmd(&format!("cargo nextest run --profile xtask {args} -- {filters}"))));
        }
        self.run(&*format!("cargo test --no-run {args}"))?;
        let tests = cmd(&format!("cargo test --no-fail-fast {args} -- --show-output {filters}"));
        let mut counts = self.tests(set(tests))?;
        counts.notes.push("by `cargo test`, which is slower: cargo-nextest is not installed".into());
        Ok(counts)
    }
}
