//! The npm package in other people's hands: installed from its tarball into small apps, and under libraries.

use std::env;

use crate::cargo_output::Counts;
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::{nodes, npm, setup};

/// The versions of all bundlers, frameworks and libraries, 650 MB of them.
const MANIFEST: &str = "tests/js/bundlers/package.json";

pub(crate) fn bundlers(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let tests = command(job, &["bundlers/bundlers", "bundlers/node"])?;
    let (nodes, missing) = nodes::others(job);
    let nodes = env::join_paths(nodes).map_err(|error| Stop::Failed(error.to_string()))?;
    let mut counts = job.tests(&tests.env("HOMING_TEST_NODES", nodes))?;
    counts.add(&missing);
    Ok(counts)
}

pub(crate) fn next(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, &["bundlers/next"])
}

pub(crate) fn react(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, &["react/react"])
}

pub(crate) fn store(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, &["store/store", "store/apps"])
}

pub(crate) fn libraries(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, &["libraries/libraries"])
}

pub(crate) fn guides(job: &mut Job<'_>) -> Result<Counts, Stop> {
    run(job, &["guides/guides", "guides/libraries", "guides/types"])
}

fn run(job: &mut Job<'_>, tests: &[&str]) -> Result<Counts, Stop> {
    let tests = command(job, tests)?;
    job.tests(&tests)
}

fn command(job: &mut Job<'_>, tests: &[&str]) -> Result<Cmd, Stop> {
    let chromium = setup::needs("chromium")?;
    let tools = setup::npm_manifest(job, "npm-apps", MANIFEST)?;
    npm::ensure(job)?;
    let files: Vec<_> = tests.iter().map(|test| format!("tests/js/{test}.test.js")).collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let node = cmd("node --test").args(&files).env("CHROMIUM", chromium);
    Ok(node.env("HOMING_JS_TOOLS", tools))
}
