//! The steps of `cargo xtask test`, in the order in which each lane runs them.

use crate::command::cmd;
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{
    apps, autobahn, counted, demo, dependencies, interop, js, links, native, npm, package, page, places, platforms,
    reproducible, rules, setup, size, web,
};

type Action = fn(&mut Job<'_>) -> Result<Counts, Stop>;

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    /// Programs without which the step is skipped.
    pub(crate) needs: &'static [&'static str],
    /// Whether it runs with `--fast`.
    pub(crate) fast: bool,
    pub(crate) lane: Lane,
    /// Whether it needs none of the first steps, and so does not wait for them.
    pub(crate) early: bool,
}

/// Steps of different lanes run at the same time, those of one lane one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Before all others: what these need.
    First,
    /// Only compiles, or takes no time. Yields the processor to the tests, which wait most of the time.
    Build,
    /// The suites in browsers, which depend more on time than other tests.
    Browser,
    /// All other tests: natively, in JavaScript runtimes, and apps in a page.
    Other,
}

impl Lane {
    /// How far a command gives way to others: one that only compiles, or one of another kind.
    pub(crate) fn niceness(self, compiles: bool) -> u8 {
        match self {
            Self::Build => 19,
            // Before what no test waits for.
            Self::Browser | Self::Other if compiles => 10,
            Self::First | Self::Browser | Self::Other => 0,
        }
    }
}

pub(crate) const fn step(name: &'static str, action: Action) -> Step {
    Step { name, action, needs: &[], fast: false, lane: Lane::First, early: false }
}

impl Step {
    const fn needs(mut self, programs: &'static [&'static str]) -> Self {
        self.needs = programs;
        self
    }

    const fn fast(mut self) -> Self {
        self.fast = true;
        self
    }

    const fn early(mut self) -> Self {
        self.early = true;
        self
    }
}

pub(crate) const CHROMIUM: &[&str] = &["node", "npm", "chromium", "chromedriver"];
const FIREFOX: &[&str] = &["node", "npm", "firefox-esr|firefox", "geckodriver"];
pub(crate) const WEBKIT: &[&str] = &["node", "npm", "WebKitWebDriver", "xvfb-run"];
const NODE: &[&str] = &["node", "npm"];
const ALL_BROWSERS: &[&str] =
    &["node", "npm", "chromium", "chromedriver", "firefox-esr|firefox", "geckodriver", "WebKitWebDriver", "xvfb-run"];

// Every step stands alone, so that each can be run by its name.
pub(crate) fn all() -> Vec<Step> {
    let lanes =
        [(Lane::First, first()), (Lane::Build, builds()), (Lane::Other, others()), (Lane::Browser, in_browsers())];
    let in_lane = |(lane, steps): (Lane, Vec<Step>)| steps.into_iter().map(move |step| Step { lane, ..step });
    lanes.into_iter().flat_map(in_lane).collect()
}

#[rustfmt::skip]
fn first() -> Vec<Step> {
    vec![
        step("setup rust", setup::rust).fast(),
        step("setup nextest", setup::nextest).fast(),
        step("setup servers", setup::servers).fast(),
        step("setup python", setup::python).fast(),
        step("setup npm", setup::npm).fast(),
        step("setup bindgen", setup::bindgen).fast(),
        step("setup wasm-pack", |job| setup::cargo_install(job, "wasm-pack", "0.15.1")),
        step("setup browsers", setup::browsers).fast(),
        step("setup apps", setup::webview),
        // The package that most steps of npm test.
        step("npm build", npm::build).needs(NODE),
    ]
}

#[rustfmt::skip]
fn builds() -> Vec<Step> {
    vec![
        step("format", |job| {
            job.run("cargo fmt --all --check")?;
            job.run("cargo fmt --manifest-path benches/peers/Cargo.toml --check")?;
            job.run("cargo fmt --manifest-path benches/peers/web/Cargo.toml --check")?;
            apps::format(job)
        }),
        step("places", places::check),
        step("rules", rules::check),
        step("links", links::check),
        step("lint js", npm::lint).needs(NODE),
        step("npm size", size::npm).needs(&["node", "npm", "gzip"]),
        step("npm package", npm::package).needs(NODE),

        // First what has a target directory of its own: the tests build in the usual one meanwhile.
        step("apps build", apps::build),
        step("web size", size::app).needs(&["node", "npm", "wasm-bindgen", "gzip"]),
        step("oldest rust", |job| {
            let check = cmd(&format!("cargo +{} check -p homing --lib --all-features --target-dir", setup::MSRV));
            job.check(check.arg(job.place.target.join("msrv")))
        }).needs(&["rustup"]),
        step("clippy native", |job| job.check("cargo clippy --workspace --all-targets --all-features -- -D warnings")),
        step("clippy web", |job| {
            job.run("cargo clippy -p homing --target wasm32-unknown-unknown --features tracing --lib -- -D warnings")?;
            job.check("cargo clippy -p homing --target wasm32-unknown-unknown --tests -- -D warnings")
        }),
        step("clippy npm core", |job| job.check(
            "cargo clippy --release --target wasm32-unknown-unknown --manifest-path www/core/Cargo.toml \
                --target-dir target/npm-core -- -D warnings")),
        step("clippy machine on wasm", |job| job.check(
            "cargo clippy -p homing-machine --tests --target wasm32-unknown-unknown -- -D warnings")),
        step("clippy other platforms", platforms::two).needs(&["rustup"]),
        step("docs native", |job| job.check(
            cmd("cargo doc --no-deps -p homing -p homing-machine --all-features").env("RUSTDOCFLAGS", "-Dwarnings"))),
        step("docs web", |job| job.check(
            cmd("cargo doc --no-deps -p homing --target wasm32-unknown-unknown --features tracing")
                .env("RUSTDOCFLAGS", "-Dwarnings"))),
        // Without --no-dev-deps, which rewrites the manifest while other commands may read it. Resolver 3 leaves the
        // features of development dependencies out anyway unless a test is built.
        step("feature combinations", |job| {
            setup::cargo_install(job, "cargo-hack", "0.6.46")?;
            // Files for an incremental build would not be used again.
            job.check(cmd("cargo hack check -p homing --feature-powerset --depth 2").env("CARGO_INCREMENTAL", "0"))
        }),
        step("licenses and sources", |job| {
            setup::cargo_install(job, "cargo-deny", "0.20.2")?;
            job.run("cargo deny check bans")?;
            job.check("cargo deny --workspace check licenses sources")
        }),
        step("counted work", counted::check::<counted::Native>),
        step("counted work web", counted::check::<counted::Web>).needs(&["node", "npm", "wasm-bindgen"]),
        step("dependencies", dependencies::check),
        step("reproducible packages", reproducible::check).needs(&["git", "node", "npm", "rustup"]),
        step("crate contents", package::check),
    ]
}

#[rustfmt::skip]
fn others() -> Vec<Step> {
    vec![
        step("native tests", native::all).fast(),
        // Each TLS library alone: with both, a client uses rustls.
        step("native tests without TLS", |job| job.rust_tests("-p homing-tests --no-default-features --test native", "")),
        step("native tests of native-tls", |job| job.rust_tests(
            "-p homing-tests --no-default-features --features native-tls --test native", "tls")),
        step("native tests of aws-lc-rs", |job| job.rust_tests(
            "-p homing -p homing-tests --no-default-features \
                --features homing-tests/rustls-aws-lc-rs,homing-tests/rustls-webpki-roots --lib --test native",
            "tls resumption providers client_certificates")),
        // On Linux only: the verifiers of other systems reject the certificates of the test server, which never expire.
        step("platform verifier", |job| job.rust_tests(
            "-p homing-tests --no-default-features --features rustls-aws-lc-rs,rustls-platform-verifier --test native",
            "tls resumption providers client_certificates")),
        step("native tests without a crypto provider", |job| job.rust_tests(
            "-p homing-tests --no-default-features --features rustls-native-roots --test native", "providers")),
        step("native tests of cookies and tracing", |job| job.rust_tests(
            "-p homing -p homing-tests --features homing-tests/cookies,homing-tests/tracing --lib --test native", "cookies tracing")),
        step("doctests", |job| job.tests("cargo test -p homing --doc --all-features --no-fail-fast -- --show-output")),
        step("example demo", |job| {
            job.run("cargo build --example demo")?;
            job.check("cargo run --quiet --example demo")
        }),
        step("interop", interop::check),
        step("autobahn", |job| autobahn::check(job, "native", autobahn::SHORT)),

        step("npm node", js::node).needs(NODE),
        step("npm bun", js::bun).needs(NODE),
        step("npm deno", js::deno).needs(NODE),
        step("npm workerd", |job| js::runtime(job, "workerd")).needs(NODE),
        step("npm hermes", |job| js::runtime(job, "hermes")).needs(NODE),
        step("npm vitest", |job| js::runtime(job, "vitest")).needs(NODE),
        step("npm jest", |job| js::runtime(job, "jest")).needs(NODE),
        step("npm machine as script and wasm", js::twins).needs(NODE),
        step("npm testing", js::testing).needs(NODE),
        step("npm autobahn node", |job| autobahn::check(job, "node", autobahn::SHORT_NPM)).needs(NODE),
        step("web hidden tab", page::hidden).needs(CHROMIUM),
        step("web pressure", page::pressure).needs(ALL_BROWSERS),
        step("npm bundlers", |job| js::apps(job, &["bundlers/bundlers", "bundlers/node"])).needs(CHROMIUM),
        step("npm next", |job| js::apps(job, &["bundlers/next"])).needs(CHROMIUM),
        step("npm react", |job| js::apps(job, &["react/react"])).needs(CHROMIUM),
        step("npm store", |job| js::apps(job, &["store/store", "store/apps"])).needs(CHROMIUM),
        step("npm libraries", |job| js::apps(job, &["libraries/libraries"])).needs(CHROMIUM),
        step("npm guides", |job| js::apps(job, &["guides/guides", "guides/libraries", "guides/recipes", "guides/types"])).needs(CHROMIUM),
        step("npm demo page", demo::check).needs(CHROMIUM),
        // Last, as the server of the tests on wasm has fixed ports, which the browsers use before.
        step("web node", web::node).needs(&["node"]),
    ]
}

#[rustfmt::skip]
fn in_browsers() -> Vec<Step> {
    vec![
        // Before the native tests build, as it takes less time.
        step("web build", web::build_conformance).early().fast(),
        step("web chromium conformance", web::chromium_conformance).needs(&["chromium", "chromedriver"]).fast(),
        step("web chromium others", web::chromium_others).needs(&["chromium", "chromedriver"]),
        step("web firefox", web::firefox).needs(&["firefox-esr|firefox", "geckodriver"]),
        step("web webkit", web::webkit).needs(&["WebKitWebDriver", "xvfb-run"]),
        step("web worker", web::worker).needs(&["chromium", "chromedriver"]),
        step("web shared worker", web::shared_worker).needs(&["chromium", "chromedriver"]),
        step("web service worker", web::service_worker).needs(&["chromium", "chromedriver"]),
        step("web threads", web::threads).needs(&["chromium", "chromedriver", "rustup"]),
        step("web example", page::served).needs(ALL_BROWSERS),
        step("web by wasm-pack", web::wasm_pack).needs(ALL_BROWSERS),
        step("web benchmark runs", page::bench_runs).needs(ALL_BROWSERS),

        step("npm chromium", |job| js::browser(job, "chromium")).needs(CHROMIUM),
        step("npm firefox", |job| js::browser(job, "firefox")).needs(FIREFOX),
        step("npm webkit", |job| js::browser(job, "webkit")).needs(WEBKIT),
        step("npm testing chromium", |job| js::testing_in(job, "chromium")).needs(CHROMIUM),
        step("npm testing firefox", |job| js::testing_in(job, "firefox")).needs(FIREFOX),
        step("npm testing webkit", |job| js::testing_in(job, "webkit")).needs(WEBKIT),
        step("npm autobahn chromium", |job| autobahn::check(job, "chromium", autobahn::SHORT_NPM)).needs(CHROMIUM),
        step("npm benchmark runs", npm::bench).needs(ALL_BROWSERS),

        step("apps leptos", |job| apps::web(job, "leptos")),
        step("apps dioxus", |job| apps::web(job, "dioxus")),
        step("apps yew", |job| apps::web(job, "yew")),
        step("apps egui", apps::egui),
        step("apps tauri", apps::tauri),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_step_has_its_own_log() {
        let steps = all();
        let names: HashSet<_> = steps.iter().map(|step| step.name.replace(' ', "-")).collect();
        assert_eq!(names.len(), steps.len());
    }

    #[cfg(unix)]
    #[test]
    fn what_only_compiles_gives_way() {
        let target = std::env::temp_dir().join(format!("xtask-{}-nice", std::process::id()));
        let place = crate::place::Place::new(std::env::temp_dir(), target.clone());
        let mut job = Job::start(&place, "nice").unwrap();
        let mut niceness = |lane| {
            job.lane = lane;
            job.run(cmd("sh -c").arg("ps -o ni= -p $$")).unwrap().trim().parse::<u8>().unwrap()
        };
        let [first, other, build] = [Lane::First, Lane::Other, Lane::Build].map(&mut niceness);
        assert!(first == other && (build > first || first == 19), "{first} {other} {build}");
        assert_eq!((Lane::Browser.niceness(true), Lane::Other.niceness(true)), (10, 10));
        std::fs::remove_dir_all(target).unwrap();
    }

    #[test]
    fn what_others_need_runs_first() {
        let first: Vec<_> = all().iter().filter(|step| step.lane == Lane::First).map(|step| step.name).collect();
        assert!(first.iter().all(|name| name.starts_with("setup ") || *name == "npm build"), "{first:?}");
        assert!(all().iter().all(|step| step.lane == Lane::First || !first.contains(&step.name)));
        assert!(all().iter().all(|step| step.lane == Lane::First || !step.name.starts_with("setup ")));
    }

    #[test]
    fn the_fast_steps_are_native_tests_one_browser_and_what_they_need() {
        let (set_up, fast): (Vec<_>, Vec<_>) =
            all().iter().filter(|step| step.fast).map(|step| step.name).partition(|name| name.starts_with("setup "));
        assert_eq!(set_up.len(), 7);
        assert_eq!(fast, ["native tests", "web build", "web chromium conformance"]);
    }
}
