//! The tests that run on wasm: in browsers, in workers and in Node.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::{find, needs};
use crate::native::WORKSPACE;
use crate::service::Service;
use crate::setup;

/// Where the tests look for the test server and for its remote control.
const PORTS: [u16; 2] = [7410, 7411];
/// Arguments of the linker without which threads cannot share the module's memory.
const SHARED_MEMORY: &str = "shared-memory max-memory=1073741824 import-memory export=__wasm_init_tls \
    export=__tls_size export=__tls_align export=__tls_base";

/// Which test binaries run where.
pub(crate) struct Suite {
    pub(crate) target: &'static str,
    pub(crate) tests: &'static [&'static str],
}

const PAGE: &[&str] = &["conformance", "web_smoke", "web_timers", "web_workers", "web_leaks"];
const ON_PAGE: &str = "WASM_BINDGEN_USE_BROWSER=1";

const CHROMIUM: Suite = Suite { target: "Chromium", tests: PAGE };
const FIREFOX: Suite = Suite { target: "Firefox", tests: PAGE };
const WEBKIT: Suite = Suite { target: "WebKit", tests: &["conformance", "web_smoke", "web_timers", "web_workers"] };
const WORKER: Suite = Suite { target: "worker", tests: &["conformance", "web_timers", "web_workers"] };
const NODE: Suite = Suite { target: "Node", tests: &["conformance", "web_timers"] };

/// The columns of the table of rules.
pub(crate) const SUITES: [Suite; 5] = [CHROMIUM, FIREFOX, WEBKIT, WORKER, NODE];

/// Builds what [`chromium_conformance`] runs.
pub(crate) fn build_conformance(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::wasm_target(job)?;
    job.check(build(&CHROMIUM.tests[..1]).arg("--no-run"))
}

/// The tests of [`CHROMIUM`] in two steps, of which the first one is the more important.
pub(crate) fn chromium_conformance(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, ON_PAGE, &CHROMIUM.tests[..1])
}

pub(crate) fn chromium_others(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, ON_PAGE, &CHROMIUM.tests[1..])
}

pub(crate) fn worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_DEDICATED_WORKER=1", WORKER.tests)
}

pub(crate) fn shared_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_SHARED_WORKER=1", &["conformance"])
}

pub(crate) fn service_worker(job: &mut Job<'_>) -> Result<Counts, Stop> {
    in_chromium(job, "WASM_BINDGEN_USE_SERVICE_WORKER=1", &["conformance"])
}

fn in_chromium(job: &mut Job<'_>, place: &str, tests: &[&str]) -> Result<Counts, Stop> {
    run(job, build(tests), &format!("{place} {}", driver("CHROMEDRIVER", "chromedriver")))
}

pub(crate) fn firefox(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let capabilities = "WASM_BINDGEN_TEST_WEBDRIVER_JSON=tests/browsers/firefox.json";
    let driver = driver("GECKODRIVER", "geckodriver");
    run(job, build(FIREFOX.tests), &format!("{ON_PAGE} {driver} {capabilities}"))
}

pub(crate) fn webkit(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let capabilities = "WASM_BINDGEN_TEST_WEBDRIVER_JSON=tests/browsers/webkit.json";
    let driver = driver("SAFARIDRIVER", "WebKitWebDriver");
    // WebKit's sandbox does not start for root, nor in most containers.
    let no_sandbox = "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1";
    run(job, build(WEBKIT.tests), &format!("{ON_PAGE} {driver} {capabilities} {no_sandbox} xvfb-run -a"))
}

pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, build(NODE.tests), "WASM_BINDGEN_USE_NODE_EXPERIMENTAL=1 NODE_ARGS=--experimental-websocket")
}

/// Tests of memory that threads share. The standard library has to be built with other flags for them.
pub(crate) fn threads(job: &mut Job<'_>) -> Result<Counts, Stop> {
    // For -Zbuild-std.
    setup::nightly(job, &["rust-src"])?;
    let flags: String = SHARED_MEMORY.split_whitespace().map(|word| format!(" -C link-arg=--{word}")).collect();
    let build = cmd("cargo +nightly test --no-fail-fast -p homing -Zbuild-std=std,panic_abort,test --test web_smoke --test web_threads")
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(job.place.target.join("threads"))
        .env("RUSTFLAGS", format!("-C target-feature=+atomics,+bulk-memory{flags}"))
        // Debug information would be large, and is not used.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0");
    let driver = driver("CHROMEDRIVER", "chromedriver");
    run(job, build.quiet_minutes(20), &format!("{ON_PAGE} {driver}"))
}

fn build(tests: &[&str]) -> Cmd {
    let tests = tests.iter().flat_map(|test| ["--test", test]);
    cmd("cargo test --no-fail-fast -p homing --target wasm32-unknown-unknown").args(tests)
}

/// The variable that names a browser's driver.
fn driver(variable: &str, program: &str) -> String {
    find(program).map_or_else(String::new, |path| format!("{variable}={}", path.display()))
}

/// Runs the tests beside a test server. `how` has the variables and the program that the runner is started with.
fn run(job: &mut Job<'_>, tests: Cmd, how: &str) -> Result<Counts, Stop> {
    needs(&["wasm-bindgen-test-runner"])?;
    job.run(tests.clone().arg("--no-run"))?;
    let _server = serve(job)?;
    // Cargo sets these variables again, for those who call it themselves: see `.cargo/config.toml`.
    let unset = "-u WASM_BINDGEN_USE_BROWSER -u WASM_BINDGEN_TEST_WEBDRIVER_JSON";
    let runner = format!("env {unset} {how} wasm-bindgen-test-runner");
    job.tests(tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner))
}

/// The command of the README, for one test only: the others ran before.
pub(crate) fn wasm_pack(job: &mut Job<'_>) -> Result<Counts, Stop> {
    job.run(build(&["web_smoke"]).arg("--no-run"))?;
    let _server = serve(job)?;
    job.tests("wasm-pack test --headless --chrome --firefox --test web_smoke")
}

/// Starts the test server at the ports that the tests expect.
fn serve<'a>(job: &mut Job<'a>) -> Result<(Service, MutexGuard<'a, ()>), Stop> {
    let server = build_server(job, "debug")?;
    let ports = job.place.ports.lock().unwrap_or_else(PoisonError::into_inner);
    let mut server = job.serve(Cmd::program(server).args(PORTS.map(|port| port.to_string())))?;
    server.wait_for_port(PORTS[1])?;
    Ok((server, ports))
}

/// Builds the test server. Returns its path.
pub(crate) fn build_server(job: &mut Job<'_>, profile: &str) -> Result<PathBuf, Stop> {
    let release = if profile == "release" { "--release" } else { "" };
    let program = format!("homing-test-server{EXE_SUFFIX}");
    // Under a name of its own: other steps build the server with other features meanwhile.
    let server = job.place.own("server").join(profile).join(&program);
    job.once(&format!("the test server, {profile}"), |job| {
        job.run(cmd(&format!("cargo build {WORKSPACE} --bin homing-test-server {release}")))?;
        fs::create_dir_all(server.parent().unwrap_or(&server))?;
        let _ = fs::remove_file(&server);
        Ok(fs::hard_link(job.place.target.join(profile).join(&program), &server)?)
    })?;
    Ok(server)
}
