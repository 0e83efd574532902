//! The programs that this one starts: the server, and a client for each job.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, exit};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than any job takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server in a process of its own, which ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    port: String,
    roots: PathBuf,
}

impl Server {
    /// Starts the server, which writes its certificate to the directory.
    pub(crate) fn start(directory: &Path) -> Self {
        let program = std::env::current_exe().expect("this program");
        let roots = directory.join("roots.pem");
        let mut command = Command::new(program);
        let mut child = command.arg("serve").arg(&roots).stdout(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a port");
        Self { child, port: line.trim().into(), roots }
    }

    /// Returns a command with what a client needs to know.
    pub(crate) fn command(&self, program: &Path, job: &str, tool: &[&str]) -> Command {
        let mut command = match tool {
            [] => Command::new(program),
            [tool, options @ ..] => {
                let mut command = Command::new(tool);
                command.args(options).arg(program);
                command
            }
        };
        command.args([job, &self.port]).env("PEERS_ROOTS", &self.roots);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a client's run ended.
pub(crate) enum Ended {
    /// What it printed: its figures, and what a tool wrote.
    Done(Vec<f64>, String),
    /// It lacks what the case needs.
    Unable,
    Failed(String),
}

/// Runs a client. Ends this program if messages were wrong or missing.
pub(crate) fn run(mut command: Command) -> Ended {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::Failed(format!("does not start: {error}")),
    };
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    // Read meanwhile, as tools write more than fits into a pipe.
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None if start.elapsed() < PATIENCE => sleep(Duration::from_millis(2)),
            None => {
                let _ = child.kill();
                eprintln!("messages are missing: {command:?} is not done after {} s", PATIENCE.as_secs());
                exit(1);
            }
        }
    };
    let (mut output, errors) = (String::new(), errors.join().unwrap_or_default());
    let _ = out.read_to_string(&mut output);
    let last = || errors.lines().rfind(|line| !line.starts_with("==")).unwrap_or("no reason").to_owned();
    match status.code() {
        Some(0) if output.trim() == "unable" => Ended::Unable,
        Some(0) => match output.split_whitespace().map(str::parse).collect() {
            Ok(figures) => Ended::Done(figures, errors),
            Err(_) => Ended::Failed(format!("printed {output:?}")),
        },
        Some(4) => {
            eprintln!("{command:?}: {}", last());
            exit(1);
        }
        _ => Ended::Failed(format!("{status}: {}", last())),
    }
}
