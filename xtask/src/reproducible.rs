//! Whether the packages that are published are the same bytes wherever and whenever they are built.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::place::home_of;
use crate::setup;

/// Copies all files that git does not ignore, into a directory that does not exist yet.
const COPY: &str =
    "mkdir -p \"$1\" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t \"$1\"";
/// Builds the npm package, and both crates.
const BUILD: [&str; 4] = [
    "node www/build.js",
    "node www/pack.js target/npm-package",
    "npm pack --silent --pack-destination target ./target/npm-package",
    "cargo package --quiet --offline --no-verify --allow-dirty -p homing-machine -p homing",
];

/// The differences between two builds, besides the time that passes.
struct Setting {
    dir: &'static str,
    time_zone: &'static str,
    locale: &'static str,
    /// The umask, and a time for the files.
    umask: &'static str,
    touched: &'static str,
}

const SETTINGS: [Setting; 2] = [
    Setting { dir: "one", time_zone: "UTC", locale: "C", umask: "022", touched: "2001-02-03T04:05:06" },
    Setting {
        dir: "two/deeper",
        time_zone: "Asia/Tokyo",
        locale: "C.UTF-8",
        umask: "077",
        touched: "2020-10-10T10:10:10",
    },
];

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::wasm_target(job)?;
    setup::npm(job)?;
    let base = job.place.own("reproducible");
    let _ = fs::remove_dir_all(&base);
    // Once, as a file may change before the second build.
    job.run(cmd("sh -c").args([COPY, "sh"]).arg(base.join("source")))?;
    let mut builds = Vec::new();
    for setting in &SETTINGS {
        builds.push(build(job, &base, setting)?);
    }
    let differing = differences(&builds[0], &builds[1])?;
    let count = files(&builds[0])?.len();
    let _ = fs::remove_dir_all(&base);
    if differing.is_empty() { Ok(Counts::passed(count)) } else { Err(Stop::Failed(differing.join("\n"))) }
}

/// Returns the directory of what was built.
fn build(job: &mut Job<'_>, base: &Path, setting: &Setting) -> Result<PathBuf, Stop> {
    let root = base.join(setting.dir);
    let home = root.join("target/home");
    fs::create_dir_all(&home)?;
    job.run(cmd("cp -R").arg(base.join("source/.")).arg(&root))?;
    let script = format!(
        "umask {}; cd \"$1\" && ln -s \"$2\" node_modules && find . -type f -exec touch -d {} {{}} + && {}",
        setting.umask,
        setting.touched,
        BUILD.join(" && "),
    );
    let modules = fs::canonicalize(job.place.root.join("node_modules"))?;
    let build = cmd("sh -c").args([script.as_str(), "sh"]).arg(&root).arg(modules);
    job.run(with_homes(build).env("HOME", &home).env("TZ", setting.time_zone).env("LC_ALL", setting.locale))?;
    let built = base.join(setting.dir.replace('/', "-")).with_extension("built");
    fs::create_dir_all(&built)?;
    for file in
        [files(&root.join("dist"))?, packages(&root.join("target"))?, packages(&root.join("target/package"))?].concat()
    {
        let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('/', "+");
        fs::copy(&file, built.join(name))?;
    }
    Ok(built)
}

/// Keeps the directories of the toolchain, which are below the usual home.
fn with_homes(cmd: Cmd) -> Cmd {
    let keep = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];
    let cmd = keep.into_iter().fold(cmd, |cmd, (variable, dir)| cmd.env(variable, home_of(variable, dir)));
    // Those of the workspace would be shared by both builds.
    cmd.env("CARGO_TARGET_DIR", "target").env("npm_config_update_notifier", "false")
}

/// All files below a directory.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { all.extend(files(&path)?) } else { all.push(path) }
    }
    Ok(all)
}

/// The packages in a directory, and the machine in the forms that the npm package contains.
fn packages(dir: &Path) -> Result<Vec<PathBuf>, Stop> {
    let all = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    let is_package =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tgz" || extension == "crate");
    Ok(all.into_iter().filter(is_package).collect())
}

fn differences(one: &Path, other: &Path) -> Result<Vec<String>, Stop> {
    let names = |dir: &Path| -> Result<Vec<_>, Stop> {
        let mut names: Vec<_> = files(dir)?.iter().filter_map(|file| Some(file.file_name()?.to_owned())).collect();
        names.sort();
        Ok(names)
    };
    let (first, second) = (names(one)?, names(other)?);
    if first != second {
        return Ok(vec![format!("other files: {first:?}, {second:?}")]);
    }
    let mut differing = Vec::new();
    for name in first {
        let (a, b) = (fs::read(one.join(&name))?, fs::read(other.join(&name))?);
        if let Some(at) = position(&a, &b) {
            let around = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[at.saturating_sub(40).min(bytes.len())..(at + 40).min(bytes.len())])
                    .into_owned()
            };
            differing.push(format!(
                "{} differs at byte {at}: {:?}, {:?}",
                name.to_string_lossy(),
                around(&a),
                around(&b)
            ));
        }
    }
    Ok(differing)
}

/// Where two files begin to differ.
fn position(a: &[u8], b: &[u8]) -> Option<usize> {
    (a != b).then(|| a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_that_differ_are_found() {
        let base = std::env::temp_dir().join(format!("xtask-{}-reproducible", std::process::id()));
        let [one, other] = ["one", "other"].map(|name| base.join(name));
        let write = |dir: &Path, name: &str, text: &str| {
            fs::create_dir_all(dir).unwrap();
            fs::write(dir.join(name), text).unwrap();
        };
        write(&one, "a.js", "built here");
        write(&other, "a.js", "built here");
        assert_eq!(differences(&one, &other).unwrap(), [""; 0]);
        write(&other, "a.js", "built there");
        assert!(differences(&one, &other).unwrap()[0].starts_with("a.js differs at byte 6"));
        write(&other, "b.js", "");
        assert!(differences(&one, &other).unwrap()[0].starts_with("other files"));
        fs::remove_dir_all(base).unwrap();
    }
}
