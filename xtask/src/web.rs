//! The tests that run on wasm: in browsers, in workers and in Node.

use std::path::Path;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Service, Stop};
use crate::missing::needs;

/// Where the tests look for the test server and for its remote control.
const PORTS: [u16; 2] = [7410, 7411];
/// Arguments of the linker without which threads cannot share the module's memory.
const SHARED_MEMORY: [&str; 7] = [
    "shared-memory",
    "max-memory=1073741824",
    "import-memory",
    "export=__wasm_init_tls",
    "export=__tls_size",
    "export=__tls_align",
    "export=__tls_base",
];

/// Which test binaries run where.
pub(crate) struct Suite {
    pub(crate) target: &'static str,
    pub(crate) tests: &'static [&'static str],
}

const PAGE: &[&str] = &["conformance", "web_smoke", "web_timers", "web_workers", "web_leaks"];
const ON_PAGE: &str = "WASM_BINDGEN_USE_BROWSER";

const CHROMIUM: Suite = Suite { target: "Chromium", tests: PAGE };
const FIREFOX: Suite = Suite { target: "Firefox", tests: PAGE };
const WEBKIT: Suite = Suite { target: "WebKit", tests: &["conformance", "web_smoke", "web_timers", "web_workers"] };
const WORKER: Suite = Suite { target: "worker", tests: &["conformance", "web_timers", "web_workers"] };
const NODE: Suite = Suite { target: "Node", tests: &["conformance", "web_timers"] };

/// The columns of the table of rules.
pub(crate) const SUITES: [Suite; 5] = [CHROMIUM, FIREFOX, WEBKIT, WORKER, NODE];

/// The tests of [`CHROMIUM`] in two steps, of which the first one is the more important.
pub(crate) fn chromium_conformance(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, ON_PAGE, &CHROMIUM.tests[..1])
}

pub(crate) fn chromium_others(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, ON_PAGE, &CHROMIUM.tests[1..])
}

pub(crate) fn worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_DEDICATED_WORKER", WORKER.tests)
}

pub(crate) fn shared_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_SHARED_WORKER", &["conformance"])
}

pub(crate) fn service_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_SERVICE_WORKER", &["conformance"])
}

fn in_chromium(job: &mut Job<'_>, place: &str, tests: &[&str]) -> Result<Counts, Stop> {
    let driver = driver("chromedriver")?;
    run(job, build(tests).env(place, "1").env("CHROMEDRIVER", driver), "")
}

pub(crate) fn firefox(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = driver("geckodriver")?;
    let capabilities = job.place.root.join("tests/browsers/firefox.json");
    let tests = build(FIREFOX.tests).env(ON_PAGE, "1").env("GECKODRIVER", driver);
    run(job, tests.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities), "")
}

pub(crate) fn webkit(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = driver("WebKitWebDriver")?;
    let capabilities = job.place.root.join("tests/browsers/webkit.json");
    let tests = build(WEBKIT.tests).env(ON_PAGE, "1").env("SAFARIDRIVER", driver);
    // WebKit's sandbox does not start for root, nor in most containers.
    let tests = tests.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
    run(job, tests.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities), "xvfb-run -a ")
}

pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let tests = build(NODE.tests).env("WASM_BINDGEN_USE_NODE_EXPERIMENTAL", "1");
    run(job, tests.env("NODE_ARGS", "--experimental-websocket"), "")
}

/// Tests of memory that threads share. The standard library has to be built with other flags for them.
pub(crate) fn threads(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let driver = driver("chromedriver")?;
    if job.ask("cargo +nightly --version").is_none() {
        let reason = "no nightly toolchain for -Zbuild-std (get it: rustup toolchain install nightly)";
        return Err(Stop::Skipped(reason.into()));
    }
    let components = job.ask("rustup component list --installed --toolchain nightly").unwrap_or_default();
    if !components.contains("rust-src") {
        job.download("rustup component add rust-src --toolchain nightly")?;
    }
    let flags: String = SHARED_MEMORY.iter().map(|word| format!(" -C link-arg=--{word}")).collect();
    let build = cmd("cargo +nightly test --no-fail-fast -p homing -Zbuild-std=std,panic_abort,test --test web_smoke --test web_threads")
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(job.place.target.join("threads"))
        .env("RUSTFLAGS", format!("-C target-feature=+atomics,+bulk-memory{flags}"))
        // Debug information would be large, and is not used.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0");
    run(job, build.env(ON_PAGE, "1").env("CHROMEDRIVER", driver).quiet_minutes(20), "")
}

fn build(tests: &[&str]) -> Cmd {
    let tests = tests.iter().flat_map(|test| ["--test", test]);
    cmd("cargo test --no-fail-fast -p homing --target wasm32-unknown-unknown").args(tests)
}

fn driver(program: &str) -> Result<std::path::PathBuf, Stop> {
    needs(&[program, "wasm-bindgen-test-runner"])?;
    crate::missing::find(program).ok_or_else(|| Stop::Failed(program.into()))
}

/// Runs the tests beside a test server. `under` is a program that starts the runner.
fn run(job: &mut Job<'_>, tests: Cmd, under: &str) -> Result<Counts, Stop> {
    needs(&["wasm-bindgen-test-runner"])?;
    let _server = serve(job)?;
    let runner = format!("{under}wasm-bindgen-test-runner");
    // The time is for all tests of a binary together, in seconds.
    let tests = tests.env("WASM_BINDGEN_TEST_TIMEOUT", "400");
    job.tests(tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner))
}

/// The command of the README, for one test only: the others ran before.
pub(crate) fn wasm_pack(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let _server = serve(job)?;
    job.tests("wasm-pack test --headless --chrome --firefox --test web_smoke")
}

/// Starts the test server at the ports that the tests expect.
fn serve(job: &mut Job<'_>) -> Result<Service, Stop> {
    let server = build_server(job, "debug")?;
    let mut server = job.serve(Cmd::program(server).args(PORTS.map(|port| port.to_string())))?;
    server.wait_for_port(PORTS[1])?;
    Ok(server)
}

/// Builds the test server. Returns its path.
pub(crate) fn build_server(job: &mut Job<'_>, profile: &str) -> Result<std::path::PathBuf, Stop> {
    let release = if profile == "release" { "--release" } else { "" };
    job.run(cmd(&format!("cargo build -p homing-test-server {release}")))?;
    Ok(job.place.target.join(profile).join(Path::new("homing-test-server")))
}
