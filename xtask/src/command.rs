//! Command lines and the environment that they run in.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::place::Place;
use crate::setup;

const MINUTE: Duration = Duration::from_secs(60);

/// Commands of Cargo that only compile.
const COMPILES: [&str; 5] = ["build", "check", "clippy", "doc", "hack"];

/// A command line, run by the methods of [`Job`](crate::job::Job).
#[derive(Clone)]
pub(crate) struct Cmd {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// The command is killed after this long without output.
    pub(crate) silence: Duration,
}

/// `line` is split at spaces; there is no quoting.
pub(crate) fn cmd(line: &str) -> Cmd {
    let mut words = line.split_whitespace().map(OsString::from);
    Cmd { program: words.next().unwrap_or_default(), args: words.collect(), env: Vec::new(), silence: 10 * MINUTE }
}

impl From<&str> for Cmd {
    fn from(line: &str) -> Self {
        cmd(line)
    }
}

impl From<PathBuf> for Cmd {
    fn from(program: PathBuf) -> Self {
        Self::program(program)
    }
}

impl Cmd {
    pub(crate) fn program(path: impl Into<OsString>) -> Self {
        Self { program: path.into(), ..cmd("") }
    }

    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn args<A: Into<OsString>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The command is killed after so many seconds without output.
    pub(crate) fn silence_seconds(mut self, seconds: u64) -> Self {
        self.silence = Duration::from_secs(seconds);
        self
    }

    /// For commands that print nothing for long while they make progress, such as downloads.
    pub(crate) fn quiet_minutes(mut self, minutes: u32) -> Self {
        self.silence = minutes * MINUTE;
        self
    }

    /// As a person would type it.
    pub(crate) fn line(&self) -> String {
        let words: Vec<_> =
            std::iter::once(&self.program).chain(&self.args).map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    /// Whether it is one of Cargo's that run no test.
    pub(crate) fn only_compiles(&self) -> bool {
        let mut words = self.args.iter().map(|word| word.to_string_lossy()).filter(|word| !word.starts_with('+'));
        let is_build = words.clone().next().is_some_and(|word| COMPILES.contains(&&*word));
        self.program == "cargo" && (is_build || words.any(|word| word == "--no-run"))
    }

    /// `niceness` is that of `nice`, 0 for an ordinary one.
    pub(crate) fn prepare(&self, place: &Place, log: &File, niceness: u8) -> io::Result<Command> {
        let mut command = Command::new(&self.program);
        if cfg!(unix) && niceness > 0 {
            command = Command::new("nice");
            command.args(["-n", &niceness.to_string()]).arg(&self.program);
        }
        command
            .args(&self.args)
            .current_dir(&place.root)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?);
        // `cargo run` sets these for xtask. Build scripts that read them would run again whenever xtask and a plain
        // `cargo test` take turns.
        let of_xtask =
            ["CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
        for (name, _) in std::env::vars_os() {
            if name == "CARGO" || of_xtask.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.env_remove("FORCE_COLOR").env_remove("CLICOLOR_FORCE");
        command.envs([
            ("CARGO_TERM_COLOR", "never"),
            ("CARGO_TERM_PROGRESS_WHEN", "never"),
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
            // Without a network, npm and pip would repeat each download for minutes.
            ("npm_config_fetch_retries", "1"),
            ("PIP_RETRIES", "1"),
            // Otherwise asking for a toolchain's version installs the whole toolchain.
            ("RUSTUP_AUTO_INSTALL", "0"),
        ]);
        if std::env::var_os("CARGO_TARGET_DIR").is_some() {
            // Made absolute: it may be relative to the caller's directory.
            command.env("CARGO_TARGET_DIR", &place.target);
        }
        command.envs(setup::test_environment(place)).envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_compiles_is_recognized() {
        for line in ["cargo build -p a", "cargo +1.85.0 check", "cargo hack check", "cargo nextest run --no-run -p a"] {
            assert!(cmd(line).only_compiles(), "{line}");
        }
        for line in ["cargo test -p build", "cargo nextest run", "cargo run --example build", "node build.js", "cargo"]
        {
            assert!(!cmd(line).only_compiles(), "{line}");
        }
    }
}
