//! Command lines, and the environment that they run in.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::job::Place;
use crate::setup;

/// A command line, to be run by [`Job::run`](crate::job::Job::run) and its siblings.
pub(crate) struct Cmd {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    pub(crate) limit: Duration,
}

/// `line` is split at spaces, without any quoting.
pub(crate) fn cmd(line: &str) -> Cmd {
    let mut words = line.split_whitespace().map(OsString::from);
    Cmd { program: words.next().unwrap_or_default(), args: words.collect(), env: Vec::new(), limit: Duration::MAX }
}

pub(crate) fn cargo(line: &str) -> Cmd {
    cmd(&format!("cargo {line}"))
}

impl Cmd {
    pub(crate) fn program(path: impl Into<OsString>) -> Self {
        Self { program: path.into(), ..cmd("") }
    }

    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn args(self, args: &[&str]) -> Self {
        args.iter().fold(self, |this, arg| this.arg(*arg))
    }

    /// The same, started by another program.
    pub(crate) fn under(mut self, program: &str, args: &[&str]) -> Self {
        let own = std::mem::replace(&mut self.program, program.into());
        let args = args.iter().map(OsString::from).chain([own]);
        self.args.splice(0..0, args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Less than what is left of the step's time.
    pub(crate) fn seconds(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    pub(crate) fn prepare(&self, place: &Place, log: &File) -> io::Result<Command> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .current_dir(&place.root)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?);
        for (name, _) in std::env::vars_os() {
            if is_of_our_own_build(&name.to_string_lossy()) {
                command.env_remove(&name);
            }
        }
        command
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("NO_COLOR", "1")
            .env("TERM", "dumb")
            // The defaults of this repository's cargo configuration, which are not meant for what we name ourselves.
            .env_remove("WASM_BINDGEN_USE_BROWSER")
            .env_remove("WASM_BINDGEN_TEST_TIMEOUT")
            .env_remove("WASM_BINDGEN_TEST_WEBDRIVER_JSON")
            .env_remove("FORCE_COLOR")
            .env_remove("CLICOLOR_FORCE")
            // To ask for a toolchain must not install it, in full.
            .env("RUSTUP_AUTO_INSTALL", "0");
        if std::env::var_os("CARGO_TARGET_DIR").is_some() {
            // It may have been relative to another directory.
            command.env("CARGO_TARGET_DIR", &place.target);
        }
        command.envs(setup::test_environment(place));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// What `cargo run` tells us about this package. Some build scripts look at the same names, and would run again whenever
/// we and a plain `cargo test` take turns.
fn is_of_our_own_build(name: &str) -> bool {
    let prefixes = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_MANIFEST_"];
    matches!(name, "CARGO" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR")
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
