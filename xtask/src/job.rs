//! A step that is running: its commands and its log.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Cmd, cmd};
use crate::counts::{self, Counts};
use crate::place::Place;
use crate::service::Service;
use crate::steps::Lane;
use crate::{group, missing};

/// Why a step ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(String),
    /// This machine lacks something. The text says what, and how to get it.
    Skipped(String),
}

impl Stop {
    pub(crate) fn counts(self) -> Counts {
        match self {
            Self::Failed(problem) => Counts { failed: 1, notes: vec![problem], ..Counts::default() },
            Self::Skipped(reason) => {
                Counts { skipped: 1, notes: vec![format!("skipped: {reason}")], ..Counts::default() }
            }
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

pub(crate) struct Job<'a> {
    pub(crate) place: &'a Place,
    log: File,
    log_path: PathBuf,
    /// Processor time of the commands that ended, where it is known.
    pub(crate) used: Duration,
    pub(crate) lane: Lane,
}

impl<'a> Job<'a> {
    pub(crate) fn start(place: &'a Place, name: &str) -> io::Result<Self> {
        let name = format!("{}.log", name.replace(' ', "-"));
        let (log, log_path) = open(place.own(&name))
            // The disk of the target directory may be full; that of temporary files may not.
            .or_else(|error| {
                open(std::env::temp_dir().join(format!("xtask-{}", std::process::id())).join(name)).map_err(|_| error)
            })?;
        Ok(Self { place, log, log_path, used: Duration::ZERO, lane: Lane::First })
    }

    pub(crate) fn log_path(&self) -> &Path {
        &self.log_path
    }

    pub(crate) fn output(&self) -> String {
        // Through the open file: another run may have replaced the file of that name.
        let mut log = &self.log;
        let mut bytes = Vec::new();
        let _ = log.seek(SeekFrom::Start(0));
        let _ = log.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.log, "{text}");
    }

    /// Makes something that other steps use as well: by one step at a time, and once in a run.
    pub(crate) fn once(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let is_made = self.place.made(name);
        let mut is_made = is_made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_made {
            make(self)?;
            *is_made = true;
        }
        Ok(())
    }

    /// Runs a command that must succeed and returns its output.
    pub(crate) fn run(&mut self, cmd: impl Into<Cmd>) -> Result<String, Stop> {
        let (output, problem) = self.execute(&cmd.into())?;
        problem.map_or(Ok(output), |problem| Err(Stop::Failed(problem)))
    }

    /// Runs a command that must succeed and counts as one test.
    pub(crate) fn check(&mut self, cmd: impl Into<Cmd>) -> Result<Counts, Stop> {
        let output = self.run(cmd)?;
        Ok(Counts { cached: counts::is_fresh(&output), ..Counts::passed(1) })
    }

    /// Runs a command and returns its output, or `None` if it fails.
    pub(crate) fn ask(&mut self, cmd: impl Into<Cmd>) -> Option<String> {
        let (output, problem) = self.execute(&cmd.into().silence_seconds(60)).ok()?;
        problem.is_none().then_some(output)
    }

    /// Runs a command that prints how many of its tests passed.
    pub(crate) fn tests(&mut self, cmd: impl Into<Cmd>) -> Result<Counts, Stop> {
        let (output, problem) = self.execute(&cmd.into())?;
        let Some(mut counts) = counts::parse(&output) else {
            return Err(Stop::Failed(problem.unwrap_or("no tests ran".into())));
        };
        if let Some(problem) = problem {
            // A test binary that crashed printed no result.
            counts.failed = counts.failed.max(1);
            counts.notes.push(problem);
        }
        Ok(counts)
    }

    /// Returns a process to start that writes to the log.
    pub(crate) fn prepare(&self, cmd: &Cmd) -> io::Result<Command> {
        cmd.prepare(self.place, &self.log, 0)
    }

    /// Starts a program that runs until the returned value is dropped.
    pub(crate) fn serve(&mut self, cmd: Cmd) -> Result<Service, Stop> {
        let mut command = self.prepare(&cmd)?;
        let (child, guard) = group::spawn(command.stdin(Stdio::piped()))?;
        Ok(Service::new(child, guard))
    }

    /// Runs a command in the foreground: its output goes to the terminal, and Ctrl-C reaches it.
    pub(crate) fn attend(&mut self, cmd: Cmd) -> Result<(), Stop> {
        let mut command = self.prepare(&cmd)?;
        let status = command.stdout(Stdio::inherit()).stderr(Stdio::inherit()).status()?;
        if status.success() { Ok(()) } else { Err(Stop::Failed(format!("{}: {status}", cmd.line()))) }
    }

    /// Attempts a download three times.
    pub(crate) fn retry(&mut self, attempt: impl Fn(&mut Self) -> Result<String, Stop>) -> Result<(), Stop> {
        for pause in [5, 15] {
            match attempt(self) {
                Err(Stop::Failed(problem)) => self.note(&format!("{problem}; next attempt in {pause} s")),
                done => return done.map(drop),
            }
            thread::sleep(Duration::from_secs(pause));
        }
        attempt(self).map(drop)
    }

    /// Downloads by a command, which may fail twice.
    pub(crate) fn download(&mut self, line: &str) -> Result<(), Stop> {
        self.retry(|job| job.run(cmd(line).quiet_minutes(30)))
    }

    /// Returns the command's output and what went wrong, if anything.
    fn execute(&mut self, cmd: &Cmd) -> Result<(String, Option<String>), Stop> {
        let (line, program) = (cmd.line(), cmd.program.to_string_lossy());
        self.note(&format!("$ {line}"));
        let start = self.output().len();
        let niceness = self.lane.niceness(cmd.only_compiles());
        let (mut child, guard) =
            group::spawn(&mut cmd.prepare(self.place, &self.log, niceness)?).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Stop::Skipped(missing::not_installed(&[&program])),
                _ => Stop::Failed(format!("{program}: {error}")),
            })?;
        let mut length = 0;
        let mut last_output = Instant::now();
        let mut used = Duration::ZERO;
        let problem = loop {
            // Before `try_wait`, which makes the system forget it.
            let usage = group::usage(&child);
            used = usage.map_or(used, |(_, used)| used);
            match if usage.is_some_and(|(ended, _)| !ended) { None } else { child.try_wait()? } {
                Some(status) if status.success() => break None,
                Some(status) => break Some(format!("{line}: {status}")),
                None => thread::sleep(Duration::from_millis(20)),
            }
            let now = self.log.metadata()?.len();
            if now != length {
                (length, last_output) = (now, Instant::now());
            } else if last_output.elapsed() > cmd.silence {
                drop(guard);
                let _ = child.kill();
                let _ = child.wait();
                break Some(format!("{line}: killed after {} s without output", cmd.silence.as_secs()));
            }
        };
        self.used += used;
        let output = self.output().get(start..).unwrap_or_default().to_string();
        if let Some(problem) = &problem {
            self.note(problem);
            let no_results = counts::parse(&output).is_none();
            if let Some(lack) = missing::cause(&output, &self.place.target).filter(|_| no_results) {
                return Err(Stop::Skipped(lack));
            }
        }
        Ok((output, problem))
    }
}

fn open(path: PathBuf) -> io::Result<(File, PathBuf)> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    // A new file instead of a truncated one: another run may still write to the old one.
    let _ = fs::remove_file(&path);
    let mut log = File::options().create(true).read(true).append(true).open(&path)?;
    writeln!(log)?;
    Ok((log, path))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn in_a_job<T>(name: &str, test: impl FnOnce(&mut Job<'_>) -> T) -> T {
        let target = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        let place = Place::new(std::env::temp_dir(), target);
        let result = test(&mut Job::start(&place, name).unwrap());
        fs::remove_dir_all(&place.target).unwrap();
        result
    }

    fn sh(script: &str) -> Cmd {
        cmd("sh -c").arg(script)
    }

    #[test]
    fn a_silent_command_is_killed_with_its_children() {
        let started = Instant::now();
        let ended = in_a_job("silent", |job| job.run(sh("echo begun; sleep 60 & sleep 60").silence_seconds(1)));
        assert!(
            matches!(&ended, Err(Stop::Failed(problem)) if problem.ends_with("killed after 1 s without output")),
            "{ended:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_command_that_prints_is_not_killed_however_long_it_takes() {
        let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.5; done";
        let ended = in_a_job("prints", |job| job.run(sh(script).silence_seconds(5)));
        assert!(matches!(&ended, Ok(output) if output.ends_with("12\n")), "{ended:?}");
    }

    #[test]
    fn what_steps_share_is_made_once_and_again_only_after_a_failure() {
        in_a_job("once", |job| {
            assert!(job.once("a", |job| job.run("false").map(drop)).is_err());
            for _ in 0..2 {
                job.once("a", |job| job.run(sh("echo made")).map(drop)).unwrap();
            }
            job.once("b", |job| job.run(sh("echo made")).map(drop)).unwrap();
            assert_eq!(job.output().matches("\nmade").count(), 2);
        });
    }

    #[test]
    fn a_crash_after_passed_tests_counts_as_a_failure() {
        let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 101";
        let counts = in_a_job("crash", |job| job.tests(sh(script))).unwrap();
        assert_eq!((counts.passed, counts.failed), (2, 1));
    }

    #[test]
    fn success_without_any_test_is_a_failure() {
        let ended = in_a_job("none", |job| job.tests(sh("echo fine")));
        assert!(matches!(ended, Err(Stop::Failed(problem)) if problem == "no tests ran"));
    }

    #[test]
    fn the_output_of_a_command_is_only_its_own() {
        let (first, second) = in_a_job("output", |job| {
            let first = job.run(sh("echo one")).unwrap();
            (first, job.run(sh("echo two >&2")).unwrap())
        });
        assert_eq!((first.as_str(), second.as_str()), ("one\n", "two\n"));
    }

    #[test]
    fn a_program_that_does_not_exist_skips_the_step() {
        let ended = in_a_job("program", |job| job.run("no-such-program --version"));
        assert!(matches!(ended, Err(Stop::Skipped(reason)) if reason == "not installed: no-such-program"));
    }

    #[test]
    fn a_full_disk_skips_the_step_unless_tests_have_results() {
        let full = "echo 'error: x: No space left on device (os error 28)'; exit 1";
        let ended = in_a_job("disk", |job| job.run(sh(full)));
        assert!(matches!(&ended, Err(Stop::Skipped(reason)) if reason.contains("is full")), "{ended:?}");
        let tests = format!("echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; {full}");
        assert_eq!(in_a_job("results", |job| job.tests(sh(&tests))).unwrap().failed, 1);
    }
}
