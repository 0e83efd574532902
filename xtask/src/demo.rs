//! `cargo xtask demo`: a page that shows what the client does, beside a server that misbehaves on request.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::cargo_output::{Counts, excerpt};
use crate::command::{Cmd, cargo, cmd};
use crate::job::{Job, Place, Service, Stop};
use crate::{npm, setup};

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);
/// What `www/demo/serve.js` prints before the address.
const ADDRESS: &str = "The page is at ";

const TESTS: [&str; 4] = ["record", "buttons", "reading", "firefox"];

/// Sets up what the page needs, serves it and prints its address, until somebody presses Ctrl-C.
pub(crate) fn run() -> ExitCode {
    let place = match Place::find() {
        Ok(place) => place,
        Err(error) => return failure(&error.to_string()),
    };
    let mut job = match Job::start(&place, "demo page", HALF_AN_HOUR) {
        Ok(job) => job,
        Err(error) => return failure(&error.to_string()),
    };
    println!("Building the page, which takes a minute or two the first time.");
    let served = prepare(&mut job).and_then(|server| job.attend(&serve(server)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Skipped(reason)) => failure(&reason),
        Err(Stop::Failed(problem)) => {
            let output = job.output();
            excerpt(&output, 20).iter().for_each(|line| eprintln!("    {line}"));
            failure(&format!("{problem}; all of it is in {}", job.log_path().display()))
        }
    }
}

fn failure(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}

/// The page's tests, against the page as that command serves it.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let chromium = setup::needs("chromium")?;
    let server = prepare(job)?;
    job.run(&cmd("node node_modules/typescript/bin/tsc -p www/demo"))?;
    let start = job.output().len();
    let mut demo = job.serve(&Cmd::program(env::current_exe()?).arg("demo"))?;
    let url = address(job, start, &mut demo)?;
    let tests = TESTS.map(|name| format!("tests/js/demo/{name}.test.js"));
    let tests = cmd("node --test --test-reporter=tap").args(&tests.each_ref().map(String::as_str));
    job.tests(&tests.env("HOMING_DEMO", url).env("HOMING_TEST_SERVER", server).env("CHROMIUM", chromium))
}

/// Waits until the demo says where it is.
fn address(job: &Job<'_>, start: usize, demo: &mut Service) -> Result<String, Stop> {
    let give_up = Instant::now() + Duration::from_secs(300);
    loop {
        if let Some(url) = job.output().get(start..).and_then(said) {
            return Ok(url.into());
        }
        if demo.has_ended()? || Instant::now() > give_up {
            return Err(Stop::Failed("the demo does not say where it is".into()));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn said(output: &str) -> Option<&str> {
    let (_, rest) = output.split_once(ADDRESS)?;
    let (url, _) = rest.split_once(' ')?;
    Some(url)
}

fn serve(server: PathBuf) -> Cmd {
    cmd("node www/demo/serve.js").env("HOMING_TEST_SERVER", server)
}

/// Builds the package and the server. Where the server is.
fn prepare(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    setup::wasm_target(job)?;
    npm::ensure(job)?;
    job.run(&cargo("build -p homing-test-server"))?;
    Ok(job.place.target.join("debug/homing-test-server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_page_is() {
        let output = format!("something\n{ADDRESS}http://127.0.0.1:8000/ (and so on)\n");
        assert_eq!(said(&output), Some("http://127.0.0.1:8000/"));
        assert_eq!(said("nothing"), None);
        assert!(include_str!("../../www/demo/serve.js").contains(ADDRESS));
    }
}
