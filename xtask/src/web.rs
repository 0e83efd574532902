//! The tests that run on wasm: in browsers, in a worker, and in Node.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Service, Stop};
use crate::setup;

const WASM: &str = "wasm32-unknown-unknown";
/// Where the tests look for the test server, and for its remote control.
const PORTS: [u16; 2] = [7410, 7411];
const PACKAGES: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("xvfb-run", "xvfb"),
    // Which it needs, and only recommends.
    ("xauth", "xauth"),
];
const GECKODRIVER: &str = "0.37.1";
/// What the linker is told, without which threads cannot share the module's memory.
const SHARED_MEMORY: [&str; 7] = [
    "shared-memory",
    "max-memory=1073741824",
    "import-memory",
    "export=__wasm_init_tls",
    "export=__tls_size",
    "export=__tls_align",
    "export=__tls_base",
];
const WASM_PACK: &str = "0.15.1";

/// Which of the test binaries run where.
pub(crate) struct Suite {
    pub(crate) target: &'static str,
    pub(crate) tests: &'static [&'static str],
}

const PAGE: &[&str] = &["conformance", "web_smoke", "web_timers", "web_workers", "web_leaks"];

const CHROMIUM: Suite = Suite { target: "Chromium", tests: PAGE };
const FIREFOX: Suite = Suite { target: "Firefox", tests: PAGE };
const WEBKIT: Suite = Suite { target: "WebKit", tests: &["conformance", "web_smoke", "web_timers", "web_workers"] };
const WORKER: Suite = Suite { target: "worker", tests: &["conformance", "web_timers", "web_workers"] };
/// What a page's windows share, and what outlives it: the same rules, though the table has no column for them.
const SHARED_WORKER: Suite = Suite { target: "shared worker", tests: &["conformance"] };
const SERVICE_WORKER: Suite = Suite { target: "service worker", tests: &["conformance"] };
const NODE: Suite = Suite { target: "Node", tests: &["conformance", "web_timers"] };

pub(crate) const SUITES: [Suite; 5] = [CHROMIUM, FIREFOX, WEBKIT, WORKER, NODE];

pub(crate) fn browsers(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let missing: Vec<_> = PACKAGES.iter().filter(|(program, _)| setup::find(program).is_none()).collect();
    let names: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    setup::apt_packages(job, &names)?;
    if job.ask(cmd("geckodriver --version")).is_none() {
        let install = cargo(&format!("install geckodriver --version {GECKODRIVER}"));
        job.retry(|job| job.run(&install))?;
    }
    Ok(Counts::one_passed())
}

/// The tool has to be of the very version of the library.
pub(crate) fn bindgen(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let lock = std::fs::read_to_string(job.place.root.join("Cargo.lock"))?;
    let version = locked(&lock, "wasm-bindgen").ok_or(Stop::Failed("wasm-bindgen is not in Cargo.lock".into()))?;
    let there = job.ask(cmd("wasm-bindgen --version")).unwrap_or_default();
    if there.split_whitespace().nth(1) != Some(version) {
        let install = cargo(&format!("install wasm-bindgen-cli --force --version {version}"));
        job.retry(|job| job.run(&install))?;
    }
    Ok(Counts::one_passed())
}

pub(crate) fn wasm_pack(job: &mut Job<'_>) -> Result<Counts, Stop> {
    if job.ask(cmd("wasm-pack --version")).is_none() {
        let install = cargo(&format!("install wasm-pack --version {WASM_PACK}"));
        job.retry(|job| job.run(&install))?;
    }
    Ok(Counts::one_passed())
}

/// As a person types it, but for one test only: all of them have run by then.
pub(crate) fn as_typed(job: &mut Job<'_>) -> Result<Counts, Stop> {
    for program in ["wasm-pack", "wasm-bindgen-test-runner", "chromedriver", "firefox-esr", "geckodriver"] {
        setup::needs(program)?;
    }
    let _server = serve(job)?;
    job.tests(&cmd("wasm-pack test --headless --chrome --firefox --test web_smoke"))
}

fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    entry.split('"').next()
}

pub(crate) fn chromium(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = setup::needs("chromedriver")?;
    run(job, &CHROMIUM, |runner| runner.env("WASM_BINDGEN_USE_BROWSER", "1").env("CHROMEDRIVER", driver.clone()))
}

pub(crate) fn worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_worker(job, &WORKER, "WASM_BINDGEN_USE_DEDICATED_WORKER")
}

pub(crate) fn shared_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_worker(job, &SHARED_WORKER, "WASM_BINDGEN_USE_SHARED_WORKER")
}

pub(crate) fn service_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_worker(job, &SERVICE_WORKER, "WASM_BINDGEN_USE_SERVICE_WORKER")
}

fn in_worker(job: &mut Job<'_>, suite: &Suite, kind: &str) -> Result<Counts, Stop> {
    let driver = setup::needs("chromedriver")?;
    run(job, suite, |runner| runner.env(kind, "1").env("CHROMEDRIVER", driver.clone()))
}

pub(crate) fn firefox(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("firefox-esr")?;
    let driver = setup::needs("geckodriver")?;
    let capabilities = job.place.root.join("tests/browsers/firefox.json");
    run(job, &FIREFOX, |runner| {
        runner
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("GECKODRIVER", driver.clone())
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities.clone())
    })
}

pub(crate) fn webkit(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = setup::needs("WebKitWebDriver")?;
    setup::needs("xvfb-run")?;
    let capabilities = job.place.root.join("tests/browsers/webkit.json");
    run(job, &WEBKIT, |runner| {
        runner
            .under("xvfb-run", &["-a"])
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("SAFARIDRIVER", driver.clone())
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities.clone())
            // Its sandbox does not start for root, nor inside most containers.
            .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
    })
}

pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("node")?;
    run(job, &NODE, |runner| {
        runner.env("WASM_BINDGEN_USE_NODE_EXPERIMENTAL", "1").env("NODE_ARGS", "--experimental-websocket")
    })
}

/// Runs the tests of a suite, each by the runner as `how` sets it up, beside a test server.
fn run(job: &mut Job<'_>, suite: &Suite, how: impl Fn(Cmd) -> Cmd) -> Result<Counts, Stop> {
    let mut build = cargo("test --no-run -p homing --target").arg(WASM);
    for test in suite.tests {
        build = build.args(&["--test", test]);
    }
    run_built(job, &build, suite.tests.len(), how)
}

/// The smoke test in memory that threads share, and threads that do, for which the standard library has to be built anew.
pub(crate) fn threads(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = setup::needs("chromedriver")?;
    setup::needs("rustup")?;
    if job.ask(cargo("+nightly --version")).is_none() {
        let reason = "please install a nightly toolchain (rustup toolchain install nightly), for -Zbuild-std";
        return Err(Stop::Skipped(reason.into()));
    }
    let components = job.ask(cmd("rustup component list --installed --toolchain nightly")).unwrap_or_default();
    if !components.contains("rust-src") {
        job.retry(|job| job.run(&cmd("rustup component add rust-src --toolchain nightly")))?;
    }
    let mut flags = String::from("-C target-feature=+atomics,+bulk-memory");
    for word in SHARED_MEMORY {
        flags.push_str(&format!(" -C link-arg=--{word}"));
    }
    let build = cargo(
        "+nightly test --no-run -p homing -Zbuild-std=std,panic_abort,test --test web_smoke --test web_threads --target",
    );
    let build = build.arg(WASM).arg("--target-dir").arg(job.place.target.join("threads")).env("RUSTFLAGS", flags);
    // Nobody debugs it, and there is much of it.
    let build = build.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    run_built(job, &build, 2, |runner| runner.env("WASM_BINDGEN_USE_BROWSER", "1").env("CHROMEDRIVER", driver.clone()))
}

/// Runs what a command of cargo builds.
fn run_built(job: &mut Job<'_>, build: &Cmd, tests: usize, how: impl Fn(Cmd) -> Cmd) -> Result<Counts, Stop> {
    setup::needs("wasm-bindgen-test-runner")?;
    let built = job.run(build)?;
    let binaries: Vec<_> = built.lines().filter_map(executable).collect();
    if binaries.len() != tests {
        return Err(Stop::Failed(format!("{} of {tests} tests were built", binaries.len())));
    }
    let _server = serve(job)?;
    let mut counts = Counts::default();
    for binary in binaries {
        let runner = Cmd::program("wasm-bindgen-test-runner").arg(job.place.root.join(binary));
        // For all tests of a binary together.
        let runner = how(runner).env("WASM_BINDGEN_TEST_TIMEOUT", "400").seconds(450);
        let more = job.tests(&runner)?;
        counts.add(&more);
    }
    Ok(counts)
}

/// Starts the test server where the tests look for it.
fn serve(job: &mut Job<'_>) -> Result<Service, Stop> {
    job.run(&cargo("build -p homing-test-server"))?;
    let server = job.place.target.join("debug/homing-test-server");
    let server = job.serve(&Cmd::program(server).arg(PORTS[0].to_string()).arg(PORTS[1].to_string()))?;
    wait_for(PORTS[1])?;
    Ok(server)
}

/// `  Executable tests/name.rs (path)`.
fn executable(line: &str) -> Option<PathBuf> {
    let (_, path) = line.trim().strip_prefix("Executable")?.split_once('(')?;
    Some(path.strip_suffix(')')?.into())
}

fn wait_for(port: u16) -> io::Result<()> {
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > give_up => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_prints_is_found() {
        let line = "  Executable tests/conformance/main.rs (target/wasm32-unknown-unknown/debug/deps/c-1.wasm)";
        assert_eq!(executable(line), Some("target/wasm32-unknown-unknown/debug/deps/c-1.wasm".into()));
        assert_eq!(executable("   Compiling homing (somewhere)"), None);
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "js-sys"), None);
    }
}
