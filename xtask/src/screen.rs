//! What is printed of the steps: those that run, and how each went.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::counts::Counts;
use crate::job::Job;

/// Columns, as many as the line of a step has at least.
const WIDTH: usize = 72;

/// The margin distinguishes these lines from the runner's own, which they may look like.
pub(crate) fn print_log(job: &Job<'_>, lines: &[&str]) {
    println!("      from {}:", job.log_path().display());
    lines.iter().for_each(|line| println!("      | {line}"));
}

/// The names of the steps that run: shown to a person, below what was printed of others.
#[derive(Default)]
pub(crate) struct Screen(Mutex<Vec<&'static str>>);

impl Screen {
    pub(crate) fn begin(&self, name: &'static str) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.push(name);
        announce(&running);
    }

    /// Nothing else is printed meanwhile.
    pub(crate) fn end(&self, name: &str, print: impl FnOnce()) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|other| *other != name);
        print();
        announce(&running);
    }
}

fn announce(running: &[&str]) {
    let mut stdout = std::io::stdout();
    if stdout.is_terminal() && !running.is_empty() {
        let names: String = running.join(", ").chars().take(WIDTH - 6).collect();
        let _ = write!(stdout, "...   {names:<0$}\r", WIDTH - 6);
        let _ = stdout.flush();
    }
}

pub(crate) fn report(name: &str, took: Duration, used: Duration, counts: &Counts) {
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
    use crate::job::Stop;

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
}
