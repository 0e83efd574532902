//! Installs what the tests need: once, in fixed versions, and below the target directory where possible.
//!
//! What is installed already is used without asking a network. Tests that need something that cannot be installed here
//! are skipped and say so.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::{find, needs};
use crate::place::Place;

/// The `rust-version` of the packages.
pub(crate) const MSRV: &str = "1.85.0";
const WASM: &str = "wasm32-unknown-unknown";
pub(crate) const WEBSOCKETS: &str = "17.4";

const SERVERS: [(&str, &str); 5] = [
    ("nginx", "nginx-light"),
    ("tinyproxy", "tinyproxy-bin"),
    ("squid", "squid-openssl"),
    ("danted", "dante-server"),
    ("microsocks", "microsocks"),
];
const BROWSERS: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("firefox-esr|firefox", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("xvfb-run", "xvfb"),
    // xvfb-run needs it, and its package only recommends it.
    ("xauth", "xauth"),
];

/// Where the tests find their peers. Variables that are set already are left as they are.
pub(crate) fn test_environment(place: &Place) -> Vec<(String, OsString)> {
    let servers = SERVERS.map(|(program, _)| (format!("HOMING_TEST_{}", program.to_uppercase()), find(program)));
    let installed = [
        ("HOMING_TEST_PYTHON".into(), Some(venv_python(&place.own("venv")))),
        ("HOMING_TEST_NODE_MODULES".into(), Some(place.root.join("node_modules"))),
    ];
    let all = servers.into_iter().chain(installed).filter(|(name, _)| std::env::var_os(name).is_none());
    all.filter_map(|(name, path)| Some((name, path.filter(|path| path.exists())?.into_os_string()))).collect()
}

/// The result of a set-up step.
fn installed(was_there: bool) -> Result<Counts, Stop> {
    Ok(Counts { cached: was_there, ..Counts::passed(1) })
}

pub(crate) fn rust(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs(&["rustup"])?;
    let has_tools = job.ask("cargo fmt --version").is_some() && job.ask("cargo clippy --version").is_some();
    if !has_tools {
        job.download("rustup component add rustfmt clippy")?;
    }
    let has_wasm = wasm_target(job)?;
    let has_msrv = job.ask(cmd(&format!("cargo +{MSRV} --version"))).is_some();
    if !has_msrv {
        job.download(&format!("rustup toolchain install {MSRV} --profile minimal"))?;
    }
    installed(has_tools && has_wasm && has_msrv)
}

/// Returns whether it was installed already.
pub(crate) fn wasm_target(job: &mut Job<'_>) -> Result<bool, Stop> {
    rust_targets(job, &[WASM])
}

/// Installs targets of the toolchain. Returns whether they were installed already.
pub(crate) fn rust_targets(job: &mut Job<'_>, targets: &[&str]) -> Result<bool, Stop> {
    needs(&["rustup"])?;
    let mut all = true;
    for target in targets {
        job.once(target, |job| {
            let there = job.ask("rustup target list --installed").unwrap_or_default();
            let is_there = there.lines().any(|line| line == *target);
            all &= is_there;
            if is_there { Ok(()) } else { job.download(&format!("rustup target add {target}")) }
        })?;
    }
    Ok(all)
}

/// Installs these components of nightly Rust. Fails if nightly Rust itself is not installed.
pub(crate) fn nightly(job: &mut Job<'_>, components: &[&str]) -> Result<(), Stop> {
    if job.ask("cargo +nightly --version").is_none() {
        return Err(Stop::Skipped("nightly Rust is not installed (get it: rustup toolchain install nightly)".into()));
    }
    let there = job.ask("rustup component list --installed --toolchain nightly").unwrap_or_default();
    for component in components.iter().filter(|component| !there.contains(**component)) {
        job.download(&format!("rustup component add {component} --toolchain nightly"))?;
    }
    Ok(())
}

pub(crate) fn nextest(job: &mut Job<'_>) -> Result<Counts, Stop> {
    cargo_install(job, "cargo-nextest", "0.9.143")
}

/// Installs a program by Cargo unless it runs. A package `cargo-x` is asked as `cargo x`.
pub(crate) fn cargo_install(job: &mut Job<'_>, package: &str, version: &str) -> Result<Counts, Stop> {
    let there = job.ask(&*format!("{} --version", package.replacen("cargo-", "cargo ", 1))).is_some();
    if !there {
        compile(job, &format!("{package} --version {version}"))?;
    }
    installed(there)
}

/// Installs with the dependencies that the program was released with, so that no later one breaks it. A registry may lack
/// one of these, as it was yanked for example: then with the latest ones.
fn compile(job: &mut Job<'_>, what: &str) -> Result<(), Stop> {
    if job.run(cmd(&format!("cargo install --locked {what}")).quiet_minutes(30)).is_err() {
        job.download(&format!("cargo install {what}"))?;
    }
    Ok(())
}

/// wasm-bindgen's tool has to have exactly the library's version.
pub(crate) fn bindgen(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let lock = fs::read_to_string(job.place.root.join("Cargo.lock"))?;
    let version = locked(&lock, "wasm-bindgen").ok_or(Stop::Failed("wasm-bindgen is not in Cargo.lock".into()))?;
    let there = job.ask("wasm-bindgen --version").is_some_and(|said| said.split_whitespace().nth(1) == Some(version));
    if !there {
        compile(job, &format!("--force wasm-bindgen-cli --version {version}"))?;
    }
    installed(there)
}

pub(crate) fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    entry.split('"').next()
}

/// Servers and libraries, as Debian's packages.
pub(crate) fn servers(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let mut more = Vec::new();
    if job.ask(has_venv()).is_none() {
        more.push("python3-venv");
    }
    // The feature `native-tls` links to OpenSSL.
    if cfg!(target_os = "linux") && job.ask("pkg-config --exists openssl").is_none() {
        more.extend(["pkg-config", "libssl-dev"]);
    }
    apt(job, &SERVERS, more)
}

/// Whether the libraries of a desktop app with a webview are there to build with.
pub(crate) const HAS_WEBVIEW: &str = "pkg-config --exists webkit2gtk-4.1 openssl";

/// What the example app of Tauri is built with.
pub(crate) fn webview(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let there = !cfg!(target_os = "linux") || job.ask(HAS_WEBVIEW).is_some();
    let packages = ["pkg-config", "libssl-dev", "libwebkit2gtk-4.1-dev"];
    apt(job, &[], if there { Vec::new() } else { packages.into() })
}

pub(crate) fn browsers(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let browsers = apt(job, &BROWSERS, Vec::new())?;
    let driver = cargo_install(job, "geckodriver", "0.37.1")?;
    installed(browsers.cached && driver.cached)
}

/// Chromium alone, and what builds modules for its pages.
pub(crate) fn chromium(job: &mut Job<'_>) -> Result<(), Stop> {
    apt(job, &BROWSERS[..1], Vec::new())?;
    wasm_target(job)?;
    bindgen(job).map(drop)
}

/// Installs the packages of programs that are missing, if the system is Debian and this is root.
pub(crate) fn apt(
    job: &mut Job<'_>,
    programs: &[(&str, &'static str)],
    more: Vec<&'static str>,
) -> Result<Counts, Stop> {
    let missing = programs.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package);
    let missing: Vec<_> = missing.chain(more).collect();
    if missing.is_empty() {
        return installed(true);
    }
    let is_root = job.ask("id -u").is_some_and(|id| id.trim() == "0");
    if !is_root || find("apt-get").is_none() {
        let list = missing.join(" ");
        return Err(Stop::Skipped(format!("not installed: {list} (get them: as root, apt-get install {list})")));
    }
    // Packages of servers start them unless this file forbids it. If one source cannot be reached, others may suffice.
    let script = r#"
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            trap 'exit 1' INT TERM HUP
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod 755 "$policy"
        fi
        apt-get -q -o DPkg::Lock::Timeout=300 update || echo 'continued without'
        apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
    "#;
    job.retry(|job| {
        let install = cmd("sh -c").args([script, "sh"]).args(missing.clone()).env("DEBIAN_FRONTEND", "noninteractive");
        job.run(install.quiet_minutes(30))
    })?;
    installed(false)
}

pub(crate) fn python(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs(&["python3"])?;
    if job.ask(has_venv()).is_none() {
        return Err(Stop::Skipped("Python's venv is not installed (get it: apt-get install python3-venv)".into()));
    }
    install(job, "venv", WEBSOCKETS, |job, dir| venv(job, dir, &[&format!("websockets=={WEBSOCKETS}")]))
}

/// Makes an environment of Python with these packages. Returns the output.
pub(crate) fn venv(job: &mut Job<'_>, dir: &Path, packages: &[&str]) -> Result<String, Stop> {
    job.run(cmd("python3 -m venv --clear").arg(dir))?;
    let pip =
        Cmd::program(venv_python(dir)).args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    job.run(pip.args(packages.iter().copied()).quiet_minutes(30))
}

fn has_venv() -> Cmd {
    cmd("python3 -c").arg("import venv, ensurepip")
}

pub(crate) fn venv_python(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") }
}

/// Installs the versions of `package-lock.json`, unless those of `package.json` are installed.
pub(crate) fn npm(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs(&["node", "npm"])?;
    let mut there = true;
    job.once("npm", |job| {
        there = job.ask("npm ls --depth=0").is_some();
        if there { Ok(()) } else { job.download("npm ci --no-audit --no-fund") }
    })?;
    installed(there)
}

/// Installs the packages of a manifest, without their scripts: those only copy or download what other packages have.
/// Returns the directory of xtask's own.
pub(crate) fn npm_manifest(job: &mut Job<'_>, name: &str, manifest: &str) -> Result<PathBuf, Stop> {
    needs(&["node", "npm"])?;
    let manifest = fs::read_to_string(job.place.root.join(manifest))?;
    install(job, name, &manifest, |job, dir| {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("package.json"), &manifest)?;
        let npm = "npm install --no-package-lock --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix";
        job.run(cmd(npm).arg(dir).quiet_minutes(30))
    })?;
    Ok(job.place.own(name))
}

/// Installs something into a directory of xtask's own, unless this version of it was installed there completely.
pub(crate) fn install(
    job: &mut Job<'_>,
    name: &str,
    version: &str,
    build: impl Fn(&mut Job<'_>, &Path) -> Result<String, Stop>,
) -> Result<Counts, Stop> {
    let dir = job.place.own(name);
    let stamp = dir.join("version.txt");
    let mut there = true;
    job.once(name, |job| {
        there = fs::read_to_string(&stamp).is_ok_and(|installed| installed == version);
        if there {
            return Ok(());
        }
        let _ = fs::remove_dir_all(&dir);
        job.retry(|job| build(job, &dir))?;
        Ok(fs::write(stamp, version)?)
    })?;
    installed(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_rust_tested_is_the_one_promised() {
        assert!(MSRV.starts_with(env!("CARGO_PKG_RUST_VERSION")));
    }

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "js-sys"), None);
    }
}
