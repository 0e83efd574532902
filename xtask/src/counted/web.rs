//! The clients for browsers, in Node with made-up sockets: instructions of WebAssembly, calls through its boundary, executed
//! source of JavaScript, and allocations.

use std::path::PathBuf;

use super::costs::{Column, Costs};
use super::{Half, Table};
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::{npm, setup, size};

const DIRECTORY: &str = "benches/counted/web";
const MODULE: &str = "homing_counted_web";
/// How the script ends after a wrong or missing message.
const WRONG: &str = "exit status: 3";

/// The script of `benches/counted/web`, with what it loads.
pub(crate) struct Web {
    script: PathBuf,
    /// The program that adds a counter to a module.
    instrument: PathBuf,
    /// The Rust client with its glue.
    module: PathBuf,
    npm: PathBuf,
}

impl Half for Web {
    const STEP: &str = "counted work web";
    const COMMAND: &str = "counts-web";
    const BASELINE: &str = "benches/counted/web/baseline.tsv";
    const COLUMNS: &[Column] = &[
        Column { places: 0, in_environment: true, ..Column::new("instructions", "Instructions") },
        Column::new("calls", "Calls through the boundary"),
        Column { places: 0, in_environment: true, ..Column::new("source", "Characters of JavaScript") },
        Column::new("allocations", "Allocations"),
        Column { places: 0, is_compared: false, ..Column::new("bytes allocated", "Bytes allocated") },
    ];
    const TABLES: &[Table] = &[
        Table { title: "Rust client / bare `web_sys` closures:", client: "homing", peer: Some("bare") },
        Table { title: "npm, `homing/wasm`:", client: "npm wasm", peer: None },
        Table { title: "npm, `homing`:", client: "npm index", peer: None },
    ];

    fn build(job: &mut Job<'_>) -> Result<Self, Stop> {
        setup::wasm_target(job)?;
        npm::ensure(job)?;
        job.run("cargo build --release -p homing-instrument")?;
        Ok(Self {
            script: job.place.root.join(DIRECTORY).join("count.js"),
            instrument: job.place.target.join("release/homing-instrument"),
            module: size::optimized(job, DIRECTORY, MODULE, "")?,
            npm: job.place.root.join("dist"),
        })
    }

    fn environment(job: &mut Job<'_>) -> Result<String, Stop> {
        let [rustc, bindgen, node] = ["rustc -V", "wasm-bindgen -V", "node -v"].map(|line| job.run(line));
        Ok(format!("{}, {}, Node {}", rustc?.trim(), bindgen?.trim(), node?.trim()))
    }

    fn program(&self) -> Cmd {
        cmd("node")
            .arg(&self.script)
            .env("HOMING_COUNTED_INSTRUMENT", &self.instrument)
            .env("HOMING_COUNTED_MODULE", &self.module)
            .env("HOMING_COUNTED_PACKAGE", &self.npm)
    }

    fn costs(&self, job: &mut Job<'_>, client: &str, operation: &str) -> Result<Costs, Stop> {
        match job.run(self.program().args([client, operation])) {
            Ok(output) => {
                costs(&output).ok_or_else(|| Stop::Failed(format!("{client}, {operation}: nothing was counted")))
            }
            Err(Stop::Failed(problem)) if !problem.ends_with(WRONG) => {
                let why = problem.rsplit_once(": ").map_or(&*problem, |(_, why)| why);
                Ok(Costs::Failed(why.into()))
            }
            Err(stop) => Err(stop),
        }
    }
}

/// Returns what an operation costs, from the output of the script.
fn costs(output: &str) -> Option<Costs> {
    let counts = output.lines().find_map(|line| line.strip_prefix("COUNTED "))?;
    Costs::parse(&counts.split(' ').collect::<Vec<_>>(), Web::COLUMNS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_does_not_have_is_not_counted() {
        let costs = |output| super::costs(output);
        assert_eq!(costs("COUNTED 1 2.5 3 4 5\n"), Some(Costs::of([1.0, 2.5, 3.0, 4.0, 5.0])));
        assert_eq!(costs("a\nCOUNTED - - 3 - -\n"), Some(Costs::Counted(vec![None, None, Some(3.0), None, None])));
        assert_eq!(costs("COUNTED 1 2\n"), None);
    }
}
