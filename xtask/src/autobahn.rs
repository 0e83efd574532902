//! The Autobahn TestSuite: its fuzzing server, and as its agents the native client and, in browsers and in Node, the npm
//! class beside the class below it.
//!
//! The suite needs Python 2.7, which systems no longer have: CPython from pyenv or PATH serves, and so does PyPy.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::find;
use crate::native::WORKSPACE;
use crate::npm;
use crate::place::Place;
use crate::service::free_port;
use crate::setup;

const VIRTUALENV: &str = "20.15.1";
const SUITE: &str = "25.10.1";
/// The suite gives an agent half a second in some cases, which is little on a busy machine. If at most so many cases
/// failed, they run again, one at a time, at most so many times.
const AGAIN: usize = 20;
const TIMES: usize = 5;

/// All but those about speed and compression, which take half an hour; then the first compressed ones of each kind.
pub(crate) const SHORT: &str =
    "1.* 2.* 3.* 4.* 5.* 6.* 7.* 10.* 12.1.1 12.2.2 13.1.1 13.2.1 13.3.1 13.4.1 13.5.1 13.7.1";
/// Without the many variants of invalid UTF-8 and of compression, which are the browser's part.
pub(crate) const SHORT_NPM: &str = "1.* 2.* 3.* 4.* 5.* 6.1.* 6.2.* 6.3.* 6.4.* 7.* 10.* 12.1.1";
/// `native`, or where `tests/js/autobahn/run.js` runs the npm class.
const AGENTS: [&str; 5] = ["native", "chromium", "firefox", "webkit", "node"];

/// `cargo xtask autobahn` with the words after it: an agent, and cases such as `7.*` or `12.1.1`.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    println!("the log is {}", job.log_path().display());
    let (agent, cases) = agent_and_cases(words);
    let cases = if cases.is_empty() { vec!["*"] } else { cases.iter().map(String::as_str).collect() };
    // One at a time: large cases would slow each other down.
    let table = run(job, agent, &cases, 1, "release")?;
    println!("{table}the reports are in {}", reports(job.place, agent).display());
    Ok(())
}

fn agent_and_cases(words: &[String]) -> (&str, &[String]) {
    match words.split_first() {
        Some((first, cases)) if AGENTS.contains(&first.as_str()) => (first, cases),
        _ => ("native", words),
    }
}

fn reports(place: &Place, agent: &str) -> PathBuf {
    place.own("autobahn-reports").join(agent)
}

/// A step of `cargo xtask test`.
pub(crate) fn check(job: &mut Job<'_>, agent: &str, cases: &str) -> Result<Counts, Stop> {
    // Most cases wait most of the time, and those about speed are not among them.
    let table = run(job, agent, &cases.split(' ').collect::<Vec<_>>(), 4, "debug")?;
    job.note(&table);
    Ok(Counts::passed(1))
}

/// Runs these cases, so many at the same time, by agents of this profile. Returns the table of results.
fn run(job: &mut Job<'_>, agent: &str, cases: &[&str], parallel: usize, profile: &str) -> Result<String, Stop> {
    install(job)?;
    let release = if profile == "release" { "--release" } else { "" };
    job.run(&*format!("cargo build {WORKSPACE} --bin homing-autobahn {release}"))?;
    if agent != "native" {
        npm::ensure(job)?;
    }
    let reports = reports(job.place, agent);
    let _ = fs::remove_dir_all(&reports);
    fs::create_dir_all(&reports)?;
    let port = free_port()?;
    let spec = format!(
        r#"{{"url": "ws://127.0.0.1:{port}", "outdir": {:?}, "cases": {cases:?}, "exclude-cases": [], "exclude-agent-cases": {{}}}}"#,
        reports.display().to_string(),
    );
    let spec_path = reports.join("spec.json");
    fs::write(&spec_path, spec)?;
    // Without its web server, which has a fixed port.
    let programs = job.place.own("autobahn").join("venv/bin");
    let server = Cmd::program(programs.join("python"))
        .arg(programs.join("wstest"))
        .args(["-m", "fuzzingserver", "-u", "0", "-s"])
        .arg(&spec_path);
    let mut server = job.serve(server)?;
    server.wait_for_port(port)?;
    let program = job.place.target.join(profile).join("homing-autobahn");
    let evaluate = |word: &str| {
        let which = if agent == "native" { "native" } else { "beside" };
        Cmd::program(&program).args([word, which]).arg(&reports)
    };
    let run = |job: &mut Job<'_>, parallel: usize, cases: &[&str]| {
        let runner = match agent {
            "native" => Cmd::program(&program).arg("run"),
            place => cmd("node tests/js/autobahn/run.js").arg(place),
        };
        // In a browser nothing is printed until all cases are done.
        job.run(runner.args([port.to_string(), parallel.to_string()]).args(cases.iter().copied()).quiet_minutes(180))
    };
    run(job, parallel, &[])?;
    let mut notes = String::new();
    for _ in 0..TIMES {
        let failed = job.run(evaluate("failed"))?;
        let names: Vec<_> = failed.split_whitespace().collect();
        if names.is_empty() || names.len() > AGAIN {
            break;
        }
        let _ = writeln!(notes, "run again, one at a time: {}", names.join(" "));
        run(job, 1, &names)?;
    }
    job.note(&notes);
    Ok(notes + &job.run(evaluate("check"))?)
}

fn install(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::install(job, "autobahn", SUITE, |job, dir| {
        let python = python(job).ok_or_else(|| {
            Stop::Skipped("Python 2.7 is not installed (get it: pyenv install 2.7.18, or PyPy 2.7)".into())
        })?;
        let quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-input"];
        let packages = dir.join("virtualenv");
        let pip = Cmd::program(&python).args(["-m", "pip"]).args(quiet).quiet_minutes(30);
        job.run(pip.arg("--target").arg(&packages).arg(format!("virtualenv=={VIRTUALENV}")))?;
        let virtualenv = Cmd::program(&python).args(["-m", "virtualenv"]).env("PYTHONPATH", &packages);
        job.run(virtualenv.arg(dir.join("venv")))?;
        let pip = Cmd::program(dir.join("venv/bin/python")).args(["-m", "pip"]).args(quiet).quiet_minutes(30);
        job.run(pip.arg(format!("autobahntestsuite=={SUITE}")))
    })
}

/// Returns a Python 2.7 that runs: those in PATH may be pyenv's placeholders for versions that are not chosen.
fn python(job: &mut Job<'_>) -> Option<PathBuf> {
    let pyenv = job.ask("pyenv root").map(|root| PathBuf::from(root.trim()).join("versions"));
    let versions = pyenv.and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let own = versions.map(|version| version.path().join("bin"));
    let known = own.flat_map(|dir| [dir.join("python2.7"), dir.join("pypy")]).filter(|file| file.is_file());
    let in_path = ["python2.7", "pypy", "pypy2"].into_iter().filter_map(find);
    let mut all: Vec<_> = known.chain(in_path).collect();
    // CPython first: the suite was tested with it.
    all.sort_by_key(|file| file.ends_with("pypy"));
    all.into_iter().find(|python| {
        let ask = Cmd::program(python).args(["-c", "import sys, pip; print(sys.version_info[:2] == (2, 7))"]);
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
            let (agent, cases) = agent_and_cases(&words);
            format!("{agent}: {}", cases.join(" "))
        };
        assert_eq!(parsed(""), "native: ");
        assert_eq!(parsed("7.* 12.1.1"), "native: 7.* 12.1.1");
        assert_eq!(parsed("native 7.*"), "native: 7.*");
        assert_eq!(parsed("firefox 7.* 9.*"), "firefox: 7.* 9.*");
    }
}
