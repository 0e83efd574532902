//! The npm package: building it, and what a user would get.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{setup, web};

/// What the package is built from.
const SOURCES: [&str; 3] = ["www", "machine/src", "package.json"];

/// The name by which steps share the built package.
const PACKAGE: &str = "the npm package";

/// The files of the package, one a line.
const CONTENTS: &str = "www/contents.txt";

pub(crate) fn build(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::npm(job)?;
    // Also in place of what `ensure` does, as other steps use the files from now on.
    job.once(PACKAGE, |job| job.run("npm run build -- --check").map(drop))?;
    job.check("npm run types")
}

pub(crate) fn lint(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::npm(job)?;
    job.check("node_modules/.bin/biome ci")
}

/// Builds the package if a source is newer than it.
pub(crate) fn ensure(job: &mut Job<'_>) -> Result<(), Stop> {
    setup::npm(job)?;
    job.once(PACKAGE, |job| {
        let root = &job.place.root;
        let built = newest(&root.join("dist/index.d.ts"));
        let is_old = built.is_none() || SOURCES.iter().any(|source| newest(&root.join(source)) > built);
        if is_old { job.run("npm run build").map(drop) } else { Ok(()) }
    })
}

/// Returns when a file, or the newest file in a directory, was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().filter_map(|entry| newest(&entry.path())).max(),
        Err(_) => fs::metadata(path).and_then(|metadata| metadata.modified()).ok(),
    }
}

/// Returns the command with what it needs to start the test server.
pub(crate) fn with_server(job: &mut Job<'_>, command: Cmd) -> Result<Cmd, Stop> {
    Ok(command.env("HOMING_TEST_SERVER", web::build_server(job, "debug")?))
}

/// Each benchmark once in one browser: every message arrives. The speed is not checked.
pub(crate) fn bench(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let bench =
        cmd("node benches/js/run.js chromium receive send round close").env("ROUNDS", "1").env("GENERATIONS", "1");
    let bench = with_server(job, bench.env("CLIENTS", "homing,bare"))?;
    rows(&job.run(bench)?, |line| line.starts_with("npm-cpu\t") && !line.contains("failed"))
}

/// Counts the rows of a table of benchmarks.
pub(crate) fn rows(table: &str, is_row: impl Fn(&str) -> bool) -> Result<Counts, Stop> {
    match table.lines().filter(|line| is_row(line)).count() {
        0 => Err(Stop::Failed("no benchmark ran".into())),
        rows => Ok(Counts::passed(rows)),
    }
}

/// The contents of the package, and what two linters of packages say.
pub(crate) fn package(job: &mut Job<'_>) -> Result<Counts, Stop> {
    ensure(job)?;
    let staged = job.place.own("npm-package");
    job.run(cmd("node www/pack.js").arg(&staged))?;
    let listing = job.run(cmd("npm pack --dry-run --json --loglevel=error").arg(&staged))?;
    let mut contents: Vec<_> = listing.lines().filter_map(packed).collect();
    contents.sort_unstable();
    if contents != fs::read_to_string(job.place.root.join(CONTENTS))?.lines().collect::<Vec<_>>() {
        return Err(Stop::Failed(format!("{CONTENTS} differs from the package:\n{}", contents.join("\n"))));
    }
    if let Some(field) = runs_or_pulls_in(&fs::read_to_string(staged.join("package.json"))?) {
        return Err(Stop::Failed(format!("the package has the field {field}")));
    }
    job.run(cmd("node_modules/.bin/publint --strict").arg(&staged))?;
    job.run(cmd("node_modules/.bin/attw --profile strict --no-color --pack").arg(&staged))?;
    Ok(Counts::passed(4))
}

/// Takes the path of `"path": "dist/index.js",`.
fn packed(line: &str) -> Option<&str> {
    line.trim().strip_prefix("\"path\": \"")?.strip_suffix("\",")
}

/// Returns a field of a package's manifest by which installing it would run code or pull in other packages.
fn runs_or_pulls_in(manifest: &str) -> Option<&'static str> {
    let fields = [
        "\"scripts\":",
        "\"dependencies\":",
        "\"optionalDependencies\":",
        "\"bundleDependencies\":",
        "\"bundledDependencies\":",
        "\"gypfile\":",
    ];
    fields.into_iter().find(|field| manifest.contains(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_what_npm_lists() {
        assert_eq!(packed("        \"path\": \"dist/index.js\","), Some("dist/index.js"));
        assert_eq!(packed("        \"name\": \"homing\","), None);
    }

    #[test]
    fn a_package_that_runs_code_when_it_is_installed_is_refused() {
        let good = "{ \"name\": \"homing\", \"peerDependencies\": { \"react\": \">=18\" } }";
        assert_eq!(runs_or_pulls_in(good), None);
        for field in ["scripts", "dependencies", "optionalDependencies"] {
            let bad = good.replace("name", field);
            assert!(runs_or_pulls_in(&bad).is_some_and(|found| found.contains(field)), "{field}");
        }
    }

    #[test]
    fn a_table_without_rows_is_a_failure() {
        assert_eq!(rows("a homing 1\nb ws 2\n", |line| line.contains(" homing ")).unwrap(), Counts::passed(1));
        assert!(rows("a ws 2\n", |line| line.contains(" homing ")).is_err());
    }
}
