//! Servers of other libraries as child processes, which end with the test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::PATIENCE;

/// Returns the program that this variable names. Otherwise prints a line by which xtask counts the test as skipped.
pub(crate) fn skipped(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        println!("SKIPPED: {variable} is not set (run `cargo xtask test`)");
    }
    found
}

/// Whether this process is the one that the test runs in. Otherwise runs the test in a process of its own with these
/// variables, since the state of a process cannot be undone, and panics if it fails there.
#[cfg(feature = "__rustls")]
pub(crate) fn is_own_process(test: &str, variables: &[(&str, &str)]) -> bool {
    const MARK: &str = "HOMING_TEST_OWN_PROCESS";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut command = std::process::Command::new(std::env::current_exe().expect("this program"));
    let output = command.args([test, "--exact", "--nocapture"]).env(MARK, "1").envs(variables.iter().copied()).output();
    let output = output.expect("it starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

/// An echo server of another library. It exits when its standard input ends.
pub(crate) struct Peer {
    /// Killed on drop.
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
}

impl Peer {
    pub(crate) async fn python(arguments: &[&str]) -> Option<Self> {
        let python = skipped("HOMING_TEST_PYTHON")?;
        Some(Self::start(Command::new(python).arg(script("echo.py")).args(arguments)).await)
    }

    pub(crate) async fn node(arguments: &[&str]) -> Option<Self> {
        skipped("HOMING_TEST_NODE_MODULES")?;
        Some(Self::start(Command::new("node").arg(script("echo.cjs")).args(arguments)).await)
    }

    async fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut peer = Self { _child: child, lines, port: 0 };
        peer.port = peer.line().await.parse().expect("the port comes first");
        peer
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    /// Waits for the next line that it prints.
    pub(crate) async fn line(&mut self) -> String {
        let line = tokio::time::timeout(3 * PATIENCE, self.lines.next_line()).await;
        line.expect("a line in time").expect("readable").expect("it still runs")
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("native/support/servers").join(name)
}
