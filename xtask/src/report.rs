//! Running the steps one after the other and saying how each went.

use std::io::{IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::cargo_output::{Counts, excerpt};
use crate::job::{Job, Place};
use crate::steps::{self, Step};

/// How much of a failed step's output is shown.
const LINES: usize = 80;

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) list: bool,
    pub(crate) verbose: bool,
    pub(crate) filters: Vec<String>,
}

impl Options {
    fn wants(&self, step: &Step) -> bool {
        let mut filters = self.filters.iter();
        self.filters.is_empty() || filters.any(|filter| step.name.contains(filter.as_str()))
    }
}

pub(crate) fn test(options: &Options) -> ExitCode {
    let steps: Vec<_> = steps::all().into_iter().filter(|step| options.wants(step)).collect();
    if steps.is_empty() {
        eprintln!("no step is called that; `cargo xtask test --list` names them");
        return ExitCode::from(2);
    }
    if options.list {
        steps.iter().for_each(|step| println!("{}", step.name));
        return ExitCode::SUCCESS;
    }
    let place = match Place::find() {
        Ok(place) => place,
        Err(error) => {
            eprintln!("no directory for the logs: {error}");
            return ExitCode::FAILURE;
        }
    };

    let mut total = Counts::default();
    for step in &steps {
        total.add(&run(step, &place, options.verbose));
    }
    println!("\n{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(step: &Step, place: &Place, verbose: bool) -> Counts {
    announce(step.name);
    let started = Instant::now();
    let mut job = match Job::start(place, step.name, step.limit) {
        Ok(job) => job,
        Err(error) => {
            let counts = Counts::one_failed(format!("no log: {error}"));
            report(step.name, started.elapsed(), &counts);
            return counts;
        }
    };
    let ended = panic::catch_unwind(AssertUnwindSafe(|| (step.action)(&mut job)));
    let counts = match ended {
        Ok(Ok(counts)) => counts,
        Ok(Err(stop)) => stop.counts(),
        Err(_) => Counts::one_failed("panicked"),
    };
    report(step.name, started.elapsed(), &counts);

    let output = job.output();
    let shown = if verbose {
        output.lines().collect()
    } else if counts.failed > 0 {
        excerpt(&output, LINES)
    } else {
        Vec::new()
    };
    if !shown.is_empty() {
        println!("      from {}:", job.log_path().display());
    }
    // The margin keeps it apart from our own lines, which it may look like.
    shown.iter().for_each(|line| println!("      | {line}"));
    counts
}

/// Tells a person who waits what for; a log would only get longer by it.
fn announce(name: &str) {
    let mut stdout = std::io::stdout();
    if stdout.is_terminal() {
        let _ = write!(stdout, "...   {name}\r");
        let _ = stdout.flush();
    }
}

fn report(name: &str, took: Duration, counts: &Counts) {
    println!("{}", headline(name, took, counts));
    let mut notes: Vec<(&str, usize)> = Vec::new();
    for note in &counts.notes {
        match notes.iter_mut().find(|(known, _)| known == note) {
            Some((_, times)) => *times += 1,
            None => notes.push((note, 1)),
        }
    }
    for (note, times) in notes {
        let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
        for line in format!("{note}{times}").lines() {
            println!("      {line}");
        }
    }
}

fn headline(name: &str, took: Duration, counts: &Counts) -> String {
    let verdict = match counts {
        Counts { failed: 1.., .. } => "FAIL",
        Counts { passed: 0, skipped: 1.., .. } => "skip",
        _ => "ok",
    };
    let mut numbers = format!("{} passed", counts.passed);
    for (number, word) in [(counts.failed, "failed"), (counts.skipped, "skipped")] {
        if number > 0 {
            numbers.push_str(&format!(", {number} {word}"));
        }
    }
    let seconds = took.as_secs_f64();
    format!("{verdict:<5} {name:<22} {seconds:>7.1}s  ({numbers})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_how_a_step_went() {
        let took = Duration::from_millis(12_345);
        assert_eq!(
            headline("clippy native", took, &Counts::one_passed()),
            "ok    clippy native             12.3s  (1 passed)"
        );
        assert_eq!(
            headline("x", took, &Counts::one_skipped("")),
            "skip  x                         12.3s  (0 passed, 1 skipped)"
        );
        let counts = Counts { passed: 3, failed: 2, skipped: 1, notes: Vec::new() };
        assert_eq!(
            headline("x", took, &counts),
            "FAIL  x                         12.3s  (3 passed, 2 failed, 1 skipped)"
        );
    }

    #[test]
    fn a_filter_is_part_of_a_name() {
        let named = |filters: &[&str]| {
            let options = Options { filters: filters.iter().map(ToString::to_string).collect(), ..Options::default() };
            let steps = steps::all();
            steps.iter().filter(|step| options.wants(step)).count()
        };
        assert_eq!(named(&["no such step"]), 0);
        assert_eq!(named(&["fmt"]), 1);
        assert_eq!(named(&["fmt", "deny"]), 2);
        assert_eq!(named(&[]), steps::all().len());
    }
}
