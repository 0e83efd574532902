//! The npm package: building it, its tests in Node and in browsers, its size, and what a user would get.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Stop};
use crate::{nodes, setup};

/// Bytes of each entry after `gzip -9`, the machine included.
const BUDGETS: [(&str, u64); 2] = [("index.js", 18_000), ("wasm.js", 16_000)];

/// What the package is made of.
const SOURCES: [&str; 11] = [
    "www/src",
    "www/core",
    "www/build.js",
    "www/codes.js",
    "www/declarations.js",
    "www/entries.js",
    "www/machine.js",
    "src/machine",
    "src/close.rs",
    "src/stats.rs",
    "package.json",
];

/// Suites of `tests/js`, without their endings.
pub(crate) const OWN: [&str; 10] = [
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
const STANDARD: [&str; 5] =
    ["standard/constructor", "standard/close", "standard/send", "standard/events", "standard/interface"];
const PAGE: [&str; 1] = ["own/page"];
/// These drive the browser rather than run in it.
const DRIVEN: [&str; 4] = ["driven/history", "driven/network", "driven/policy", "driven/zones"];

/// The same class over the machine as JavaScript, and as WebAssembly.
pub(crate) const ENTRIES: [&str; 2] = ["index", "wasm"];

/// The entries of the package, each of which is several files.
const BUILT: [&str; 6] = ["index", "plain", "react", "store", "testing", "wasm"];

/// What the package has to contain besides its entries.
const CONTENTS: [&str; 15] = [
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/events.d.cts",
    "dist/index.native.cjs",
    "dist/plain.native.cjs",
    "dist/queue.d.cts",
    "dist/react.native.cjs",
    "dist/socket.d.cts",
    "dist/testing-connection.d.cts",
    "dist/testing-server.d.cts",
    "dist/testing-socket.d.cts",
    "dist/testing-types.d.cts",
    "dist/types.d.cts",
];

pub(crate) fn build(job: &mut Job<'_>) -> Result<Counts, Stop> {
    install(job)?;
    job.run(&cmd("npm run build -- --check"))?;
    job.run(&cmd("npm run types"))?;
    Ok(Counts::one_passed())
}

/// The versions that `package.json` names, unless they are there.
fn install(job: &mut Job<'_>) -> Result<(), Stop> {
    setup::needs("node")?;
    setup::needs("npm")?;
    if job.ask(cmd("npm ls --depth=0")).is_none() {
        job.retry(|job| job.run(&cmd("npm install --no-package-lock --no-audit --no-fund")))?;
    }
    Ok(())
}

/// Builds the package unless that was done since something changed.
pub(crate) fn ensure(job: &mut Job<'_>) -> Result<(), Stop> {
    install(job)?;
    let root = job.place.root.clone();
    let built = newest(&root.join("dist/index.d.ts"));
    if built.is_none() || SOURCES.iter().any(|source| newest(&root.join(source)) > built) {
        job.run(&cmd("npm run build"))?;
    }
    Ok(())
}

/// When a file, or the newest in a directory, was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().filter_map(|entry| newest(&entry.path())).max(),
        Err(_) => fs::metadata(path).and_then(|metadata| metadata.modified()).ok(),
    }
}

pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let mut counts = run(job, "node", "node", &[&OWN])?;
    counts.add(&on_own_class(job, "node".as_ref())?);
    let (others, missing) = nodes::others(job);
    counts.add(&missing);
    for program in others {
        let said = program.display().to_string();
        let mut more = run(job, &program, "node", &[&OWN])?;
        more.add(&on_own_class(job, program.as_os_str())?);
        counts.add(&more);
        if more.failed > 0 {
            counts.notes.push(format!("{} failed by {said}", more.failed));
        }
    }
    Ok(counts)
}

/// The same on Node's own class, which version 20 has by a flag.
fn on_own_class(job: &mut Job<'_>, node: &OsStr) -> Result<Counts, Stop> {
    let runner = Cmd::program(node).args(&["--experimental-websocket", "tests/js/run.js", "node", "--class=own"]);
    run_entry(job, runner, "index", &[&OWN])
}

pub(crate) fn chromium(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("chromedriver")?;
    run(job, "node", "chromium", &[&OWN, &PAGE, &STANDARD, &DRIVEN])
}

pub(crate) fn firefox(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("firefox-esr")?;
    setup::needs("geckodriver")?;
    run(job, "node", "firefox", &[&OWN, &PAGE, &STANDARD, &DRIVEN])
}

pub(crate) fn webkit(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("WebKitWebDriver")?;
    setup::needs("xvfb-run")?;
    run(job, "node", "webkit", &[&OWN, &PAGE, &STANDARD, &DRIVEN])
}

/// The machine as WebAssembly beside the machine as JavaScript.
pub(crate) fn twins(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let forms = job.place.target.join("npm");
    job.tests(&cmd("node --test tests/js/core/twins.test.js").env("HOMING_MACHINE", forms))
}

/// `homing/testing` in virtual time.
pub(crate) fn testing(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let (mut nodes, mut counts) = nodes::others(job);
    nodes.insert(0, "node".into());
    for node in nodes {
        counts.add(&job.tests(&Cmd::program(node).args(&["--test", "tests/js/testing/node.test.js"]))?);
    }
    Ok(counts)
}

/// The class of `homing/testing` beside the browser's own.
pub(crate) fn testing_in(job: &mut Job<'_>, browser: &str, driver: &str) -> Result<Counts, Stop> {
    setup::needs(driver)?;
    let runner = cmd("node tests/js/run.js").arg(browser);
    run_entry(job, runner, "index", &[&["testing/standard"]])
}

/// Runs suites by a Node, in a place that is Node or a browser, over each entry of the package.
fn run(job: &mut Job<'_>, node: impl Into<OsString>, place: &str, suites: &[&[&str]]) -> Result<Counts, Stop> {
    let node = node.into();
    let mut counts = Counts::default();
    for entry in ENTRIES {
        let runner = Cmd::program(&node).args(&["tests/js/run.js", place]);
        counts.add(&run_entry(job, runner, entry, suites)?);
    }
    Ok(counts)
}

/// Runs suites over one entry. `runner` is a runtime with the arguments of `tests/js/run.js`.
pub(crate) fn run_entry(job: &mut Job<'_>, runner: Cmd, entry: &str, suites: &[&[&str]]) -> Result<Counts, Stop> {
    ensure(job)?;
    let runner = with_server(job, runner)?.arg(format!("--entry={entry}"));
    job.tests(&suites.iter().fold(runner, |runner, suites| runner.args(suites)))
}

/// A command that starts the test server itself.
pub(crate) fn with_server(job: &mut Job<'_>, command: Cmd) -> Result<Cmd, Stop> {
    job.run(&cargo("build -p homing-test-server"))?;
    Ok(command.env("HOMING_TEST_SERVER", job.place.target.join("debug/homing-test-server")))
}

pub(crate) fn size(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let mut figures = Vec::new();
    let mut is_within = true;
    for (name, budget) in BUDGETS {
        let bytes = compressed(job, name)?;
        is_within &= bytes <= budget;
        figures.push(format!("{name}: {bytes} bytes of {budget}"));
    }
    let figures = figures.join(", ");
    job.note(&figures);
    if is_within { Ok(Counts { passed: BUDGETS.len(), ..Counts::default() }) } else { Err(Stop::Failed(figures)) }
}

fn compressed(job: &mut Job<'_>, name: &str) -> Result<u64, Stop> {
    let to = job.place.own("npm");
    fs::create_dir_all(&to)?;
    let copy = to.join(name);
    fs::copy(job.place.root.join("dist").join(name), &copy)?;
    job.run(&cmd("gzip -9 --no-name --force").arg(&copy))?;
    let mut name = copy.into_os_string();
    name.push(".gz");
    Ok(fs::metadata(PathBuf::from(name))?.len())
}

/// A round of each case in one browser: every message arrives. How fast decides nothing.
pub(crate) fn bench(job: &mut Job<'_>) -> Result<Counts, Stop> {
    for program in ["chromium", "firefox-esr", "geckodriver"] {
        setup::needs(program)?;
    }
    ensure(job)?;
    let runner = with_server(
        job,
        cmd("npm run bench -- chromium receive send round").env("ROUNDS", "1").env("GENERATIONS", "1"),
    )?;
    let table = job.run(&runner)?;
    // A row for each case.
    let passed = table.lines().filter(|line| line.contains(" homing ")).count();
    if passed == 0 { Err(Stop::Failed("no case ran".into())) } else { Ok(Counts { passed, ..Counts::default() }) }
}

/// What a user gets, and what two linters of packages say to it.
pub(crate) fn package(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let listing = job.run(&cmd("npm pack --dry-run --json --loglevel=error"))?;
    let mut contents: Vec<_> = listing.lines().filter_map(packed).collect();
    contents.retain(|path| *path != "package.json");
    contents.sort_unstable();
    let built =
        BUILT.iter().flat_map(|name| ["cjs", "d.cts", "d.ts", "js", "mjs"].map(|end| format!("dist/{name}.{end}")));
    let mut expected: Vec<_> = CONTENTS.into_iter().map(String::from).chain(built).collect();
    expected.sort_unstable();
    if contents != expected {
        return Err(Stop::Failed(format!("it would contain {}", contents.join(", "))));
    }
    job.run(&cmd("node_modules/.bin/publint --strict"))?;
    let attw = "node_modules/.bin/attw --pack . --profile strict --no-color";
    job.run(&cmd(attw))?;
    Ok(Counts { passed: 3, ..Counts::default() })
}

/// `"path": "dist/index.js",`
fn packed(line: &str) -> Option<&str> {
    line.trim().strip_prefix("\"path\": \"")?.strip_suffix("\",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_npm_lists_is_found() {
        assert_eq!(packed("        \"path\": \"dist/index.js\","), Some("dist/index.js"));
        assert_eq!(packed("        \"name\": \"homing\","), None);
    }
}
