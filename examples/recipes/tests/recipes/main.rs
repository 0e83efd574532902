//! Runs the programs of the guides with a server that cuts their connections.

mod connecting;
mod guides;
#[cfg(target_os = "linux")]
mod network;
mod sessions;
mod stopping;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use homing_test_server::{Entry, Server, What};

const PATIENCE: Duration = Duration::from_secs(30);

/// A program of a guide. Killed on drop.
struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(path: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (line, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|text| line.send(text)));
        Self { child, lines }
    }

    /// Returns the next line of its output; an empty one at its end.
    fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("no line within {PATIENCE:?}"),
        }
    }

    /// Waits for its end. Returns the rest of its output as well.
    fn end(mut self) -> (ExitStatus, Vec<String>) {
        let lines = std::iter::from_fn(|| Some(self.line()).filter(|line| !line.is_empty())).collect();
        (self.child.wait().expect("it ends"), lines)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the text messages that arrived, each with the number of its connection.
fn texts(journal: &[Entry]) -> Vec<(u64, &str)> {
    journal
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Text(text) => Some((entry.connection, text.as_str())),
            _ => None,
        })
        .collect()
}

/// Returns how many requests for a WebSocket arrived.
fn requests(journal: &[Entry]) -> usize {
    journal.iter().filter(|entry| matches!(entry.what, What::Request { .. })).count()
}

/// Waits until the journal meets the condition.
fn wait(server: &Server, what: &str, condition: impl FnMut(&[Entry]) -> bool) {
    assert!(server.wait_for(PATIENCE, condition), "not within {PATIENCE:?}: {what}\n{:#?}", server.journal());
}
