//! What `cargo xtask test` does, in order.

use std::time::Duration;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo};
use crate::job::{Job, Stop};
use crate::{apps, autobahn, demo, layers, links, npm, package, page, rules, runtimes, setup, size, web};

type Action = fn(&mut Job<'_>) -> Result<Counts, Stop>;

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    /// After this long whatever runs is taken to hang.
    pub(crate) limit: Duration,
}

const fn step(name: &'static str, action: Action) -> Step {
    Step { name, action, limit: Duration::from_secs(15 * 60) }
}

impl Step {
    const fn minutes(mut self, minutes: u64) -> Self {
        self.limit = Duration::from_secs(minutes * 60);
        self
    }
}

// Every entry stands alone, so that any of them can be run by its name. `--show-output` makes the reasons visible that
// passed tests give for having been skipped.
#[rustfmt::skip]
pub(crate) fn all() -> Vec<Step> {
    vec![
        step("setup rust", setup::rust),
        step("setup apt", setup::apt),
        step("setup python", setup::python),
        step("setup node", setup::node),
        step("setup bindgen", web::bindgen).minutes(20),
        step("setup wasm-pack", web::wasm_pack).minutes(20),
        step("setup browsers", web::browsers).minutes(20),

        step("fmt", |job| check(job, cargo("fmt --all --check"))),
        step("layers", layers::check),
        step("rules", rules::check),
        step("links", links::check),
        step("clippy native", |job| check(job,
            cargo("clippy --workspace --all-targets --all-features -- -D warnings"))),
        step("docs native", |job| check(job,
            cargo("doc --no-deps -p homing --all-features").env("RUSTDOCFLAGS", "-Dwarnings"))),
        // Not --all-targets, which would run the benchmarks as tests.
        step("tests native", |job| job.tests(
            &cargo("test --workspace --features homing/deflate --lib --bins --tests --examples --no-fail-fast \
                -- --show-output"))),
        // The TLS of each feature by itself: with several at once, rustls is what a client uses.
        step("tests no tls", |job| job.tests(
            &cargo("test -p homing --no-default-features --test native --no-fail-fast -- --show-output"))),
        step("tests native-tls", |job| job.tests(
            &cargo("test -p homing --no-default-features --features native-tls --test native tls -- --show-output"))),
        step("tests features", |job| job.tests(
            &cargo("test -p homing --features cookies,tracing --lib --test native --no-fail-fast -- cookies tracing --show-output"))),
        step("doctests", |job| job.tests(
            &cargo("test -p homing --doc --all-features --no-fail-fast -- --show-output"))),
        step("autobahn", autobahn::short),
        step("demo", |job| {
            job.run(&cargo("build --example demo"))?;
            check(job, cargo("run --quiet --example demo").seconds(60))
        }),
        step("clippy web", |job| check(job,
            cargo("clippy -p homing --target wasm32-unknown-unknown --lib --test conformance --test web_smoke \
                --test web_leaks --test web_timers --test web_workers -- -D warnings"))),
        step("clippy web tracing", |job| check(job,
            cargo("clippy -p homing --target wasm32-unknown-unknown --features tracing --lib -- -D warnings"))),
        step("docs web", |job| check(job,
            cargo("doc --no-deps -p homing --target wasm32-unknown-unknown --features tracing")
                .env("RUSTDOCFLAGS", "-Dwarnings"))),
        step("web chromium", web::chromium),
        step("web firefox", web::firefox),
        step("web webkit", web::webkit),
        step("web worker", web::worker),
        step("web shared worker", web::shared_worker),
        step("web service worker", web::service_worker),
        step("web node", web::node),
        step("web threads", web::threads).minutes(30),
        step("web hidden", page::hidden),
        step("web pages", page::served),
        step("web as typed", web::as_typed),
        step("size web", size::check),
        step("bench web", page::bench_runs),
        step("npm build", npm::build),
        step("npm node", npm::node),
        step("npm bun", runtimes::bun),
        step("npm deno", runtimes::deno),
        step("npm workerd", runtimes::workerd),
        step("npm hermes", runtimes::hermes),
        step("npm vitest", runtimes::vitest),
        step("npm jest", runtimes::jest),
        step("npm chromium", npm::chromium),
        step("npm firefox", npm::firefox),
        step("npm webkit", npm::webkit),
        step("npm twins", npm::twins),
        step("npm testing", npm::testing),
        step("npm testing chromium", |job| npm::testing_in(job, "chromium", "chromedriver")),
        step("npm testing firefox", |job| npm::testing_in(job, "firefox", "geckodriver")),
        step("npm testing webkit", |job| npm::testing_in(job, "webkit", "WebKitWebDriver")),
        step("npm autobahn chromium", autobahn::short_chromium),
        step("npm autobahn node", autobahn::short_node),
        step("npm size", npm::size),
        step("npm bench", npm::bench),
        step("npm package", npm::package),
        step("npm core", |job| check(job, cargo(
            "clippy --release --target wasm32-unknown-unknown --manifest-path www/core/Cargo.toml \
                --target-dir target/npm-core -- -D warnings"))),
        step("page", demo::check),
        step("npm bundlers", apps::bundlers),
        step("npm next", apps::next),
        step("npm react", apps::react),
        step("npm store", apps::store),
        step("npm libraries", apps::libraries),
        step("npm guides", apps::guides),
        step("machine wasm", |job| check(job,
            cargo("clippy -p homing-machine-tests --target wasm32-unknown-unknown -- -D warnings"))),
        // Without --no-dev-deps, which rewrites the manifest while others may be reading it. Features of development
        // dependencies do not leak into this: resolver 3 leaves them out unless a test is built.
        step("features", |job| {
            setup::cargo_tool(job, "cargo-hack", setup::CARGO_HACK)?;
            check(job, cargo("hack check -p homing --feature-powerset --depth 2"))
        }).minutes(30),
        step("msrv", |job| {
            let target = job.place.target.join("msrv");
            let check_msrv = cargo(&format!("+{} check -p homing --lib --all-features", setup::MSRV));
            setup::needs("rustup")?;
            check(job, check_msrv.arg("--target-dir").arg(target))
        }),
        step("deny", |job| {
            setup::cargo_tool(job, "cargo-deny", setup::CARGO_DENY)?;
            check(job, cargo("deny --all-features check bans licenses sources"))
        }).minutes(40),
        step("package", package::check),
    ]
}

/// One command, which counts as one.
fn check(job: &mut Job<'_>, cmd: Cmd) -> Result<Counts, Stop> {
    job.run(&cmd)?;
    Ok(Counts::one_passed())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_step_has_a_log_of_its_own() {
        let steps = all();
        let names: HashSet<_> = steps.iter().map(|s| s.name.replace(' ', "-")).collect();
        assert_eq!(names.len(), steps.len());
    }
}
