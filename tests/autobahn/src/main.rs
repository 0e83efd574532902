//! The native client as an agent of the Autobahn TestSuite's fuzzing server, and a judge of the reports, which
//! `cargo xtask autobahn` calls.
//!
//! `run` runs the cases that the server has, or those that are named. `judge` reads the reports: those of `native` have
//! to be as good as they can be, those `beside` the class that a browser has as good as that one's, which the script in
//! `tests/js/autobahn` runs as well. `faulty` names the cases that are not.

#![forbid(unsafe_code)]

mod agent;
mod beside;
mod case;
mod verdict;

use std::path::Path;
use std::process::ExitCode;

use case::Judged;

const USAGE: &str = "\
usage: homing-autobahn run PORT TURNS [CASE...]
       homing-autobahn (judge|faulty) (native|beside) DIRECTORY";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words[..] {
        ["run", port, turns, ref cases @ ..] => run(port, turns, cases).map(|()| true),
        ["judge", which, reports] => judged(which, reports).map(|judged| {
            print!("{}", judged.table);
            judged.faults.iter().for_each(|fault| println!("{fault}"));
            judged.faults.is_empty()
        }),
        ["faulty", which, reports] => judged(which, reports).map(|judged| {
            judged.faults.iter().filter_map(|fault| fault.case.as_ref()).for_each(|case| println!("{case}"));
            true
        }),
        _ => Err(USAGE.into()),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn run(port: &str, turns: &str, cases: &[&str]) -> Result<(), String> {
    let turns = turns.parse().map_err(|_| format!("{turns} is not a number"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(agent::run(port, turns, cases))
}

fn judged(which: &str, reports: &str) -> Result<Judged, String> {
    let reports = Path::new(reports);
    match which {
        "native" => verdict::read(reports).map(|verdict| verdict.judged()),
        "beside" => beside::read(reports).map(|beside| beside.judged()),
        _ => Err(USAGE.into()),
    }
}
