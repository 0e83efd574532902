//! The example apps of `examples/apps`: each is built for its target, and driven through a cut where that is possible.

use std::path::PathBuf;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::needs;
use crate::steps::{CHROMIUM, WEBKIT};
use crate::{npm, page, setup};

/// The apps for pages.
pub(crate) const PAGES: [&str; 4] = ["dioxus", "egui", "leptos", "yew"];

/// Runs Cargo in the workspace of the apps, with a target directory of its own.
fn cargo(job: &Job<'_>, line: &str) -> Cmd {
    let target = job.place.target.join("apps");
    cmd(&format!("cargo {line} --locked --manifest-path examples/apps/Cargo.toml --target-dir")).arg(target)
}

/// Serves the page of an app until Ctrl-C.
pub(crate) fn serve(job: &mut Job<'_>, name: &str) -> Result<(), Stop> {
    println!("Building the apps, which takes some minutes the first time.");
    let module = bind(job, name)?;
    let serve = npm::with_server(job, cmd("node examples/apps/serve.js").arg(name).arg(module))?;
    job.attend(serve)
}

pub(crate) fn format(job: &mut Job<'_>) -> Result<Counts, Stop> {
    job.check("cargo fmt --all --manifest-path examples/apps/Cargo.toml --check")
}

/// An app for pages: built, and driven in Chromium.
pub(crate) fn web(job: &mut Job<'_>, name: &str) -> Result<Counts, Stop> {
    let module = bind(job, name)?;
    let mut counts = Counts::passed(1);
    counts.add(drive(job, name, module).unwrap_or_else(Stop::counts));
    Ok(counts)
}

/// All apps, before the steps that drive them.
pub(crate) fn build(job: &mut Job<'_>) -> Result<Counts, Stop> {
    pages(job)?;
    job.run(native(job, "egui").arg("--no-run"))?;
    job.run(native(job, "tauri-chat").arg("--no-run"))?;
    match desktop(job) {
        Ok(()) | Err(Stop::Skipped(_)) => Ok(Counts::passed(1)),
        Err(failed) => Err(failed),
    }
}

/// The tests of an app without a window.
fn native(job: &Job<'_>, name: &str) -> Cmd {
    cargo(job, &format!("test --package homing-example-{name} --tests")).quiet_minutes(20)
}

/// Builds the modules of all pages, as together they take two thirds of the time.
fn pages(job: &mut Job<'_>) -> Result<(), Stop> {
    let packages = PAGES.iter().map(|name| format!("--package=homing-example-{name}"));
    job.run(cargo(job, "build --target wasm32-unknown-unknown").args(packages).quiet_minutes(20)).map(drop)
}

/// Returns the directory of a page to serve.
fn bind(job: &mut Job<'_>, name: &str) -> Result<PathBuf, Stop> {
    needs(&["wasm-bindgen"])?;
    pages(job)?;
    let target = job.place.target.join("apps");
    let built = target.join(format!("wasm32-unknown-unknown/debug/homing-example-{name}.wasm"));
    let to = target.join("pages").join(name);
    page::glue(job, &built, &to)?;
    Ok(to)
}

fn drive(job: &mut Job<'_>, name: &str, module: PathBuf) -> Result<Counts, Stop> {
    needs(CHROMIUM)?;
    setup::npm(job)?;
    let runner = npm::with_server(job, cmd("node tests/js/run.js chromium rust/apps"))?;
    job.tests(runner.arg(format!("--filter={name}_")).env("HOMING_APP", module))
}

/// The app of egui: driven natively without a window, and in Chromium.
pub(crate) fn egui(job: &mut Job<'_>) -> Result<Counts, Stop> {
    job.run(native(job, "egui").arg("--no-run"))?;
    let mut counts = job.tests(native(job, "egui"))?;
    counts.add(web(job, "egui").unwrap_or_else(Stop::counts));
    Ok(counts)
}

/// The app of Tauri: its connection without a window, and the whole app, which needs libraries on Linux.
pub(crate) fn tauri(job: &mut Job<'_>) -> Result<Counts, Stop> {
    job.run(native(job, "tauri-chat").arg("--no-run"))?;
    let mut counts = job.tests(native(job, "tauri-chat"))?;
    counts.add(window(job).unwrap_or_else(Stop::counts));
    Ok(counts)
}

/// Builds the whole app of Tauri.
fn desktop(job: &mut Job<'_>) -> Result<(), Stop> {
    if cfg!(target_os = "linux") && job.ask(setup::HAS_WEBVIEW).is_none() {
        return Err(Stop::Skipped("no WebKitGTK to build with (get it: cargo xtask test \"setup apps\")".into()));
    }
    job.run(cargo(job, "build --package homing-example-tauri").quiet_minutes(20)).map(drop)
}

fn window(job: &mut Job<'_>) -> Result<Counts, Stop> {
    desktop(job)?;
    needs(WEBKIT)?;
    setup::npm(job)?;
    let program = job.place.target.join("apps/debug/homing-example-tauri");
    let runner = npm::with_server(job, cmd("node tests/js/run.js node rust/apps --filter=tauri_"))?;
    job.tests(runner.env("HOMING_APP", program))
}
