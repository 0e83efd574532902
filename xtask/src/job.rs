//! Running the commands of a step, into its log.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo_output::{self, Counts};
use crate::command::Cmd;
use crate::group;

/// Why a step went no further.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(String),
    Skipped(String),
}

impl Stop {
    pub(crate) fn counts(self) -> Counts {
        match self {
            Self::Failed(problem) => Counts::one_failed(problem),
            Self::Skipped(reason) => Counts::one_skipped(format!("skipped: {reason}")),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Where things are. All of it absolute, as commands run in `root` whatever directory we were called from.
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
}

impl Place {
    pub(crate) fn find() -> io::Result<Self> {
        // The variable is what `cargo run` sets; the constant is for the binary called by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(&manifest).to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(dir)?,
            None => root.join("target"),
        };
        fs::create_dir_all(target.join("xtask"))?;
        Ok(Self { root, target })
    }

    /// Our own directory for logs and installed packages, which `cargo clean` removes with the rest.
    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join(name)
    }
}

/// A step that is running.
pub(crate) struct Job<'a> {
    pub(crate) place: &'a Place,
    log: File,
    log_path: PathBuf,
    deadline: Instant,
}

impl<'a> Job<'a> {
    pub(crate) fn start(place: &'a Place, name: &str, limit: Duration) -> io::Result<Self> {
        let log_path = place.own(&format!("{}.log", name.replace(' ', "-")));
        // A new file rather than an emptied one: another run may still be writing the one of that name.
        let _ = fs::remove_file(&log_path);
        let log = File::options().create(true).read(true).append(true).open(&log_path)?;
        Ok(Self { place, log, log_path, deadline: Instant::now() + limit })
    }

    pub(crate) fn log_path(&self) -> &Path {
        &self.log_path
    }

    pub(crate) fn output(&self) -> String {
        // Not by its name, which another run may have given to another file.
        let mut log = &self.log;
        let mut bytes = Vec::new();
        let _ = log.seek(SeekFrom::Start(0));
        let _ = log.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.log, "{text}");
    }

    /// Runs a command that must succeed. What it printed.
    pub(crate) fn run(&mut self, cmd: &Cmd) -> Result<String, Stop> {
        let (output, problem) = self.execute(cmd)?;
        problem.map_or(Ok(output), |problem| Err(Stop::Failed(problem)))
    }

    /// Runs a command that must succeed, and that talks to whoever called us rather than to the log.
    pub(crate) fn show(&mut self, cmd: &Cmd) -> Result<(), Stop> {
        let mut command = cmd.prepare(self.place, &self.log)?;
        let (mut child, _guard) = group::spawn(command.stdout(Stdio::inherit()).stderr(Stdio::inherit()))?;
        let status = child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(Stop::Failed(format!("{}: {status}", cmd.program.to_string_lossy())))
        }
    }

    /// Runs a command and says what it printed if it succeeded: for finding out what is there.
    pub(crate) fn ask(&mut self, cmd: Cmd) -> Option<String> {
        let (output, problem) = self.execute(&cmd.seconds(60)).ok()?;
        problem.is_none().then_some(output)
    }

    /// Runs a command that counts its tests itself.
    pub(crate) fn tests(&mut self, cmd: &Cmd) -> Result<Counts, Stop> {
        let (output, problem) = self.execute(cmd)?;
        let Some(mut counts) = cargo_output::parse(&output) else {
            return Err(Stop::Failed(problem.unwrap_or("no tests ran".into())));
        };
        if let Some(problem) = problem {
            // A test binary that crashed has printed no summary, so nothing else would count it.
            counts.failed = counts.failed.max(1);
            counts.notes.push(problem);
        }
        Ok(counts)
    }

    /// Starts a program that runs beside others, until what is returned is dropped or its stdin closes.
    pub(crate) fn serve(&mut self, cmd: &Cmd) -> Result<Service, Stop> {
        let mut command = cmd.prepare(self.place, &self.log)?;
        let (child, guard) = group::spawn(command.stdin(Stdio::piped()))?;
        Ok(Service { child, _guard: guard })
    }

    /// Runs a command in the foreground: what it prints is seen, and Ctrl-C reaches it.
    pub(crate) fn attend(&mut self, cmd: &Cmd) -> Result<(), Stop> {
        let mut command = cmd.prepare(self.place, &self.log)?;
        let status = command.stdout(Stdio::inherit()).stderr(Stdio::inherit()).status()?;
        let program = cmd.program.to_string_lossy();
        if status.success() { Ok(()) } else { Err(Stop::Failed(format!("{program}: {status}"))) }
    }

    /// For what depends on a network: three attempts.
    pub(crate) fn retry<T>(&mut self, attempt: impl Fn(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        for pause in [5, 15] {
            match attempt(self) {
                Err(Stop::Failed(problem)) if Instant::now() < self.deadline => {
                    self.note(&format!("{problem}; again in {pause} s"));
                    thread::sleep(Duration::from_secs(pause));
                }
                done => return done,
            }
        }
        attempt(self)
    }

    /// What the command printed, and what was wrong if it did not succeed.
    fn execute(&mut self, cmd: &Cmd) -> Result<(String, Option<String>), Stop> {
        let program = cmd.program.to_string_lossy();
        let words: Vec<_> = cmd.args.iter().map(|arg| arg.to_string_lossy()).collect();
        self.note(&format!("$ {program} {}", words.join(" ")));

        let start = self.output().len();
        let (mut child, guard) = group::spawn(&mut cmd.prepare(self.place, &self.log)?)
            .map_err(|error| Stop::Failed(format!("{program}: {error}")))?;
        let started = Instant::now();
        let limit = cmd.limit.min(self.deadline.saturating_duration_since(started));
        let problem = loop {
            match child.try_wait()? {
                Some(status) if status.success() => break None,
                Some(status) => break Some(format!("{program}: {status}")),
                None if started.elapsed() > limit => {
                    drop(guard);
                    let _ = child.kill();
                    let _ = child.wait();
                    let seconds = limit.as_secs_f64();
                    break Some(format!("{program}: not done after {seconds:.0} s, ended"));
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let output = self.output();
        let output = output.get(start..).unwrap_or_default().to_string();
        if let Some(problem) = &problem {
            self.note(problem);
        }
        Ok((output, problem))
    }
}

/// A program that runs beside others.
pub(crate) struct Service {
    child: Child,
    _guard: group::Guard,
}

impl Service {
    pub(crate) fn has_ended(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::command::cmd;

    fn in_a_job<T>(name: &str, seconds: u64, test: impl FnOnce(&mut Job<'_>) -> T) -> T {
        let target = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        fs::create_dir_all(target.join("xtask")).unwrap();
        let root = std::env::temp_dir();
        let place = Place { root, target };
        let mut job = Job::start(&place, name, Duration::from_secs(seconds)).unwrap();
        let result = test(&mut job);
        fs::remove_dir_all(&place.target).unwrap();
        result
    }

    fn sh(script: &str) -> Cmd {
        cmd("sh -c").arg(script)
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_its_children() {
        let started = Instant::now();
        let ended = in_a_job("hang", 1, |job| job.run(&sh("echo begun; sleep 60 & sleep 60")));
        let Err(Stop::Failed(problem)) = ended else {
            panic!("{ended:?}");
        };
        assert_eq!(problem, "sh: not done after 1 s, ended");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_crash_after_passed_tests_counts_as_a_failure() {
        let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 101";
        let counts = in_a_job("crash", 60, |job| job.tests(&sh(script))).unwrap();
        assert_eq!((counts.passed, counts.failed), (2, 1));
    }

    #[test]
    fn success_without_any_test_is_a_failure() {
        let ended = in_a_job("none", 60, |job| job.tests(&sh("echo fine")));
        assert!(matches!(ended, Err(Stop::Failed(problem)) if problem == "no tests ran"));
    }

    #[test]
    fn a_command_says_only_what_it_printed_itself() {
        let (first, second) = in_a_job("output", 60, |job| {
            let first = job.run(&sh("echo one")).unwrap();
            (first, job.run(&sh("echo two >&2")).unwrap())
        });
        assert_eq!((first.as_str(), second.as_str()), ("one\n", "two\n"));
    }
}
