//! Pages of our own, each with a module of wasm: the benchmark beside bare closures, a tab that is hidden, and the example.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Place, Stop};
use crate::{npm, setup};

struct Page {
    dir: &'static str,
    module: &'static str,
}

const BENCH: Page = Page { dir: "benches/web", module: "homing_bench_web" };
const HIDDEN: Page = Page { dir: "tests/hidden", module: "homing_hidden" };
const EXAMPLE: Page = Page { dir: "examples/web", module: "homing_example_web" };

/// `cargo xtask bench-web` with what comes after it.
pub(crate) fn bench(args: impl Iterator<Item = String>) -> ExitCode {
    let (small, words): (Vec<_>, Vec<_>) = args.partition(|word| word == "--small");
    let run = || {
        let place = Place::find()?;
        let mut job = Job::start(&place, "bench-web", Duration::from_secs(3600))?;
        let module = module(&mut job, &BENCH, if small.is_empty() { "release" } else { "small" })?;
        job.run(&cargo("build --release -p homing-test-server"))?;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        job.show(&runner(&job, &BENCH, &module, "release").args(&words))
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
pub(crate) fn bench_runs(job: &mut Job<'_>) -> Result<Counts, Stop> {
    for program in ["chromium", "firefox-esr", "geckodriver"] {
        setup::needs(program)?;
    }
    let module = module(job, &BENCH, "release")?;
    job.run(&cargo("build -p homing-test-server"))?;
    let table = job.run(&runner(job, &BENCH, &module, "debug").args(&["--rounds", "1"]))?;
    // A row for each case.
    let passed = table.lines().filter(|line| line.ends_with(" met") || line.ends_with(" missed")).count();
    if passed == 0 { Err(Stop::Failed("no case ran".into())) } else { Ok(Counts { passed, ..Counts::default() }) }
}

/// Clients in a tab whose timers Chromium throttles.
pub(crate) fn hidden(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("chromium")?;
    let module = module(job, &HIDDEN, "release")?;
    job.run(&cargo("build -p homing-test-server"))?;
    job.tests(&runner(job, &HIDDEN, &module, "debug").seconds(300))
}

/// The example's page, served over https and with a content security policy as well, in each browser.
pub(crate) fn served(job: &mut Job<'_>) -> Result<Counts, Stop> {
    for program in ["chromedriver", "firefox-esr", "geckodriver", "WebKitWebDriver", "xvfb-run"] {
        setup::needs(program)?;
    }
    let module = module(job, &EXAMPLE, "release")?;
    let mut counts = Counts::default();
    for browser in ["chromium", "firefox", "webkit"] {
        let runner = npm::with_server(job, cmd("node tests/js/run.js").args(&[browser, "rust/pages"]))?;
        let more = job.tests(&runner.env("HOMING_WEB_EXAMPLE", &module))?;
        counts.add(&more);
    }
    Ok(counts)
}

/// What drives the browser: it is given the module and the test server.
fn runner(job: &Job<'_>, page: &Page, module: &Path, profile: &str) -> Cmd {
    let server = job.place.target.join(profile).join("homing-test-server");
    cmd("node").arg(job.place.root.join(page.dir).join("run.mjs")).arg(module).arg(server)
}

/// Builds a page's module. Returns the directory to serve.
fn module(job: &mut Job<'_>, page: &Page, profile: &str) -> Result<PathBuf, Stop> {
    setup::needs("node")?;
    setup::needs("wasm-bindgen")?;
    let source = job.place.root.join(page.dir);
    // The versions are those of the workspace, as wasm-bindgen and its tool have to be of the same.
    fs::copy(job.place.root.join("Cargo.lock"), source.join("Cargo.lock"))?;
    // One directory for all of them, as most of what they depend on is the same.
    let dir = job.place.target.join("pages");
    let build = cargo("build --target wasm32-unknown-unknown --profile").arg(profile).arg("--manifest-path");
    job.run(&build.arg(source.join("Cargo.toml")).arg("--target-dir").arg(&dir))?;
    let built = dir.join("wasm32-unknown-unknown").join(profile).join(format!("{}.wasm", page.module));
    let module = dir.join(profile).join(page.module);
    job.run(&cmd("wasm-bindgen --target web --no-typescript --out-dir").arg(&module).arg(built))?;
    Ok(module)
}
