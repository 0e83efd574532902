//! `HomingSocket` beside the class below it. Much is decided by the browser, so a case fails only if the bare class does
//! better.

use std::fmt::Write as _;
use std::path::Path;

use crate::case::{self, Case, Fault, Grade, Results};
use crate::native::sections;

/// The names of the agents in `tests/js/autobahn/agent.js`.
const OURS: &str = "homing";
const BARE: &str = "bare";

struct Pair {
    ours: Case,
    bare: Case,
}

pub(crate) struct Beside {
    pairs: Vec<Pair>,
    /// The cases that only one of the two ran.
    unpaired: Vec<Case>,
}

pub(crate) fn read(reports: &Path) -> Result<Beside, String> {
    Ok(Beside::new(case::read(reports, OURS)?, case::read(reports, BARE)?))
}

fn outcome(case: &Case) -> String {
    let code = case.code.map_or("none".into(), |code| code.to_string());
    format!("{}, close {}, code {code}", case.behavior, case.behavior_close)
}

impl Pair {
    fn is_worse(&self) -> bool {
        self.ours.grade() > self.bare.grade()
            || self.bare.is_violation() && self.bare.is_reported() && !self.ours.is_reported()
    }
}

impl Beside {
    fn new(ours: Vec<Case>, mut bare: Vec<Case>) -> Self {
        let (mut pairs, mut unpaired) = (Vec::new(), Vec::new());
        for ours in ours {
            match bare.iter().position(|bare| bare.number == ours.number) {
                Some(position) => pairs.push(Pair { ours, bare: bare.remove(position) }),
                None => unpaired.push(ours),
            }
        }
        unpaired.extend(bare);
        Self { pairs, unpaired }
    }

    pub(crate) fn results(&self) -> Results {
        Results { table: self.table(), faults: self.faults() }
    }

    fn faults(&self) -> Vec<Fault> {
        if self.pairs.is_empty() {
            return vec![Fault::of_all("no cases ran".into())];
        }
        let unpaired = self.unpaired.iter().map(|case| Fault::of(case, "run by only one of the two".into()));
        let worse = self.pairs.iter().filter(|pair| pair.is_worse()).map(|Pair { ours, bare }| {
            Fault::of(ours, format!("{}; the bare class: {}", outcome(ours), outcome(bare)))
        });
        unpaired.chain(worse).collect()
    }

    /// Returns a line for each section, then the cases that are not OK with the bare class either.
    fn table(&self) -> String {
        let mut table =
            "section   cases  OK: homing  bare  violations  right code: homing  bare  worse than bare\n".to_owned();
        let mut line = |name: &str, pairs: &[&Pair]| {
            let count = |which: fn(&Pair) -> bool| pairs.iter().filter(|pair| which(pair)).count();
            writeln!(
                table,
                "{name:>7} {:>7}  {:>10} {:>5}  {:>10}  {:>18} {:>5}  {:>15}",
                pairs.len(),
                count(|pair| pair.ours.grade() == Grade::Fine),
                count(|pair| pair.bare.grade() == Grade::Fine),
                count(|pair| pair.bare.is_violation()),
                count(|pair| pair.ours.is_violation() && pair.ours.is_reported()),
                count(|pair| pair.bare.is_violation() && pair.bare.is_reported()),
                count(Pair::is_worse),
            )
            .expect("a string");
        };
        for (section, pairs) in &sections(&self.pairs, |pair| pair.ours.section()) {
            line(&section.to_string(), pairs);
        }
        line("all", &self.pairs.iter().collect::<Vec<_>>());
        let own = |pair: &&Pair| !pair.is_worse() && pair.ours.grade() != Grade::Fine;
        let own: Vec<_> = self.pairs.iter().filter(own).map(|pair| pair.ours.name()).collect();
        if !own.is_empty() {
            writeln!(table, "not OK with the bare class either: {}", own.join(" ")).expect("a string");
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::tests::{case, graded};

    fn faults(ours: Case, bare: Case) -> Vec<String> {
        all_faults(vec![ours], vec![bare])
    }

    fn all_faults(ours: Vec<Case>, bare: Vec<Case>) -> Vec<String> {
        Beside::new(ours, bare).faults().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn what_the_bare_class_fails_too_is_no_fault() {
        let invalid = || graded("6.3.1", "OK", "WRONG CODE", Some(1002), &[1007]);
        assert_eq!(faults(invalid(), invalid()), [""; 0]);
        // Nor is a better result.
        assert_eq!(faults(case("6.3.1", Some(1007), &[1007]), invalid()), [""; 0]);
    }

    #[test]
    fn what_the_bare_class_does_better_is_a_fault() {
        let fine = || case("6.3.1", Some(1007), &[1007]);
        let worse = [
            graded("6.3.1", "NON-STRICT", "OK", Some(1007), &[1007]),
            graded("6.3.1", "OK", "WRONG CODE", Some(1002), &[1007]),
            // The suite accepts this code in some cases.
            case("6.3.1", Some(1000), &[1007]),
        ];
        for ours in worse {
            assert_eq!(faults(ours, fine()).len(), 1);
        }
        let ours = graded("6.3.1", "FAILED", "OK", None, &[1007]);
        let bare = graded("6.3.1", "NON-STRICT", "OK", None, &[1007]);
        assert_eq!(
            faults(ours, bare),
            ["6.3.1: FAILED, close OK, code none; the bare class: NON-STRICT, close OK, code none"]
        );
    }

    #[test]
    fn a_case_that_only_one_of_them_ran_is_a_fault() {
        let fine = |number| case(number, Some(1000), &[1000]);
        let faults = all_faults(vec![fine("1.1.1"), fine("1.1.2")], vec![fine("1.1.2"), fine("1.1.3")]);
        assert_eq!(faults, ["1.1.1: run by only one of the two", "1.1.3: run by only one of the two"]);
        assert_eq!(all_faults(Vec::new(), Vec::new()), ["no cases ran"]);
    }

    #[test]
    fn the_table_counts_both_classes() {
        let invalid = |number| graded(number, "OK", "WRONG CODE", Some(1002), &[1007]);
        let (ours, bare) = (
            vec![case("1.1.1", Some(1000), &[1000]), invalid("6.3.1"), invalid("6.3.2")],
            vec![case("1.1.1", Some(1000), &[1000]), invalid("6.3.1"), case("6.3.2", Some(1007), &[1007])],
        );
        let table = Beside::new(ours, bare).table();
        let lines: Vec<Vec<_>> = table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["1", "1", "1", "1", "0", "0", "0", "0"]);
        assert_eq!(lines[1], ["6", "2", "0", "1", "2", "0", "1", "1"]);
        assert_eq!(lines[2], ["all", "3", "1", "2", "2", "0", "1", "1"]);
        assert_eq!(lines[3].last(), Some(&"6.3.1"));
    }
}
