//! What one of many connections costs, and how it grows with their number.

use crate::Run;
use crate::child::{Ended, run};
use crate::time::short;

const NUMBERS: [usize; 3] = [100, 1_000, 10_000];
const FIGURES: [&str; 5] = [
    "time to open, µs",
    "CPU time to open, µs",
    "resident memory, KiB",
    "CPU time of an idle hour, ms",
    "wake-ups of the process in an idle hour",
];

/// How long the server is away, in milliseconds, and what is said of it.
const OUTAGES: [(u32, &str); 2] = [(0, "restarted at once"), (5_000, "away for 5 s")];
const RESTART: [&str; 7] = [
    "time until half are back, s",
    "time until all are back, s",
    "most attempts in 100 ms, in parts of an even spread over 1 s",
    "most connections in 100 ms, in the same parts",
    "attempts of a connection",
    "CPU time of a connection, µs",
    "memory that a connection takes more meanwhile, KiB",
];

/// Prints a line for each figure of the first client.
pub(crate) fn measure(of: &Run) {
    print(of, &FIGURES, "", |number| format!("scale/{number}"));
    for (outage, what) in OUTAGES {
        print(of, &RESTART, &format!("server {what}: "), |number| format!("restart/{number}/{outage}"));
    }
}

fn print(of: &Run, names: &[&str], prefix: &str, job: impl Fn(usize) -> String) {
    let client = &of.clients[0];
    let mut table = vec![Vec::new(); names.len()];
    for number in NUMBERS {
        let job = job(number);
        match run(of.server.command(&of.directory.join(client), &job, &[])) {
            Ended::Done(figures, _) => table.iter_mut().zip(figures).for_each(|(row, figure)| row.push(short(figure))),
            Ended::Failed(why) => return eprintln!("{job}: {why}"),
            Ended::Unable => return,
        }
    }
    for (name, figures) in names.iter().zip(table) {
        println!("scale\t{prefix}{name}\t{client}\t{}", figures.join("\t"));
    }
}
