//! Whether the library builds with the oldest versions of its dependencies that its manifest allows.

use std::fs;

use crate::command::cmd;
use crate::job::{Job, Stop};
use crate::{platforms, setup};

const COPY: &str = "mkdir -p \"$1\" && cp -R --parents src machine docs README.md \"$1\"";

pub(crate) fn command(job: &mut Job<'_>) -> Result<(), Stop> {
    setup::wasm_target(job)?;
    setup::nightly(job, &[])?;
    let dir = job.place.own("oldest");
    let _ = fs::remove_dir_all(&dir);
    job.run(cmd("sh -c").args([COPY, "sh"]).arg(&dir))?;
    fs::write(dir.join("Cargo.toml"), alone(&fs::read_to_string(job.place.root.join("Cargo.toml"))?))?;
    let manifest = dir.join("Cargo.toml");
    // Transitive dependencies are the latest: many do not build with what they claim to need.
    job.run(cmd("cargo +nightly generate-lockfile -Z direct-minimal-versions --manifest-path").arg(&manifest))?;
    for target in [
        format!("--no-default-features --features {}", platforms::NO_C),
        "--target wasm32-unknown-unknown --features tracing".to_owned(),
    ] {
        let check = cmd("cargo check --locked --lib --manifest-path").arg(&manifest).args(target.split(' '));
        job.run(check.arg("--target-dir").arg(job.place.target.join("oldest")))?;
        println!("builds: {target}");
    }
    Ok(())
}

/// Returns the manifest without the other members of the workspace, and without tests and what they need.
fn alone(manifest: &str) -> String {
    let is_for_tests = |head: &str| ["dev-dependencies", "[[test", "[profile"].iter().any(|word| head.contains(word));
    let mut keep = true;
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            keep = !is_for_tests(line);
        }
        if keep {
            lines.push(if line.starts_with("members = ") { "members = [\"machine\"]" } else { line });
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tests_need_is_left_out() {
        let manifest = "[workspace]\nmembers = [\"a\", \"b\"]\n[dependencies]\nx = \"1\"\n[dev-dependencies]\ny = \"1\"\n\
            [target.'cfg(unix)'.dev-dependencies]\nz = \"1\"\n[[test]]\nname = \"t\"\n[features]\nf = []\n";
        let wanted = "[workspace]\nmembers = [\"machine\"]\n[dependencies]\nx = \"1\"\n[features]\nf = []\n";
        assert_eq!(alone(manifest), wanted);
    }
}
