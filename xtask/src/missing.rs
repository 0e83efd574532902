//! What this machine lacks: programs, a network or disk space, and how to get it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::job::Stop;
use crate::place::home_of;

/// Programs, and how to get them: by a command, from a page, or as a package of Debian. Names separated by `|` are
/// alternatives.
const PROGRAMS: [(&str, &str); 13] = [
    ("rustup", "https://rustup.rs"),
    ("node", "https://nodejs.org"),
    ("npm", "https://nodejs.org"),
    ("python3", "apt-get install python3 python3-venv"),
    ("chromium", "apt-get install chromium"),
    ("chromedriver", "apt-get install chromium-driver"),
    ("firefox-esr|firefox", "apt-get install firefox-esr"),
    ("geckodriver", "cargo install geckodriver"),
    ("WebKitWebDriver", "apt-get install webkit2gtk-driver"),
    ("xvfb-run", "apt-get install xvfb xauth"),
    ("wasm-bindgen|wasm-bindgen-test-runner", "cargo xtask test bindgen"),
    ("gzip", "apt-get install gzip"),
    ("git", "https://git-scm.com"),
];

/// Only downloads print these.
const NO_NETWORK: [&str; 11] = [
    "spurious network error",
    "but --offline was specified",
    "npm error network",
    "npm error code ENOTFOUND",
    "npm error code EAI_AGAIN",
    "npm error code ECONNREFUSED",
    "npm error code ETIMEDOUT",
    "Failed to establish a new connection",
    "could not download file from",
    "Temporary failure resolving",
    "E: Failed to fetch",
];

const DISK_FULL: [&str; 3] = ["No space left on device", "ENOSPC", "Disk quota exceeded"];

/// A compiler needs more than this, in kilobytes.
const LITTLE_DISK: u64 = 50_000;

/// Skips the step unless all these programs are installed. The reason names those that are not, and how to get them.
pub(crate) fn needs(programs: &[&str]) -> Result<(), Stop> {
    let missing: Vec<_> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    if missing.is_empty() { Ok(()) } else { Err(Stop::Skipped(not_installed(&missing))) }
}

pub(crate) fn not_installed(programs: &[&str]) -> String {
    let names: Vec<_> = programs.iter().filter_map(|program| program.split('|').next()).collect();
    let of = |program: &&str| {
        PROGRAMS.iter().find(|(names, _)| names == program || names.split('|').any(|name| name == *program))
    };
    let mut sources: Vec<_> = programs.iter().filter_map(of).map(|(_, source)| *source).collect();
    sources.dedup();
    let reason = format!("not installed: {}", names.join(", "));
    if sources.is_empty() { reason } else { format!("{reason} (get it: {})", sources.join("; ")) }
}

/// Returns where a program is, or where one of several alternatives separated by `|` is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<_> = std::env::split_paths(&path)
        // Debian puts servers where only root's PATH has them.
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .chain([home_of("CARGO_HOME", ".cargo").join("bin")])
        .collect();
    let names = program.split('|').flat_map(|name| ["", ".exe", ".cmd"].map(|end| format!("{name}{end}")));
    names.flat_map(|name| dirs.iter().map(move |dir| dir.join(&name))).find(|file| file.is_file())
}

/// Returns what the machine lacked, if that is why a command failed. `target` is the directory that it wrote to.
pub(crate) fn cause(output: &str, target: &Path) -> Option<String> {
    explain(output, free_kilobytes(target)).map(|lack| lack.replace("{target}", &target.display().to_string()))
}

fn explain(output: &str, free: Option<u64>) -> Option<String> {
    if DISK_FULL.iter().any(|words| output.contains(words)) || free.is_some_and(|free| free < LITTLE_DISK) {
        return Some("the disk of {target} is full: free some (as by `cargo clean`), or set CARGO_TARGET_DIR".into());
    }
    let offline = NO_NETWORK.iter().any(|words| output.contains(words));
    offline.then(|| "no network: connect this machine, or set HTTPS_PROXY where there is a proxy".into())
}

/// Returns the free space of the file system that holds `dir`, if `df` can say.
fn free_kilobytes(dir: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(dir).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_the_missing_programs_and_how_to_get_them() {
        assert!(needs(&["cargo"]).is_ok());
        let Err(Stop::Skipped(reason)) = needs(&["cargo", "no-such-program"]) else { panic!("not skipped") };
        assert_eq!(reason, "not installed: no-such-program");
        assert_eq!(
            not_installed(&["node", "npm", "firefox-esr|firefox"]),
            "not installed: node, npm, firefox-esr (get it: https://nodejs.org; apt-get install firefox-esr)"
        );
    }

    #[test]
    fn alternatives_of_a_program_are_found() {
        assert_eq!(find("no-such-program|cargo"), find("cargo"));
        assert_eq!(find("no-such-program|neither"), None);
    }

    #[test]
    fn a_full_disk_and_a_missing_network_are_recognized() {
        let cargo = "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname";
        assert!(explain(cargo, None).unwrap().starts_with("no network"));
        let rustc = "error: failed to write x: No space left on device (os error 28)";
        assert!(explain(rustc, Some(120_000)).unwrap().contains("is full"));
        assert!(explain("", Some(7)).unwrap().contains("is full"));
    }

    #[test]
    fn a_failed_test_about_networks_is_not_taken_for_a_missing_network() {
        assert_eq!(explain("npm error code 1\nECONNREFUSED 127.0.0.1:1", Some(90_000_000)), None);
        assert_eq!(explain("connection refused", None), None);
    }

    #[test]
    fn the_free_space_of_a_disk_is_read() {
        if find("df").is_some() {
            assert!(free_kilobytes(&std::env::temp_dir()).is_some());
        }
    }
}
