//! The clients of browsers: those of npm, and those of crates, each as a module of its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::missing::needs;
use crate::{npm, page, setup, size, web};

const SOURCE: &str = "benches/peers/web";
/// The word for many clients in one page.
const SCALE: &str = "scale";
const MODULE: &str = "homing_peers_web";
/// The crates, of which the others are compared with the first.
pub(super) const CRATES: [&str; 6] =
    ["homing", "web-sys", "gloo-net", "ewebsock", "tokio-tungstenite-wasm", "ws_stream_wasm"];
/// The packages.
pub(super) const PACKAGES: [&str; 6] =
    ["homing", "homing-wasm", "bare", "partysocket", "reconnecting-websocket", "rews"];

/// Builds the clients, and runs them in turns. The words choose browsers and cases.
pub(super) fn measure(job: &mut Job<'_>, words: &[&String]) -> Result<String, Stop> {
    npm::ensure(job)?;
    let packages = setup::npm_manifest(job, "peers-npm", &format!("{SOURCE}/package.json"))?;
    let modules = job.place.target.join("peers-web/modules");
    let _ = fs::remove_dir_all(&modules);
    for name in CRATES {
        // One that does not build has no module, which the page reports.
        if let Err(Stop::Skipped(why)) = module(job, name, &modules.join(name)) {
            return Err(Stop::Skipped(why));
        }
    }
    let server = web::build_server(job, "release")?;
    let run = cmd("node benches/js/run.js chromium").args(words.iter().copied()).env("HOMING_TEST_SERVER", &server);
    let run = run.env("HOMING_PEERS_WASM", modules).env("HOMING_PEERS_NPM", packages);
    let mut output = job.run(run.quiet_minutes(30))?;
    if words.is_empty() || words.iter().any(|word| *word == SCALE) {
        output += &scale(job, server)?;
    }
    Ok(output.lines().filter(|line| line.contains('\t')).map(|line| format!("{line}\n")).collect())
}

/// Many clients in one page.
fn scale(job: &mut Job<'_>, server: PathBuf) -> Result<String, Stop> {
    needs(&["geckodriver"])?;
    let scale = cmd("node benches/js/scale.js").env("HOMING_PAGES", page::clients(job)?);
    job.run(scale.env("HOMING_TEST_SERVER", server).quiet_minutes(30))
}

/// Builds the module of a client, for speed and for size.
fn module(job: &mut Job<'_>, name: &str, to: &Path) -> Result<(), Stop> {
    let (glue, wasm) = (format!("{MODULE}.js"), format!("{MODULE}_bg.wasm"));
    let built = page::bind_with(job, SOURCE, MODULE, "release", "peers-web", name)?;
    copy(&built, to, &[(&glue, &glue), (&wasm, &wasm)])?;
    let built = page::bind_with(job, SOURCE, MODULE, "small", "peers-web", name)?;
    size::shrink(job, &built, MODULE)?;
    copy(&built, to, &[(&glue, "small.js"), ("app.wasm", "small.wasm")])
}

fn copy(from: &Path, to: &Path, files: &[(&str, &str)]) -> Result<(), Stop> {
    fs::create_dir_all(to)?;
    for (file, name) in files {
        fs::copy(from.join(file), to.join(name))?;
    }
    Ok(())
}

/// The versions of the crates.
pub(super) fn versions(job: &mut Job<'_>) -> Result<String, Stop> {
    let manifest: PathBuf = job.place.root.join(SOURCE).join("Cargo.toml");
    let tree = "cargo tree --all-features --depth 1 --prefix none --quiet --target wasm32-unknown-unknown";
    let tree = job.run(Cmd::from(tree).arg("--manifest-path").arg(manifest))?;
    Ok(super::versions(&tree, &CRATES))
}
