//! Installing what the tests need: once, pinned, and below the target directory where possible.
//!
//! What is there already is used as it is, without asking a network. What cannot be installed from here is named, and
//! the tests that need it say themselves that they were skipped.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Place, Stop};

/// The `rust-version` of the packages.
pub(crate) const MSRV: &str = "1.85.0";
const WASM: &str = "wasm32-unknown-unknown";
pub(crate) const CARGO_HACK: &str = "0.6.46";
pub(crate) const CARGO_DENY: &str = "0.20.2";
const WEBSOCKETS: &str = "17.4";
const WS: &str = "8.23.0";

/// Where the tests find their peers. A variable that is set already is left as it is.
pub(crate) fn test_environment(place: &Place) -> Vec<(&'static str, OsString)> {
    [
        ("HOMING_TEST_PYTHON", Some(venv_python(&place.own("venv")))),
        ("HOMING_TEST_NODE_MODULES", Some(place.own("node").join("node_modules"))),
        ("HOMING_TEST_NGINX", find("nginx")),
        ("HOMING_TEST_TINYPROXY", find("tinyproxy")),
        ("HOMING_TEST_SQUID", find("squid")),
        ("HOMING_TEST_DANTED", find("danted")),
        ("HOMING_TEST_MICROSOCKS", find("microsocks")),
    ]
    .into_iter()
    .filter_map(|(name, path)| Some((name, path.filter(|path| path.exists())?)))
    .filter(|(name, _)| std::env::var_os(name).is_none())
    .map(|(name, path)| (name, path.into_os_string()))
    .collect()
}

pub(crate) fn rust(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs("rustup")?;
    let formats = job.ask(cargo("fmt --version")).is_some();
    if !formats || job.ask(cargo("clippy --version")).is_none() {
        job.retry(|job| job.run(&cmd("rustup component add rustfmt clippy")))?;
    }
    wasm_target(job)?;
    if job.ask(cargo(&format!("+{MSRV} --version"))).is_none() {
        let install = cmd(&format!("rustup toolchain install {MSRV} --profile minimal"));
        job.retry(|job| job.run(&install))?;
    }
    Ok(Counts::one_passed())
}

pub(crate) fn wasm_target(job: &mut Job<'_>) -> Result<(), Stop> {
    needs("rustup")?;
    let targets = job.ask(cmd("rustup target list --installed")).unwrap_or_default();
    if !targets.contains(WASM) {
        job.retry(|job| job.run(&cmd("rustup target add").arg(WASM)))?;
    }
    Ok(())
}

/// Debian's packages, where that is the system and we are root.
pub(crate) fn apt(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let mut missing = Vec::new();
    let servers = [
        ("nginx", "nginx-light"),
        ("tinyproxy", "tinyproxy-bin"),
        ("squid", "squid-openssl"),
        ("danted", "dante-server"),
        ("microsocks", "microsocks"),
    ];
    missing.extend(servers.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| package));
    if !has_venv(job) {
        missing.push("python3-venv");
    }
    // The feature `native-tls` links to it.
    if cfg!(target_os = "linux") && job.ask(cmd("pkg-config --exists openssl")).is_none() {
        missing.extend(["pkg-config", "libssl-dev"]);
    }
    apt_packages(job, &missing)?;
    Ok(Counts::one_passed())
}

pub(crate) fn apt_packages(job: &mut Job<'_>, missing: &[&str]) -> Result<(), Stop> {
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = job.ask(cmd("id -u")).is_some_and(|id| id.trim() == "0");
    if !is_root || find("apt-get").is_none() {
        let list = missing.join(" ");
        return Err(Stop::Skipped(format!("please install {list} (only done here for root, by apt-get)")));
    }
    // Packages of servers start them, unless that file is there and says no. A source that cannot be reached is no
    // reason to give up before it is known whether it matters.
    let script = r#"
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            trap 'exit 1' INT TERM HUP
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod 755 "$policy"
        fi
        apt-get -q -o DPkg::Lock::Timeout=300 update || echo 'went on without'
        apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
    "#;
    let install = cmd("sh -c").args(&[script, "sh"]).args(missing).env("DEBIAN_FRONTEND", "noninteractive");
    job.retry(|job| job.run(&install))?;
    Ok(())
}

pub(crate) fn python(job: &mut Job<'_>) -> Result<Counts, Stop> {
    if !has_venv(job) {
        return Err(Stop::Skipped("please install Python 3 with venv (python3-venv)".into()));
    }
    let works = |job: &mut Job<'_>, dir: &Path| {
        let version = "import websockets; print(websockets.__version__)";
        let ask = Cmd::program(venv_python(dir)).args(&["-c", version]);
        let said = job.ask(ask).unwrap_or_default();
        said.lines().any(|line| line == WEBSOCKETS)
    };
    install_aside(job, "venv", works, |job, dir| {
        job.run(&cmd("python3 -m venv --clear").arg(dir))?;
        let pip = Cmd::program(venv_python(dir)).args(&["-m", "pip", "install", "--no-input"]);
        job.run(&pip.arg(format!("websockets=={WEBSOCKETS}")))
    })
}

pub(crate) fn node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs("node")?;
    needs("npm")?;
    let works = |_: &mut Job<'_>, dir: &Path| {
        let manifest = fs::read_to_string(dir.join("node_modules/ws/package.json"));
        manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{WS}\"")))
    };
    install_aside(job, "node", works, |job, dir| npm_package(job, dir, &format!("ws@{WS}")))
}

/// Installs the packages of a manifest once, for as long as it stays the same. Returns where. Without their scripts, which
/// only copy or download what other packages have.
pub(crate) fn npm_manifest(job: &mut Job<'_>, name: &str, manifest: &str) -> Result<PathBuf, Stop> {
    needs("node")?;
    needs("npm")?;
    let manifest = fs::read_to_string(job.place.root.join(manifest))?;
    let works =
        |_: &mut Job<'_>, dir: &Path| fs::read_to_string(dir.join("package.json")).is_ok_and(|it| it == manifest);
    install_aside(job, name, works, |job, dir| {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("package.json"), &manifest)?;
        let install = "npm install --no-package-lock --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix";
        job.run(&cmd(install).arg(dir))
    })?;
    Ok(job.place.own(name))
}

/// Installs a package into a directory of its own.
pub(crate) fn npm_package(job: &mut Job<'_>, dir: &Path, package: &str) -> Result<String, Stop> {
    fs::create_dir_all(dir)?;
    let npm = cmd("npm install --no-save --no-package-lock --no-audit --no-fund --prefix");
    job.run(&npm.arg(dir).arg(package))
}

/// A tool of Cargo's that is not part of it. Without `--locked`, so with the fixes that
/// its dependencies have had since.
pub(crate) fn cargo_tool(job: &mut Job<'_>, package: &str, version: &str) -> Result<(), Stop> {
    let command = package.strip_prefix("cargo-").unwrap_or(package);
    if job.ask(cargo(&format!("{command} --version"))).is_none() {
        let install = cargo(&format!("install {package} --version {version}"));
        job.retry(|job| job.run(&install))?;
    }
    Ok(())
}

/// Skips the step where a program is missing.
pub(crate) fn needs(program: &str) -> Result<PathBuf, Stop> {
    find(program).ok_or_else(|| Stop::Skipped(format!("please install {program}")))
}

/// Builds a directory of ours next to where it shall be and moves it there when it is complete, unless one that works is
/// there: an interrupted run leaves no half of one, and none is taken away from another run that uses it.
pub(crate) fn install_aside(
    job: &mut Job<'_>,
    name: &str,
    works: impl Fn(&mut Job<'_>, &Path) -> bool,
    build: impl Fn(&mut Job<'_>, &Path) -> Result<String, Stop>,
) -> Result<Counts, Stop> {
    let dir = job.place.own(name);
    if dir.exists() && works(job, &dir) {
        return Ok(Counts::one_passed());
    }
    let aside = job.place.own(&format!("{name}.{}", std::process::id()));
    let built = job.retry(|job| build(job, &aside));
    if built.is_ok() && !(dir.exists() && works(job, &dir)) {
        let _ = fs::remove_dir_all(&dir);
        // Fails where another run was faster, which is as good.
        let _ = fs::rename(&aside, &dir);
    }
    let _ = fs::remove_dir_all(&aside);
    built?;
    if works(job, &dir) {
        Ok(Counts::one_passed())
    } else {
        Err(Stop::Failed(format!("{} does not work", dir.display())))
    }
}

fn has_venv(job: &mut Job<'_>) -> bool {
    job.ask(cmd("python3 -c").arg("import venv, ensurepip")).is_some()
}

fn venv_python(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") }
}

/// Also where Debian puts servers, which is in the PATH of root only.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .chain(std::env::home_dir().map(|home| home.join(".cargo/bin")))
        .flat_map(|dir| ["", ".exe", ".cmd"].map(|end| dir.join(format!("{program}{end}"))))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_rust_tested_is_the_one_promised() {
        assert!(MSRV.starts_with(env!("CARGO_PKG_RUST_VERSION")));
    }
}
