//! The Autobahn TestSuite: its fuzzing server, and as its agents the native client and, in browsers and in Node, the npm
//! class beside the one that it stands on.
//!
//! The suite is written for Python 2.7, which systems no longer have: CPython from pyenv or PATH serves, and so does
//! PyPy.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Place, Stop};
use crate::npm;
use crate::setup::{find, install_aside, needs};

const VIRTUALENV: &str = "20.15.1";
const SUITE: &str = "25.10.1";
/// The suite gives an agent half a second in some cases, which is little on a busy machine: up to so many that went
/// wrong are run again, alone, and so often.
const AGAIN: usize = 20;
const TIMES: usize = 2;
const ALL_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// All but those that are about speed and compression, which take half an hour.
const SHORT: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];
/// Without the many ways of writing bad UTF-8 and of compressing, which are the browser's business.
const SHORT_NPM: [&str; 12] =
    ["1.*", "2.*", "3.*", "4.*", "5.*", "6.1.*", "6.2.*", "6.3.*", "6.4.*", "7.*", "10.*", "12.1.1"];
/// Compression with small messages in each manner of the short run: the first cases of each kind.
const SHORT_DEFLATE: [&str; 8] = ["12.1.1", "12.2.2", "13.1.1", "13.2.1", "13.3.1", "13.4.1", "13.5.1", "13.7.1"];

/// Who runs the cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Agent {
    Native,
    /// The npm class, where this word of `tests/js/autobahn/run.js` says.
    Script(&'static str),
}

impl Agent {
    const ALL: [Self; 5] =
        [Self::Native, Self::Script("chromium"), Self::Script("firefox"), Self::Script("webkit"), Self::Script("node")];

    fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Script(place) => place,
        }
    }

    /// The agent that the first word names, and the cases after it.
    fn parse(words: &[String]) -> (Self, &[String]) {
        let named = words.first().and_then(|first| Self::ALL.into_iter().find(|agent| agent.name() == first));
        named.map_or((Self::Native, words), |agent| (agent, &words[1..]))
    }

    fn reports(self, place: &Place) -> PathBuf {
        place.own("autobahn-reports").join(self.name())
    }
}

/// `cargo xtask autobahn`: all cases, or those named, as `7.*` or `12.1.1`.
pub(crate) fn command(words: &[String]) -> ExitCode {
    let (agent, cases) = Agent::parse(words);
    let named: Vec<_> = cases.iter().map(String::as_str).collect();
    let cases = if named.is_empty() { &["*"][..] } else { &named };
    let ended = Place::find().map_err(Stop::from).and_then(|place| {
        let mut job = Job::start(&place, "autobahn", ALL_LIMIT)?;
        println!("the log is {}", job.log_path().display());
        // Those of the large sections keep the server busy, and would take each other's time.
        run(&mut job, agent, cases, 1)
            .map_err(|stop| match stop {
                Stop::Failed(problem) => Stop::Failed(format!("{}\n{problem}", job.output())),
                skipped => skipped,
            })
            .inspect(|_| println!("the reports are in {}", agent.reports(&place).display()))
    });
    match ended {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(Stop::Failed(problem)) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
        // Nothing is wrong with the client.
        Err(Stop::Skipped(reason)) => {
            println!("skipped: {reason}");
            ExitCode::SUCCESS
        }
    }
}

/// A step of `cargo xtask test`.
pub(crate) fn short(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let cases: Vec<_> = SHORT.into_iter().chain(SHORT_DEFLATE).collect();
    short_by(job, Agent::Native, &cases)
}

/// A step of `cargo xtask test`.
pub(crate) fn short_chromium(job: &mut Job<'_>) -> Result<Counts, Stop> {
    needs("chromedriver")?;
    short_by(job, Agent::Script("chromium"), &SHORT_NPM)
}

/// A step of `cargo xtask test`.
pub(crate) fn short_node(job: &mut Job<'_>) -> Result<Counts, Stop> {
    short_by(job, Agent::Script("node"), &SHORT_NPM)
}

fn short_by(job: &mut Job<'_>, agent: Agent, cases: &[&str]) -> Result<Counts, Stop> {
    // Most of them wait for most of their time.
    let table = run(job, agent, cases, 4)?;
    job.note(&table);
    Ok(Counts::one_passed())
}

/// Runs these cases, so many at the same time, and says how they went.
fn run(job: &mut Job<'_>, agent: Agent, cases: &[&str], turns: usize) -> Result<String, Stop> {
    install(job)?;
    job.run(&cargo("build --release -p homing-autobahn"))?;
    if agent != Agent::Native {
        npm::ensure(job)?;
    }
    let reports = agent.reports(job.place);
    let _ = fs::remove_dir_all(&reports);
    fs::create_dir_all(&reports)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let quoted: Vec<_> = cases.iter().map(|case| format!("{case:?}")).collect();
    let spec = format!(
        r#"{{"url": "ws://127.0.0.1:{port}", "outdir": {:?}, "cases": [{}], "exclude-cases": [], "exclude-agent-cases": {{}}}}"#,
        reports.display().to_string(),
        quoted.join(", ")
    );
    let spec_path = reports.join("spec.json");
    fs::write(&spec_path, spec)?;
    // Without its own web server, which has a fixed port.
    let server = wstest(&job.place.own("autobahn")).args(&["-m", "fuzzingserver", "-u", "0", "-s"]).arg(&spec_path);
    let _server = job.serve(&server)?;
    wait_for(port)?;
    let judge = |word: &str| {
        let which = if agent == Agent::Native { "native" } else { "beside" };
        agent_program(job.place).args(&[word, which]).arg(&reports)
    };
    let (judge, faulty) = (judge("judge"), judge("faulty"));
    run_by(job, agent, port, turns, &[])?;
    let mut notes = String::new();
    for _ in 0..TIMES {
        let listed = job.run(&faulty)?;
        let names: Vec<_> = listed.split_whitespace().collect();
        if names.is_empty() || names.len() > AGAIN {
            break;
        }
        let _ = writeln!(notes, "run again, alone: {}", names.join(" "));
        run_by(job, agent, port, 1, &names)?;
    }
    job.note(&notes);
    Ok(notes + &job.run(&judge)?)
}

fn agent_program(place: &Place) -> Cmd {
    Cmd::program(place.target.join("release/homing-autobahn"))
}

/// Lets the agent run all cases of the server, or those named.
fn run_by(job: &mut Job<'_>, agent: Agent, port: u16, turns: usize, cases: &[&str]) -> Result<(), Stop> {
    let program = match agent {
        Agent::Native => agent_program(job.place).arg("run"),
        Agent::Script(place) => cmd("node tests/js/autobahn/run.js").arg(place),
    };
    job.run(&program.arg(port.to_string()).arg(turns.to_string()).args(cases)).map(drop)
}

fn wait_for(port: u16) -> Result<(), Stop> {
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(Stop::Failed("the fuzzing server did not start".into()));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn install(job: &mut Job<'_>) -> Result<(), Stop> {
    let works = |job: &mut Job<'_>, dir: &Path| {
        let said = job.ask(wstest(dir).arg("-a")).unwrap_or_default();
        said.contains(&format!("AutobahnTestSuite {SUITE}"))
    };
    install_aside(job, "autobahn", works, |job, dir| {
        let Some(python) = python(job) else {
            let missing = "please install Python 2.7 or PyPy 2.7 (as `pyenv install 2.7.18` does)";
            return Err(Stop::Skipped(missing.into()));
        };
        let quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
        let packages = dir.join("virtualenv");
        let pip = Cmd::program(&python).args(&["-m", "pip", "install"]).args(&quiet);
        job.run(&pip.arg("--target").arg(&packages).arg(format!("virtualenv=={VIRTUALENV}")))?;
        let virtualenv = Cmd::program(&python).args(&["-m", "virtualenv"]).env("PYTHONPATH", &packages);
        job.run(&virtualenv.arg(dir.join("venv")))?;
        let pip = Cmd::program(dir.join("venv/bin/python")).args(&["-m", "pip", "install"]).args(&quiet);
        job.run(&pip.arg(format!("autobahntestsuite=={SUITE}")))
    })
    .map(drop)
}

/// By its interpreter: what pip writes into the script is where it was installed, before it was moved.
fn wstest(dir: &Path) -> Cmd {
    Cmd::program(dir.join("venv/bin/python")).arg(dir.join("venv/bin/wstest"))
}

/// A Python 2.7 that runs. What is in PATH can be a stand-in of pyenv's for one that is not chosen.
fn python(job: &mut Job<'_>) -> Option<PathBuf> {
    let pyenv = job.ask(crate::command::cmd("pyenv root")).map(|root| PathBuf::from(root.trim()).join("versions"));
    let versions = pyenv.and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let own = versions.map(|version| version.path().join("bin"));
    let known = own.flat_map(|dir| [dir.join("python2.7"), dir.join("pypy")]).filter(|file| file.is_file());
    let in_path = ["python2.7", "pypy", "pypy2"].into_iter().filter_map(find);
    let mut all: Vec<_> = known.chain(in_path).collect();
    // PyPy is the last resort: the suite was tried with CPython.
    all.sort_by_key(|file| file.ends_with("pypy"));
    all.into_iter().find(|python| {
        let ask = Cmd::program(python).args(&["-c", "import sys, pip; print(sys.version_info[:2] == (2, 7))"]);
        job.ask(ask).is_some_and(|said| said.trim() == "True")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_may_name_an_agent() {
        let parsed = |line: &str| {
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            let (agent, cases) = Agent::parse(&words);
            (agent, cases.join(" "))
        };
        assert_eq!(parsed(""), (Agent::Native, String::new()));
        assert_eq!(parsed("7.* 12.1.1"), (Agent::Native, "7.* 12.1.1".into()));
        assert_eq!(parsed("native 7.*"), (Agent::Native, "7.*".into()));
        assert_eq!(parsed("firefox 7.* 9.*"), (Agent::Script("firefox"), "7.* 9.*".into()));
    }
}
