//! The npm package in other runtimes than browsers and Node: their programs come inside npm packages.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::{npm, setup};

/// The versions of all of them.
const MANIFEST: &str = "tests/js/runtimes/package.json";
/// Without scripts: those only copy or download what is in the packages named here.
const INSTALL: &str = "npm install --no-package-lock --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix";

pub(crate) fn bun(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = match (OS, ARCH) {
        ("linux", "x86_64") => "bun-linux-x64",
        ("linux", "aarch64") => "bun-linux-aarch64",
        ("macos", "aarch64") => "bun-darwin-aarch64",
        _ => return Err(Stop::Skipped(format!("no Bun for {OS} {ARCH}"))),
    };
    let program = install(job)?.join("@oven").join(package).join("bin/bun");
    suites(job, || Cmd::program(&program))
}

pub(crate) fn deno(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = match (OS, ARCH) {
        ("linux", "x86_64") => "linux-x64-glibc",
        ("linux", "aarch64") => "linux-arm64-glibc",
        ("macos", "aarch64") => "darwin-arm64",
        _ => return Err(Stop::Skipped(format!("no Deno for {OS} {ARCH}"))),
    };
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

/// Installs all of them once, for as long as the versions stay the same. Returns where the packages are.
fn install(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    setup::needs("node")?;
    setup::needs("npm")?;
    let manifest = fs::read_to_string(job.place.root.join(MANIFEST))?;
    let works =
        |_: &mut Job<'_>, dir: &Path| fs::read_to_string(dir.join("package.json")).is_ok_and(|it| it == manifest);
    setup::install_aside(job, "npm-runtimes", works, |job, dir| {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("package.json"), &manifest)?;
        job.run(&cmd(INSTALL).arg(dir))
    })?;
    Ok(job.place.own("npm-runtimes").join("node_modules"))
}
