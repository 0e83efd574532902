//! The example apps of `examples/apps`: each is built for its target, and driven through a cut where that is possible.

use std::path::PathBuf;
use std::time::Duration;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::needs;
use crate::steps::{CHROMIUM, WEBKIT};
use crate::{npm, page, setup};

/// The apps for pages.
pub(crate) const PAGES: [&str; 4] = ["dioxus", "egui", "leptos", "yew"];

/// When no more of the frameworks is built: on a slow machine they take half an hour, and the whole run is to end
/// within an hour.
const LATE: Duration = Duration::from_secs(30 * 60);

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
    native(job, "egui")?;
    native(job, "tauri-chat")?;
    if has_webview(job) {
        desktop(job)?;
    }
    Ok(Counts::passed(1))
}

/// Runs a command that builds apps, once and unless it is too late.
fn make(job: &mut Job<'_>, what: &str, build: Cmd) -> Result<(), Stop> {
    job.once(&format!("apps: {what}"), |job| {
        in_time(job.place.started.elapsed(), what)?;
        job.run(build.quiet_minutes(20)).map(drop)
    })
}

fn in_time(elapsed: Duration, what: &str) -> Result<(), Stop> {
    if elapsed < LATE {
        return Ok(());
    }
    let minutes = LATE.as_secs() / 60;
    Err(Stop::Skipped(format!(
        "{what} is not built when {minutes} minutes have passed (get it: cargo xtask test apps)"
    )))
}

/// Builds the tests of an app without a window. Returns the command that runs them.
fn native(job: &mut Job<'_>, name: &str) -> Result<Cmd, Stop> {
    let command = |job: &Job<'_>| cargo(job, &format!("test --package homing-example-{name} --tests"));
    make(job, name, command(job).arg("--no-run"))?;
    Ok(command(job).quiet_minutes(20))
}

/// Builds the modules of all pages, as together they take two thirds of the time.
fn pages(job: &mut Job<'_>) -> Result<(), Stop> {
    let packages = PAGES.iter().map(|name| format!("--package=homing-example-{name}"));
    make(job, "the module of each page", cargo(job, "build --target wasm32-unknown-unknown").args(packages))
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
    let native = native(job, "egui")?;
    let mut counts = job.tests(native)?;
    counts.add(web(job, "egui").unwrap_or_else(Stop::counts));
    Ok(counts)
}

/// The app of Tauri: its connection without a window, and the whole app, which needs libraries on Linux.
pub(crate) fn tauri(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let native = native(job, "tauri-chat")?;
    let mut counts = job.tests(native)?;
    counts.add(window(job).unwrap_or_else(Stop::counts));
    Ok(counts)
}

fn has_webview(job: &mut Job<'_>) -> bool {
    !cfg!(target_os = "linux") || job.ask(setup::HAS_WEBVIEW).is_some()
}

/// Builds the whole app of Tauri.
fn desktop(job: &mut Job<'_>) -> Result<(), Stop> {
    make(job, "the app of Tauri", cargo(job, "build --package homing-example-tauri"))
}

fn window(job: &mut Job<'_>) -> Result<Counts, Stop> {
    if !has_webview(job) {
        return Err(Stop::Skipped("no WebKitGTK to build with (get it: cargo xtask test \"setup apps\")".into()));
    }
    desktop(job)?;
    needs(WEBKIT)?;
    setup::npm(job)?;
    let program = job.place.target.join("apps/debug/homing-example-tauri");
    let runner = npm::with_server(job, cmd("node tests/js/run.js node rust/apps --filter=tauri_"))?;
    job.tests(runner.env("HOMING_APP", program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_skipped_with_a_reason() {
        assert!(in_time(LATE - Duration::from_millis(1), "it").is_ok());
        let Err(Stop::Skipped(why)) = in_time(LATE, "it") else { panic!("not skipped") };
        assert!(why.contains("30 minutes") && why.contains("it is not built"), "{why}");
    }
}
