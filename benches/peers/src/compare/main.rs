//! Runs clients against one server, in turns, and prints what they measured: `compare [--rounds N] [--only WORD] [--times]
//! [--counts] DIRECTORY CLIENT...`. `--times` counts nothing, and `--counts` measures no times. The first client is the one
//! that the others are compared with. Each line has the measure, the case, the client, and its figures, or why there are
//! none.
//!
//! A client that fails is left out of the case. A wrong, missing or reordered message ends the run.

#![forbid(unsafe_code)]

mod cases;
mod child;
mod count;
mod scale;
mod server;
mod time;

use std::path::PathBuf;

use cases::{CASES, Case};
use child::Server;

pub(crate) struct Run {
    pub(crate) server: Server,
    pub(crate) directory: PathBuf,
    pub(crate) clients: Vec<String>,
    pub(crate) rounds: Option<usize>,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let (mut rounds, mut only, mut times, mut counts, mut rest) = (None, None, true, true, Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "serve" => return server::serve(&words.next().expect("a file"), &words.collect::<Vec<_>>()),
            "--rounds" => rounds = words.next().map(|rounds| rounds.parse().expect("a number")),
            "--times" => counts = false,
            "--counts" => times = false,
            "--only" => only = words.next(),
            _ => rest.push(word),
        }
    }
    let directory = PathBuf::from(rest.remove(0));
    assert!(!rest.is_empty(), "no clients");
    homing_peers::allow_many_files();
    let run = Run { server: Server::start(&directory), directory, clients: rest, rounds };
    let wanted = |case: &&Case| only.as_ref().is_none_or(|word| case.name.contains(word));
    for case in CASES.iter().filter(wanted) {
        if times {
            time::measure(&run, case);
        }
        if counts {
            count::measure(&run, case);
        }
    }
    if times && only.is_none_or(|word| "scale".contains(&word)) {
        scale::measure(&run);
    }
}

/// Prints a line of results.
pub(crate) fn row(measure: &str, case: &Case, client: &str, figures: &str) {
    println!("{measure}\t{}\t{client}\t{figures}", case.name);
}
