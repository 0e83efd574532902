//! The Autobahn TestSuite: its fuzzing server, and the native client as its agent.
//!
//! The suite is written for Python 2.7, which systems no longer have: CPython from pyenv or PATH serves, and so does
//! PyPy.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo_output::Counts;
use crate::command::{Cmd, cargo};
use crate::job::{Job, Place, Stop};
use crate::setup::{find, install_aside};

const VIRTUALENV: &str = "20.15.1";
const SUITE: &str = "25.10.1";
const REPORTS: &str = "autobahn-reports";
const ALL_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// All but those that are about speed and compression, which take half an hour.
const SHORT: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];
/// Compression with small messages in each manner of the short run: the first cases of each kind.
const SHORT_DEFLATE: [&str; 8] = ["12.1.1", "12.2.2", "13.1.1", "13.2.1", "13.3.1", "13.4.1", "13.5.1", "13.7.1"];

/// `cargo xtask autobahn`: all cases, or those named, as `7.*` or `12.1.1`.
pub(crate) fn command(cases: &[String]) -> ExitCode {
    let named: Vec<_> = cases.iter().map(String::as_str).collect();
    let cases = if named.is_empty() { &["*"][..] } else { &named };
    let ended = Place::find().map_err(Stop::from).and_then(|place| {
        let mut job = Job::start(&place, "autobahn", ALL_LIMIT)?;
        println!("the log is {}", job.log_path().display());
        // Those of the large sections keep the server busy, and would take each other's time.
        run(&mut job, cases, 1)
            .map_err(|stop| match stop {
                Stop::Failed(problem) => Stop::Failed(format!("{}\n{problem}", job.output())),
                skipped => skipped,
            })
            .inspect(|_| println!("the reports are in {}", place.own(REPORTS).display()))
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

/// The step of `cargo xtask test`.
pub(crate) fn short(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let cases: Vec<_> = SHORT.into_iter().chain(SHORT_DEFLATE).collect();
    // Most of them wait for most of their time.
    let table = run(job, &cases, 4)?;
    job.note(&table);
    Ok(Counts::one_passed())
}

/// Runs these cases, so many at the same time, and says how they went.
fn run(job: &mut Job<'_>, cases: &[&str], turns: usize) -> Result<String, Stop> {
    install(job)?;
    job.run(&cargo("build --release -p homing-autobahn"))?;
    let reports = job.place.own(REPORTS);
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
    let agent = Cmd::program(job.place.target.join("release/homing-autobahn")).arg(port.to_string());
    job.run(&agent.arg(&reports).arg(turns.to_string()))
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
