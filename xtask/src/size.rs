//! What a web app has to load: a minimal echo app with the whole client, built, optimized and compressed as for users.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_output::Counts;
use crate::command::{cargo, cmd};
use crate::job::{Job, Stop};
use crate::setup;

const BINARYEN: &str = "132.0.0";
/// Bytes of the module and its glue together, after `gzip -9`: what was reached and 5 % more.
const BUDGET: u64 = 29_000;
/// What every browser has that can run the output of today's rustc.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::needs("gzip")?;
    setup::needs("wasm-bindgen")?;
    let wasm_opt = binaryen(job)?;

    let dir = job.place.target.join("size");
    let app = job.place.root.join("tests/size");
    // The versions are those of the workspace, as wasm-bindgen and its tool have to be of the same.
    fs::copy(job.place.root.join("Cargo.lock"), app.join("Cargo.lock"))?;
    let build = cargo("build --release --target wasm32-unknown-unknown --manifest-path").arg(app.join("Cargo.toml"));
    job.run(&build.arg("--target-dir").arg(&dir))?;

    let built = dir.join("wasm32-unknown-unknown/release/homing_size.wasm");
    let options = ["--target", "web", "--no-typescript", "--remove-name-section", "--remove-producers-section"];
    job.run(&cmd("wasm-bindgen").args(&options).arg("--out-dir").arg(&dir).arg(built))?;
    let (bound, module, glue) = (dir.join("homing_size_bg.wasm"), dir.join("app.wasm"), dir.join("homing_size.js"));
    job.run(&cmd("node").arg(wasm_opt).args(&FEATURES).arg("-Oz").arg(bound).arg("-o").arg(&module))?;

    let (module, glue) = (compressed(job, &module)?, compressed(job, &glue)?);
    let sum = module + glue;
    let figures = format!("{sum} bytes of {BUDGET}: a module of {module} and glue of {glue}, compressed");
    job.note(&figures);
    if sum > BUDGET { Err(Stop::Failed(figures)) } else { Ok(Counts::one_passed()) }
}

fn compressed(job: &mut Job<'_>, file: &Path) -> Result<u64, Stop> {
    job.run(&cmd("gzip -9 --no-name --keep --force").arg(file))?;
    let mut name = file.as_os_str().to_owned();
    name.push(".gz");
    Ok(fs::metadata(name)?.len())
}

/// Installs the optimizer, and tells where it is: a script for Node.
fn binaryen(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    setup::needs("node")?;
    setup::needs("npm")?;
    let works = |_: &mut Job<'_>, dir: &Path| {
        let manifest = fs::read_to_string(dir.join("node_modules/binaryen/package.json"));
        manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{BINARYEN}\"")))
    };
    setup::install_aside(job, "binaryen", works, |job, dir| {
        setup::npm_package(job, dir, &format!("binaryen@{BINARYEN}"))
    })?;
    Ok(job.place.own("binaryen").join("node_modules/binaryen/bin/wasm-opt"))
}
