//! The contents of the crates as they would be published, and the version that they and the npm package share.

use std::fs;
use std::path::Path;

use crate::counts::Counts;
use crate::job::{Job, Stop};

const NEEDED: [&str; 5] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
const UNWANTED: [&str; 7] = [".", "benches/", "node_modules/", "target/", "tests/", "www/", "xtask/"];

/// The manifests of the packages that are released together.
const MANIFESTS: [&str; 3] = ["Cargo.toml", "machine/Cargo.toml", "package.json"];
/// How the manifest of `homing` asks for the crate that is released with it.
const MACHINE: &str = "homing-machine = { path = \"machine\", version = \"=";

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let mut problems = Vec::new();
    for package in ["homing", "homing-machine"] {
        let list = job.run(&*format!("cargo package -p {package} --allow-dirty --no-verify --list --quiet"))?;
        problems.extend(self::problems(&list).into_iter().map(|problem| format!("{package}: {problem}")));
    }
    problems.extend(versions(&job.place.root)?);
    if problems.is_empty() { Ok(Counts::passed(1)) } else { Err(Stop::Failed(problems.join("\n"))) }
}

/// Compares the versions of everything that is released together.
fn versions(root: &Path) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for file in MANIFESTS {
        let text = fs::read_to_string(root.join(file))?;
        found.push((file.to_owned(), version(&text)));
        if let Some((_, asked)) = text.split_once(MACHINE) {
            found.push((format!("homing-machine in {file}"), asked.split('"').next().map(str::to_owned)));
        }
    }
    Ok(disagreements(&found))
}

/// The first version in a manifest, which is the package's own: `version = "1.2.3"` or `"version": "1.2.3"`.
pub(crate) fn version(manifest: &str) -> Option<String> {
    let line = manifest.lines().find(|line| line.trim_start().trim_start_matches('"').starts_with("version"))?;
    Some(line.trim_end_matches(',').rsplit('"').nth(1)?.to_owned())
}

fn disagreements(found: &[(String, Option<String>)]) -> Vec<String> {
    let Some((first, wanted)) = found.first() else { return Vec::new() };
    let others = found.iter().filter(|(_, version)| version.is_none() || version != wanted);
    let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".into());
    others
        .map(|(place, found)| format!("version {} in {first}, but {} in {place}", shown(wanted), shown(found)))
        .collect()
}

fn problems(list: &str) -> Vec<String> {
    let files: Vec<_> = list.lines().filter(|file| *file != ".cargo_vcs_info.json").collect();
    let missing = NEEDED.iter().filter(|file| !files.contains(file)).map(|file| format!("not in the package: {file}"));
    let unwanted = files.iter().filter(|file| UNWANTED.iter().any(|start| file.starts_with(start)));
    missing.chain(unwanted.map(|file| format!("does not belong in the package: {file}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_differ_are_named() {
        assert_eq!(version("[package]\nname = \"a\"\nversion = \"1.2.3\"\n"), Some("1.2.3".into()));
        assert_eq!(version("{\n  \"name\": \"a\",\n  \"version\": \"1.2.3\",\n}"), Some("1.2.3".into()));
        let found = [("a", Some("1.0.0")), ("b", Some("1.0.0")), ("c", Some("1.0.1")), ("d", None)];
        let found = found.map(|(place, version)| (place.to_owned(), version.map(str::to_owned)));
        assert_eq!(disagreements(&found[..2]), [""; 0]);
        assert_eq!(disagreements(&found), ["version 1.0.0 in a, but 1.0.1 in c", "version 1.0.0 in a, but none in d"]);
    }

    #[test]
    fn missing_and_unwanted_files_are_named() {
        let good = format!(".cargo_vcs_info.json\n{}\nsrc/a.rs\n", NEEDED.join("\n"));
        assert_eq!(problems(&good), [""; 0]);
        assert_eq!(
            problems(&good.replace("src/lib.rs", "tests/lib.rs")),
            ["not in the package: src/lib.rs", "does not belong in the package: tests/lib.rs"]
        );
    }
}
