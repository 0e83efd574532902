//! The npm package in other runtimes than browsers and Node: their programs come inside npm packages.

use std::path::PathBuf;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::{nodes, npm, setup};

/// The versions of all of them.
const MANIFEST: &str = "tests/js/runtimes/package.json";

pub(crate) fn bun(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = nodes::on_this_machine("Bun", ["bun-linux-x64", "bun-linux-aarch64", "bun-darwin-aarch64"])?;
    let program = install(job)?.join("@oven").join(package).join("bin/bun");
    suites(job, || Cmd::program(&program))
}

pub(crate) fn deno(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = nodes::on_this_machine("Deno", ["linux-x64-glibc", "linux-arm64-glibc", "darwin-arm64"])?;
    let program = install(job)?.join("@deno").join(package).join("deno");
    suites(job, || Cmd::program(&program).args(&["run", "--allow-all"]))
}

/// The suites that run in Node, on the runtime's own class and on that of `ws`, over each entry of the package.
fn suites(job: &mut Job<'_>, runtime: impl Fn() -> Cmd) -> Result<Counts, Stop> {
    let mut counts = Counts::default();
    for class in ["own", "ws"] {
        for entry in npm::ENTRIES {
            let runner = runtime().args(&["tests/js/run.js", "node"]).arg(format!("--class={class}"));
            counts.add(&npm::run_entry(job, runner, entry, &[&npm::OWN])?);
        }
    }
    Ok(counts)
}

pub(crate) fn workerd(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, "workerd")
}

pub(crate) fn hermes(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, "hermes")
}

pub(crate) fn vitest(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, "vitest")
}

pub(crate) fn jest(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, "jest")
}

/// Tests in Node which start the runtime.
fn run(job: &mut Job<'_>, name: &str) -> Result<Counts, Stop> {
    let tools = install(job)?;
    npm::ensure(job)?;
    let tests = cmd("node --test").arg(format!("tests/js/runtimes/{name}.test.js"));
    let tests = npm::with_server(job, tests)?;
    job.tests(&tests.env("HOMING_JS_TOOLS", tools.parent().unwrap_or(&tools)))
}

/// Returns where the packages are.
fn install(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    Ok(setup::npm_manifest(job, "npm-runtimes", MANIFEST)?.join("node_modules"))
}
