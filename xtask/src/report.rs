//! Runs steps, and tasks that are none.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::RwLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::counts::{Counts, excerpt};
use crate::job::{Job, Stop};
use crate::missing;
use crate::place::Place;
use crate::screen::{Screen, print_log, report};
use crate::steps::{self, Lane, Step};

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
    all_of(&steps, options.verbose)
}

/// Runs the steps, and prints a line for each.
pub(crate) fn all_of(steps: &[Step], verbose: bool) -> ExitCode {
    let place = match Place::find() {
        Ok(place) => place,
        Err(error) => return failure(&error.to_string()),
    };
    let mut total = Counts::default();
    let mut skipped: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, counts) in in_lanes(steps, &place, verbose) {
        if counts.passed + counts.failed == 0 && counts.skipped > 0 {
            let reason = counts.notes.join("; ").replace("skipped: ", "");
            match skipped.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, steps)) => steps.push(name),
                None => skipped.push((reason, vec![name])),
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

/// Runs the steps, those of different lanes at the same time. Returns how each went.
fn in_lanes(steps: &[Step], place: &Place, verbose: bool) -> Vec<(&'static str, Counts)> {
    let screen = Screen::default();
    // Locked until the first steps are done.
    let prepared = RwLock::new(());
    let lane = |lane: Lane| {
        let steps = steps.iter().filter(|step| step.lane == lane);
        let run = |step: &Step| {
            if lane != Lane::First && !step.early {
                drop(prepared.read());
            }
            (step.name, run(step, place, verbose, &screen))
        };
        steps.map(run).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let preparing = prepared.write();
        let lanes = [Lane::Build, Lane::Other, Lane::Browser].map(|at| scope.spawn(move || lane(at)));
        let mut results = lane(Lane::First);
        drop(preparing);
        results.extend(lanes.into_iter().filter_map(|lane| lane.join().ok()).flatten());
        results
    })
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

fn run(step: &Step, place: &Place, verbose: bool, screen: &Screen) -> Counts {
    screen.begin(step.name);
    let started = Instant::now();
    let mut job = match Job::start(place, step.name) {
        Ok(job) => job,
        Err(error) => {
            let lack = missing::cause(&error.to_string(), &place.target);
            let counts = lack.map_or_else(|| Stop::Failed(format!("no log: {error}")), Stop::Skipped).counts();
            screen.end(step.name, || report(step.name, started.elapsed(), Duration::ZERO, &counts));
            return counts;
        }
    };
    job.lane = step.lane;
    let ended = missing::needs(step.needs).and_then(|()| {
        panic::catch_unwind(AssertUnwindSafe(|| (step.action)(&mut job)))
            .unwrap_or_else(|_| Err(Stop::Failed("panicked".into())))
    });
    let counts = ended.unwrap_or_else(Stop::counts);
    screen.end(step.name, || {
        report(step.name, started.elapsed(), job.used, &counts);
        let output = job.output();
        if verbose {
            print_log(&job, &output.lines().collect::<Vec<_>>());
        } else if counts.failed > 0 {
            print_log(&job, &excerpt(&output, LINES));
        }
    });
    counts
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    #[test]
    fn steps_of_different_lanes_run_at_the_same_time_after_the_first_ones() {
        static BEGUN: Mutex<usize> = Mutex::new(0);
        static CHANGED: Condvar = Condvar::new();
        /// Waits until as many steps have begun.
        fn wait_for(wanted: usize) -> Result<usize, Stop> {
            let mut begun = BEGUN.lock().unwrap();
            *begun += 1;
            CHANGED.notify_all();
            let minute = Duration::from_secs(60);
            let (begun, _) = CHANGED.wait_timeout_while(begun, minute, |begun| *begun < wanted).unwrap();
            if *begun < wanted { Err(Stop::Failed(format!("{begun} of {wanted} steps"))) } else { Ok(*begun) }
        }
        fn first(_: &mut Job<'_>) -> Result<Counts, Stop> {
            // Itself and the early one.
            if wait_for(2)? == 2 { Ok(Counts::passed(1)) } else { Err(Stop::Failed("late".into())) }
        }
        fn other(_: &mut Job<'_>) -> Result<Counts, Stop> {
            wait_for(5).map(|_| Counts::passed(1))
        }
        fn early(_: &mut Job<'_>) -> Result<Counts, Stop> {
            wait_for(2).map(|_| Counts::passed(1))
        }
        let step = |name, action, lane| Step { name, action, needs: &[], fast: false, lane, early: name == "early" };
        let steps = [
            step("early", early, Lane::Browser),
            step("other", other, Lane::Other),
            step("browser", other, Lane::Browser),
            step("build", other, Lane::Build),
            step("first", first, Lane::First),
        ];
        let target = std::env::temp_dir().join(format!("xtask-{}-lanes", std::process::id()));
        let results = in_lanes(&steps, &Place::new(std::env::temp_dir(), target.clone()), false);
        std::fs::remove_dir_all(target).unwrap();
        let names: Vec<_> = results.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["first", "build", "other", "early", "browser"]);
        assert!(results.iter().all(|(_, counts)| *counts == Counts::passed(1)), "{results:?}");
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
