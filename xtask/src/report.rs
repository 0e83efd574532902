//! Runs the steps one after the other and prints how each went.

use std::io::{IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::counts::{Counts, excerpt};
use crate::job::{Job, Place, Stop};
use crate::missing;
use crate::steps::{self, Step};

/// How many lines of a failed step's output are shown.
const LINES: usize = 80;

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) list: bool,
    pub(crate) verbose: bool,
    pub(crate) fast: bool,
    pub(crate) filters: Vec<String>,
}

impl Options {
    fn selects(&self, step: &Step) -> bool {
        let named = |filter: &String| step.name.contains(filter.as_str());
        (step.fast || !self.fast) && (self.filters.is_empty() || self.filters.iter().any(named))
    }
}

pub(crate) fn test(options: &Options) -> ExitCode {
    let steps: Vec<_> = steps::all().into_iter().filter(|step| options.selects(step)).collect();
    if steps.is_empty() {
        eprintln!("no step has that name; `cargo xtask test --list` prints all names");
        return ExitCode::from(2);
    }
    if options.list {
        steps.iter().for_each(|step| println!("{}", step.name));
        return ExitCode::SUCCESS;
    }
    let place = match Place::find() {
        Ok(place) => place,
        Err(error) => return failure(&error.to_string()),
    };
    let mut total = Counts::default();
    let mut skipped: Vec<(String, Vec<&str>)> = Vec::new();
    for step in &steps {
        let counts = run(step, &place, options.verbose);
        if counts.passed + counts.failed == 0 && counts.skipped > 0 {
            let reason = counts.notes.join("; ").replace("skipped: ", "");
            match skipped.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, steps)) => steps.push(step.name),
                None => skipped.push((reason, vec![step.name])),
            }
        }
        total.add(counts);
    }
    for (reason, steps) in skipped {
        println!("\nskipped: {}\n      {reason}", steps.join(", "));
    }
    println!("\n{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a task that is not a step of the tests, such as a benchmark.
pub(crate) fn task(name: &str, run: impl FnOnce(&mut Job<'_>) -> Result<(), Stop>) -> ExitCode {
    let started = Place::find().and_then(|place| {
        let mut job = Job::start(&place, name)?;
        let ended = run(&mut job);
        if matches!(ended, Err(Stop::Failed(_))) {
            print_log(&job, &excerpt(&job.output(), LINES));
        }
        Ok(ended)
    });
    match started {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(Stop::Failed(problem))) => failure(&problem),
        Ok(Err(Stop::Skipped(reason))) => failure(&reason),
        Err(error) => failure(&error.to_string()),
    }
}

fn failure(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}

fn run(step: &Step, place: &Place, verbose: bool) -> Counts {
    announce(step.name);
    let started = Instant::now();
    let mut job = match Job::start(place, step.name) {
        Ok(job) => job,
        Err(error) => {
            let lack = missing::cause(&error.to_string(), &place.target);
            let counts = lack.map_or_else(|| Stop::Failed(format!("no log: {error}")), Stop::Skipped).counts();
            report(step.name, started.elapsed(), Duration::ZERO, &counts);
            return counts;
        }
    };
    let ended = missing::needs(step.needs).and_then(|()| {
        panic::catch_unwind(AssertUnwindSafe(|| (step.action)(&mut job)))
            .unwrap_or_else(|_| Err(Stop::Failed("panicked".into())))
    });
    let counts = ended.unwrap_or_else(Stop::counts);
    report(step.name, started.elapsed(), job.used, &counts);

    let output = job.output();
    if verbose {
        print_log(&job, &output.lines().collect::<Vec<_>>());
    } else if counts.failed > 0 {
        print_log(&job, &excerpt(&output, LINES));
    }
    counts
}

/// The margin distinguishes these lines from the runner's own, which they may look like.
fn print_log(job: &Job<'_>, lines: &[&str]) {
    println!("      from {}:", job.log_path().display());
    lines.iter().for_each(|line| println!("      | {line}"));
}

/// Shows a person which step runs.
fn announce(name: &str) {
    let mut stdout = std::io::stdout();
    if stdout.is_terminal() {
        let _ = write!(stdout, "...   {name}\r");
        let _ = stdout.flush();
    }
}

fn report(name: &str, took: Duration, used: Duration, counts: &Counts) {
    println!("{}", headline(name, took, used, counts));
    let mut notes: Vec<(&str, usize)> = Vec::new();
    for note in &counts.notes {
        match notes.iter_mut().find(|(known, _)| known == note) {
            Some((_, times)) => *times += 1,
            None => notes.push((note, 1)),
        }
    }
    for (note, times) in notes {
        let times = if times > 1 { format!(" ({times} times)") } else { String::new() };
        format!("{note}{times}").lines().for_each(|line| println!("      {line}"));
    }
}

/// A step that took longer than its processor time waited.
fn headline(name: &str, took: Duration, used: Duration, counts: &Counts) -> String {
    let result = match counts {
        Counts { failed: 1.., .. } => "FAIL",
        Counts { passed: 0, skipped: 1.., .. } => "skip",
        _ => "ok",
    };
    let mut words = format!("{} passed", counts.passed);
    for (number, word) in [(counts.failed, "failed"), (counts.skipped, "skipped")] {
        if number > 0 {
            words.push_str(&format!(", {number} {word}"));
        }
    }
    if counts.cached {
        words.push_str(", cached");
    }
    let (seconds, used) = (took.as_secs_f64(), used.as_secs_f64());
    format!("{result:<5} {name:<39} {seconds:>6.1}s {used:>6.1}s CPU  ({words})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(counts: &Counts) -> String {
        let line = headline("clippy", Duration::from_millis(12_345), Duration::from_secs(20), counts);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_line_says_how_a_step_went() {
        assert_eq!(words(&Counts::passed(1)), "ok clippy 12.3s 20.0s CPU (1 passed)");
        assert_eq!(
            words(&Counts { cached: true, ..Counts::passed(1) }),
            "ok clippy 12.3s 20.0s CPU (1 passed, cached)"
        );
        assert_eq!(words(&Stop::Skipped("x".into()).counts()), "skip clippy 12.3s 20.0s CPU (0 passed, 1 skipped)");
        let counts = Counts { failed: 2, skipped: 1, ..Counts::passed(3) };
        assert_eq!(words(&counts), "FAIL clippy 12.3s 20.0s CPU (3 passed, 2 failed, 1 skipped)");
    }

    #[test]
    fn a_filter_is_part_of_a_name() {
        let selected = |filters: &[&str], fast| {
            let filters = filters.iter().map(ToString::to_string).collect();
            let options = Options { filters, fast, ..Options::default() };
            steps::all().iter().filter(|step| options.selects(step)).count()
        };
        assert_eq!(selected(&["no such step"], false), 0);
        assert_eq!(selected(&["format", "licenses"], false), 2);
        assert_eq!(selected(&[], false), steps::all().len());
        assert_eq!(selected(&["native tests"], true), 1);
    }
}
