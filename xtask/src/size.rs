//! The sizes of what a web page loads, compressed by `gzip -9`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{npm, page, setup};

mod parts;

pub(crate) use parts::command;

/// Bytes of a minimal echo app with the whole client: its module and the glue.
const APP: u64 = 27_160;
/// Bytes of the npm package's entries, the machine included.
const ENTRIES: [(&str, u64); 2] = [("index.js", 17_450), ("wasm.js", 16_550)];
/// For the size alone: until nothing more is gained, and without the list of features, which no browser reads.
const SMALLEST: &str = "-Oz --converge --strip-target-features";
/// For large apps, of which each pass takes minutes: as tools for frameworks do.
const ONCE: &str = "-Oz --strip-target-features";
/// What every browser has that can run the output of today's rustc.
const FEATURES: &str = "--enable-bulk-memory --enable-bulk-memory-opt --enable-call-indirect-overlong \
    --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types \
    --enable-sign-ext";

/// The echo app, built and optimized as for users, the glue minified as by a bundler.
pub(crate) fn app(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let size = of_app(job, "tests/size", "homing_size", "", SMALLEST)?;
    within(job, &[("the module and its glue", size, APP)])
}

/// Returns the size of an app with these features: its module and the glue.
fn of_app(job: &mut Job<'_>, dir: &str, name: &str, features: &str, passes: &str) -> Result<u64, Stop> {
    let dir = optimized_by(job, dir, name, features, passes)?;
    let glue = dir.join("app.js");
    let minify = Cmd::program(job.place.root.join("node_modules/.bin/esbuild"));
    let minify = minify.args(["--minify", "--format=esm"]).arg(dir.join(format!("{name}.js")));
    job.run(minify.arg(format!("--outfile={}", glue.display())))?;
    Ok(compressed(job, &dir.join("app.wasm"))? + compressed(job, &glue)?)
}

/// Builds an app with these features as for users. Returns the directory of `app.wasm` and the glue.
pub(crate) fn optimized(job: &mut Job<'_>, dir: &str, name: &str, features: &str) -> Result<PathBuf, Stop> {
    optimized_by(job, dir, name, features, SMALLEST)
}

fn optimized_by(job: &mut Job<'_>, dir: &str, name: &str, features: &str, passes: &str) -> Result<PathBuf, Stop> {
    setup::npm(job)?;
    let dir = page::bind_with(job, dir, name, "release", "size", features)?;
    shrink_by(job, &dir, name, passes)?;
    Ok(dir)
}

/// Writes the optimized module to `app.wasm`.
pub(crate) fn shrink(job: &mut Job<'_>, dir: &Path, name: &str) -> Result<(), Stop> {
    shrink_by(job, dir, name, SMALLEST)
}

fn shrink_by(job: &mut Job<'_>, dir: &Path, name: &str, passes: &str) -> Result<(), Stop> {
    job.run(
        cmd("node node_modules/binaryen/bin/wasm-opt")
            .quiet_minutes(60)
            .args(passes.split(' '))
            .args(FEATURES.split_whitespace())
            .arg(dir.join(format!("{name}_bg.wasm")))
            .arg("-o")
            .arg(dir.join("app.wasm")),
    )
    .map(drop)
}

pub(crate) fn npm(job: &mut Job<'_>) -> Result<Counts, Stop> {
    npm::ensure(job)?;
    let mut sizes = Vec::new();
    for (name, budget) in ENTRIES {
        sizes.push((name, compressed(job, &job.place.root.join("dist").join(name))?, budget));
    }
    within(job, &sizes)
}

/// Returns the size after compression.
fn compressed(job: &mut Job<'_>, file: &Path) -> Result<u64, Stop> {
    let copy = job.place.own("size").join(file.file_name().unwrap_or_default());
    fs::create_dir_all(job.place.own("size"))?;
    fs::copy(file, &copy)?;
    job.run(cmd("gzip -9 --no-name --force").arg(&copy))?;
    Ok(fs::metadata(format!("{}.gz", copy.display()))?.len())
}

/// Compares sizes with their budgets.
fn within(job: &mut Job<'_>, sizes: &[(&str, u64, u64)]) -> Result<Counts, Stop> {
    let figures = sizes.iter().map(|(name, bytes, budget)| format!("{name}: {bytes} bytes of {budget}"));
    let figures = figures.collect::<Vec<_>>().join(", ");
    job.note(&figures);
    let passed = sizes.iter().filter(|(_, bytes, budget)| bytes <= budget).count();
    if passed == sizes.len() { Ok(Counts::passed(passed)) } else { Err(Stop::Failed(figures)) }
}
