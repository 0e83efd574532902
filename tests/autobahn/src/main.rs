//! The native client as an agent of the Autobahn TestSuite's fuzzing server, and a judge of the reports.
//!
//! `homing-autobahn <port> <directory of the reports> <how many at once>` runs all cases that the server has, and fails unless all of
//! them went as well as they can. `cargo xtask autobahn` starts the server and calls this.

#![forbid(unsafe_code)]

mod agent;
mod verdict;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, reports, turns] = &arguments[..] else {
        eprintln!("usage: homing-autobahn <port> <directory of the reports> <how many at once>");
        return ExitCode::from(2);
    };
    let turns = turns.parse().unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let judged = runtime.block_on(agent::run(port, turns)).and_then(|()| verdict::read(Path::new(reports)));
    match judged {
        Ok(verdict) => {
            print!("{}", verdict.table());
            let faults = verdict.faults();
            faults.iter().for_each(|fault| println!("{fault}"));
            if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
