//! Pages with a module of wasm: the benchmark beside bare closures, a hidden tab, clients under pressure, and the example.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::needs;
use crate::{npm, web};

/// The directory of the clients that tests control from outside, and their module.
const PAGES: (&str, &str) = ("tests/web/pages", "homing_pages");

/// `cargo xtask bench-web` with the words after it.
pub(crate) fn bench(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (small, words): (Vec<_>, Vec<_>) = words.iter().partition(|word| *word == "--small");
    let profile = if small.is_empty() { "release" } else { "small" };
    let bench = runner(job, "benches/web", "benches/web", "homing_bench_web", profile, "release")?;
    job.attend(bench.args(words))
}

/// Each benchmark once: every message arrives. The speed is not checked.
pub(crate) fn bench_runs(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let bench = runner(job, "benches/web", "benches/web", "homing_bench_web", "release", "debug")?;
    npm::rows(&job.run(bench.args(["--rounds", "1"]))?, |line| line.ends_with(" met") || line.ends_with(" missed"))
}

/// Clients in a tab whose timers Chromium throttles.
pub(crate) fn hidden(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let tests = runner(job, "tests/web/hidden", PAGES.0, PAGES.1, "release", "debug")?;
    job.tests(tests)
}

/// Many clients in a page, and pages that are blocked, frozen or cached, in every browser: the short forms.
pub(crate) fn pressure(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let tests = pressed(job)?;
    job.tests(tests)
}

/// `cargo xtask pressure` with the words after it: the long forms.
pub(crate) fn long_pressure(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let tests = pressed(job)?.arg("--clients=rust,index,wasm").args(words);
    job.attend(tests.env("HOMING_PRESSURE", "1"))
}

/// Builds the clients that tests control from outside. Returns the directory to serve.
pub(crate) fn clients(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    bind(job, PAGES.0, PAGES.1, "release", "pages")
}

fn pressed(job: &mut Job<'_>) -> Result<Cmd, Stop> {
    npm::ensure(job)?;
    let module = clients(job)?;
    Ok(npm::with_server(job, cmd("node tests/js/pressure/run.js"))?.env("HOMING_PAGES", module))
}

/// The example's page, over https and with a content security policy as well, in each browser.
pub(crate) fn served(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let module = bind(job, "examples/web", "homing_example_web", "release", "pages")?;
    let mut counts = Counts::default();
    for browser in ["chromium", "firefox", "webkit"] {
        let runner = npm::with_server(job, cmd("node tests/js/run.js").args([browser, "rust/pages"]))?;
        counts.add(job.tests(runner.env("HOMING_WEB_EXAMPLE", &module))?);
    }
    Ok(counts)
}

/// Returns the program in `dir` that controls the browser, and uses the module that `source` contains.
fn runner(job: &mut Job<'_>, dir: &str, source: &str, module: &str, profile: &str, server: &str) -> Result<Cmd, Stop> {
    let module = bind(job, source, module, profile, "pages")?;
    let server = web::build_server(job, server)?;
    Ok(cmd("node").arg(job.place.root.join(dir).join("run.mjs")).arg(module).arg(server))
}

/// Builds the module of a page in the directory `target` of Cargo's. Returns the directory to serve.
pub(crate) fn bind(job: &mut Job<'_>, dir: &str, module: &str, profile: &str, target: &str) -> Result<PathBuf, Stop> {
    bind_with(job, dir, module, profile, target, "")
}

/// The same with features, which are separated by commas.
pub(crate) fn bind_with(
    job: &mut Job<'_>,
    dir: &str,
    module: &str,
    profile: &str,
    target: &str,
    features: &str,
) -> Result<PathBuf, Stop> {
    needs(&["node", "wasm-bindgen"])?;
    let source = job.place.root.join(dir);
    // With the versions of the workspace, as wasm-bindgen's library and tool have to be of the same.
    fs::copy(job.place.root.join("Cargo.lock"), source.join("Cargo.lock"))?;
    let target = job.place.target.join(target);
    let build = cmd("cargo build --target wasm32-unknown-unknown --profile").arg(profile).arg("--manifest-path");
    job.run(build.arg(source.join("Cargo.toml")).arg("--target-dir").arg(&target).args(["--features", features]))?;
    let built = target.join("wasm32-unknown-unknown").join(profile).join(format!("{module}.wasm"));
    let to = target.join(profile).join(module);
    glue(job, &built, &to)?;
    Ok(to)
}

/// Writes a built module and its JavaScript to the directory `to`.
pub(crate) fn glue(job: &mut Job<'_>, built: &Path, to: &Path) -> Result<(), Stop> {
    let options =
        ["--target", "web", "--no-typescript", "--remove-name-section", "--remove-producers-section", "--out-dir"];
    job.run(cmd("wasm-bindgen").args(options).arg(to).arg(built)).map(drop)
}
