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

/// Prints a line for each figure of the first client.
pub(crate) fn measure(of: &Run) {
    let client = &of.clients[0];
    let mut table = vec![Vec::new(); FIGURES.len()];
    for number in NUMBERS {
        let job = format!("scale/{number}");
        match run(of.server.command(&of.directory.join(client), &job, &[])) {
            Ended::Done(figures, _) => table.iter_mut().zip(figures).for_each(|(row, figure)| row.push(short(figure))),
            Ended::Failed(why) => return eprintln!("{job}: {why}"),
            Ended::Unable => return,
        }
    }
    for (name, figures) in FIGURES.iter().zip(table) {
        println!("scale\t{name}\t{client}\t{}", figures.join("\t"));
    }
}
