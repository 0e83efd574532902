//! The native client as an agent of the Autobahn TestSuite's fuzzing server, and a check of the suite's reports. Called by
//! `cargo xtask autobahn`.
//!
//! `run` runs all cases of the server, or those given. `check` reads the reports and fails if a case failed: with `native`,
//! each case must have the best result; with `beside`, the npm class must do as well as the class below it, which the
//! script in `tests/js/autobahn` runs too. `failed` prints the cases that failed.

#![forbid(unsafe_code)]

mod agent;
mod beside;
mod case;
mod native;

use std::path::Path;
use std::process::ExitCode;

use case::Results;

const USAGE: &str = "\
usage: homing-autobahn run PORT PARALLEL [CASE...]
       homing-autobahn (check|failed) (native|beside) DIRECTORY";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words[..] {
        ["run", port, parallel, ref cases @ ..] => run(port, parallel, cases).map(|()| true),
        ["check", which, reports] => results(which, reports).map(|results| {
            print!("{}", results.table);
            results.faults.iter().for_each(|fault| println!("{fault}"));
            results.faults.is_empty()
        }),
        ["failed", which, reports] => results(which, reports).map(|results| {
            results.faults.iter().filter_map(|fault| fault.case.as_ref()).for_each(|case| println!("{case}"));
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

fn run(port: &str, parallel: &str, cases: &[&str]) -> Result<(), String> {
    let parallel = parallel.parse().map_err(|_| format!("{parallel} is not a number"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(agent::run(port, parallel, cases))
}

fn results(which: &str, reports: &str) -> Result<Results, String> {
    let reports = Path::new(reports);
    match which {
        "native" => native::read(reports).map(|native| native.results()),
        "beside" => beside::read(reports).map(|beside| beside.results()),
        _ => Err(USAGE.into()),
    }
}
