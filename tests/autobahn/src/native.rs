//! The results of the native client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::agent::NAME;
use crate::case::{self, Case, Fault, Grade, Results};

/// The sections in which the server violates the protocol: the number of cases, and of those with a violation.
const VIOLATIONS: [(u32, usize, usize); 6] =
    [(2, 11, 1), (3, 7, 7), (4, 10, 10), (5, 20, 12), (6, 145, 75), (7, 37, 14)];

pub(crate) struct Native {
    cases: Vec<Case>,
}

pub(crate) fn read(reports: &Path) -> Result<Native, String> {
    Ok(Native { cases: case::read(reports, NAME)? })
}

/// Groups cases by their sections.
pub(crate) fn sections<T>(cases: &[T], section: impl Fn(&T) -> u32) -> BTreeMap<u32, Vec<&T>> {
    let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases {
        sections.entry(section(case)).or_default().push(case);
    }
    sections
}

fn fault(case: &Case) -> Option<Fault> {
    if case.grade() != Grade::Fine {
        return Some(Fault::of(case, format!("{}, close {}", case.behavior, case.behavior_close)));
    }
    if case.is_violation() && !case.is_reported() {
        let code = case.code.map_or("none".into(), |code| code.to_string());
        return Some(Fault::of(case, format!("close code {code}, not one of {:?}", case.expected)));
    }
    None
}

impl Native {
    pub(crate) fn results(&self) -> Results {
        Results { table: self.table(), faults: self.faults() }
    }

    fn faults(&self) -> Vec<Fault> {
        if self.cases.is_empty() {
            return vec![Fault::of_all("no cases ran".into())];
        }
        let sections = sections(&self.cases, Case::section);
        // A violation that is not recognized would not be checked.
        let miscounted = VIOLATIONS.iter().filter_map(|&(section, all, violations)| {
            let cases = sections.get(&section).filter(|cases| cases.len() == all)?;
            let found = cases.iter().filter(|case| case.is_violation()).count();
            let fault = || Fault::of_all(format!("section {section}: {found} violations, not {violations}"));
            (found != violations).then(fault)
        });
        self.cases.iter().filter_map(fault).chain(miscounted).collect()
    }

    /// Returns a line for each section.
    fn table(&self) -> String {
        let heads = ["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "FAILED"];
        let mut table = "section   cases".to_owned();
        heads.iter().for_each(|head| write!(table, "  {head}").expect("a string"));
        table.push_str("  violations  right code\n");
        let mut line = |name: &str, cases: &[&Case]| {
            write!(table, "{name:>7} {:>7}", cases.len()).expect("a string");
            for head in heads {
                let count = cases.iter().filter(|case| case.behavior == head).count();
                write!(table, "  {count:>width$}", width = head.len()).expect("a string");
            }
            let violations: Vec<_> = cases.iter().filter(|case| case.is_violation()).collect();
            let reported = violations.iter().filter(|case| case.is_reported());
            writeln!(table, "  {:>10}  {:>10}", violations.len(), reported.count()).expect("a string");
        };
        for (section, cases) in &sections(&self.cases, Case::section) {
            line(&section.to_string(), cases);
        }
        line("all", &self.cases.iter().collect::<Vec<_>>());
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::tests::{case, graded};

    fn faults(cases: Vec<Case>) -> Vec<String> {
        Native { cases }.faults().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn there_are_119_violations() {
        assert_eq!(VIOLATIONS.iter().map(|(_, _, violations)| violations).sum::<usize>(), 119);
    }

    #[test]
    fn an_unexpected_close_code_is_a_fault() {
        assert_eq!(faults(vec![case("5.1", Some(1002), &[1002]), case("6.3.1", Some(1007), &[1007])]), [""; 0]);
        let wrong =
            vec![case("5.1", Some(1002), &[1002]), case("6.3.1", Some(1002), &[1007]), case("3.1", None, &[1002])];
        assert_eq!(
            faults(wrong),
            ["6.3.1: close code 1002, not one of [1007]", "3.1: close code none, not one of [1002]"]
        );
    }

    #[test]
    fn a_result_other_than_ok_is_a_fault() {
        let cases = vec![
            graded("6.4.3", "NON-STRICT", "OK", Some(1007), &[1007]),
            graded("1.1.1", "OK", "UNCLEAN", Some(1000), &[1000]),
            graded("7.1.6", "INFORMATIONAL", "INFORMATIONAL", Some(1000), &[1000]),
        ];
        assert_eq!(faults(cases), ["6.4.3: NON-STRICT, close OK", "1.1.1: OK, close UNCLEAN"]);
    }

    #[test]
    fn a_whole_section_has_all_its_violations() {
        let section = |violations: u32| {
            let number = |case: u32| format!("3.{case}");
            let code = |case: u32| if case <= violations { 1002 } else { 1000 };
            (1..=7).map(|number_of| case(&number(number_of), Some(code(number_of)), &[code(number_of)])).collect()
        };
        assert_eq!(faults(section(7)), [""; 0]);
        assert_eq!(faults(section(6)), ["section 3: 6 violations, not 7"]);
        // A part of a section is not counted.
        assert_eq!(faults(vec![case("3.1", Some(1000), &[1000])]), [""; 0]);
    }

    #[test]
    fn no_cases_are_a_fault() {
        assert_eq!(faults(Vec::new()), ["no cases ran"]);
    }

    #[test]
    fn the_table_counts_cases() {
        let cases = vec![
            case("1.1.1", Some(1000), &[1000]),
            case("6.3.1", Some(1002), &[1007]),
            graded("6.4.3", "NON-STRICT", "OK", Some(1007), &[1007]),
        ];
        let table = Native { cases }.table();
        let numbers = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<_> = table.lines().skip(1).map(numbers).collect();
        assert_eq!(lines[0], ["1", "1", "1", "0", "0", "0", "0", "0", "0"]);
        assert_eq!(lines[1], ["6", "2", "1", "0", "1", "0", "0", "2", "1"]);
        assert_eq!(lines[2], ["all", "3", "2", "0", "1", "0", "0", "2", "1"]);
    }
}
