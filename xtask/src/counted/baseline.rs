//! What each operation cost when it was recorded, and where: `baseline.tsv`.

use std::fmt::Write as _;

use super::costs::{Costs, FAILED};
use super::{Half, Table};

/// How much a count may grow.
const SHARE: f64 = 0.03;
/// What happens once in a batch of operations is no part of each.
const SLACK: f64 = 0.02;

const ENVIRONMENT: &str = "# counted by ";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) client: String,
    pub(crate) costs: Costs,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Baseline {
    /// What some counts depend on besides the source.
    pub(crate) environment: String,
    pub(crate) rows: Vec<Row>,
}

impl Baseline {
    pub(crate) fn parse<H: Half>(text: &str) -> Option<Self> {
        let environment = text.lines().find_map(|line| line.strip_prefix(ENVIRONMENT))?.to_owned();
        let (_, rows) = text.split_once(&columns::<H>())?;
        Some(Self { environment, rows: rows.lines().map(Row::parse::<H>).collect::<Option<_>>()? })
    }

    pub(crate) fn text<H: Half>(&self) -> String {
        let mut text = format!(
            "# What an operation costs. `cargo xtask test \"{}\"` fails where a count of homing grows by more than 3 %. Record a\n\
             # growth that has a reason by `cargo xtask {} --write`, and give the reason in the message of the commit.\n\
             {ENVIRONMENT}{}\n{}",
            H::STEP,
            H::COMMAND,
            self.environment,
            columns::<H>()
        );
        for Row { operation, client, costs } in &self.rows {
            let cells = match costs {
                Costs::Counted(_) => {
                    let columns = H::COLUMNS.iter().enumerate();
                    columns.map(|(at, column)| costs.cell(at, column.places)).collect::<Vec<_>>().join("\t")
                }
                Costs::Failed(_) => costs.cell(0, 0),
            };
            let _ = writeln!(text, "{operation}\t{client}\t{cells}");
        }
        text
    }

    fn costs(&self, operation: &str, client: &str) -> Option<&Costs> {
        self.rows.iter().find(|row| row.operation == operation && row.client == client).map(|row| &row.costs)
    }

    /// Returns the part of the documentation.
    pub(crate) fn tables<H: Half>(&self) -> String {
        let tables = H::TABLES.iter().map(|table| self.table::<H>(table));
        format!("\nCounted by {}.\n\n", self.environment) + &tables.collect::<String>()
    }

    /// Returns the table of a client, with the peer behind a slash.
    fn table<H: Half>(&self, Table { title, client, peer }: &Table) -> String {
        let rows: Vec<_> = self.rows.iter().filter(|row| row.client == *client).collect();
        let has = |at: &usize| rows.iter().any(|row| row.costs.get(*at).is_some());
        let columns: Vec<_> = (0..H::COLUMNS.len()).filter(has).map(|at| (at, &H::COLUMNS[at])).collect();
        let titles = columns.iter().map(|(_, column)| column.title).collect::<Vec<_>>().join(" | ");
        let mut table = if title.is_empty() { String::new() } else { format!("{title}\n\n") };
        let _ = writeln!(table, "| Operation | {titles} |\n|---|{}", "---:|".repeat(columns.len()));
        for Row { operation, costs, .. } in rows {
            let peer = peer.and_then(|peer| self.costs(operation, peer));
            let cells = columns.iter().map(|(at, column)| {
                let beside = peer.map_or(String::new(), |peer| format!(" / {}", peer.cell(*at, column.places)));
                costs.cell(*at, column.places) + &beside
            });
            let _ = writeln!(table, "| {operation} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
        table + "\n"
    }

    /// Returns what has failed or grown, and what has shrunk or is new. Some counts are compared only if they were taken in
    /// the same environment.
    pub(crate) fn compare<H: Half>(&self, now: &[Row], environment: &str) -> (Vec<String>, Vec<String>) {
        let (mut grown, mut other) = (Vec::new(), Vec::new());
        for Row { operation, client, costs } in now {
            let name = format!("{operation}, {client}");
            if let Costs::Failed(why) = costs {
                grown.push(format!("{name}: {FAILED}{why}"));
                continue;
            }
            let Some(before) = self.costs(operation, client) else {
                other.push(format!("{name}: not in the baseline"));
                continue;
            };
            for (at, column) in H::COLUMNS.iter().enumerate() {
                let (from, to) = match (before.get(at), costs.get(at)) {
                    (Some(from), Some(to)) => (from, to),
                    (Some(_), None) => {
                        grown.push(format!("{name}: {} are no longer counted", column.name));
                        continue;
                    }
                    (None, _) => continue,
                };
                if !column.is_compared || (column.in_environment && self.environment != environment) {
                    continue;
                }
                let change =
                    format!("{name}: {} from {from} to {to:.2} ({:+.1} %)", column.name, (to / from - 1.0) * 100.0);
                if to > from * (1.0 + SHARE) + SLACK {
                    grown.push(change);
                } else if to < from * (1.0 - SHARE) - SLACK {
                    other.push(change);
                }
            }
        }
        (grown, other)
    }

    /// Takes over these rows.
    pub(crate) fn replace(&mut self, now: Vec<Row>) {
        for row in now {
            let same = |old: &&mut Row| old.operation == row.operation && old.client == row.client;
            match self.rows.iter_mut().find(same) {
                Some(old) => *old = row,
                None => self.rows.push(row),
            }
        }
    }
}

fn columns<H: Half>() -> String {
    let names = H::COLUMNS.iter().map(|column| format!("\t{}", column.name));
    format!("operation\tclient{}\n", names.collect::<String>())
}

impl Row {
    fn parse<H: Half>(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let (operation, client) = (cells.next()?, cells.next()?);
        let costs = Costs::parse(&cells.collect::<Vec<_>>(), H::COLUMNS.len())?;
        Some(Self { operation: operation.into(), client: client.into(), costs })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Native, Web};
    use super::*;

    fn row(operation: &str, instructions: f64, calls: f64) -> Row {
        let costs = Costs::of([instructions, calls, 0.0, 0.0]);
        Row { operation: operation.into(), client: "homing".into(), costs }
    }

    fn baseline() -> Baseline {
        Baseline { environment: "rustc 1".into(), rows: vec![row("receive", 400.0, 0.0), row("connect", 1000.0, 20.0)] }
    }

    fn compared(now: &[Row]) -> (Vec<String>, Vec<String>) {
        baseline().compare::<Native>(now, "rustc 1")
    }

    #[test]
    fn what_is_written_is_read() {
        let mut all = baseline();
        all.rows.push(Row { costs: Costs::Failed("exit status: 1".into()), ..row("send", 0.0, 0.0) });
        assert_eq!(Baseline::parse::<Native>(&all.text::<Native>()), Some(all));
        assert_eq!(Baseline::parse::<Native>(&baseline().text::<Native>().replace("400", "many")), None);
    }

    #[test]
    fn the_table_has_the_peer_behind_a_slash() {
        let mut all = baseline();
        all.rows.push(Row { client: "tungstenite".into(), ..row("receive", 700.0, 1.0) });
        let table = all.tables::<Native>();
        assert!(table.contains("| receive | 400 / 700 | 0.00 / 1.00 | 0.00 / 0.00 | 0 / 0 |\n"), "{table}");
        assert!(table.contains("| connect | 1000 | 20.00 | 0.00 | 0 |\n"), "{table}");
    }

    #[test]
    fn a_table_has_the_columns_that_its_client_has() {
        let costs = Costs::Counted(vec![None, None, Some(440.0), None, None]);
        let rows = vec![Row { operation: "send".into(), client: "npm index".into(), costs }];
        let tables = Baseline { environment: "rustc 1".into(), rows }.tables::<Web>();
        let expected = "npm, `homing`:\n\n| Operation | Characters of JavaScript |\n|---|---:|\n| send | 440 |\n\n";
        assert!(tables.ends_with(expected), "{tables}");
    }

    #[test]
    fn a_program_that_died_is_a_failure_and_has_that_in_its_cells() {
        let died = Row { costs: Costs::Failed("exit status: 1".into()), ..row("receive", 0.0, 0.0) };
        assert_eq!(compared(std::slice::from_ref(&died)).0, ["receive, homing: failed: exit status: 1"]);
        let mut all = baseline();
        all.replace(vec![died, Row { client: "tungstenite".into(), ..row("receive", 7.0, 1.0) }]);
        let table = all.tables::<Native>();
        assert!(table.contains("| receive | failed: exit status: 1 / 7 |"), "{table}");
    }

    #[test]
    fn growth_beyond_the_share_is_found_and_names_both_counts() {
        let (grown, other) = compared(&[row("receive", 411.0, 0.0), row("connect", 900.0, 20.0)]);
        assert!(grown.is_empty(), "{grown:?}");
        assert_eq!(other, ["connect, homing: instructions from 1000 to 900.00 (-10.0 %)"]);
        let (grown, _) = compared(&[row("receive", 413.0, 0.0), row("connect", 1000.0, 21.0)]);
        assert_eq!(
            grown,
            [
                "receive, homing: instructions from 400 to 413.00 (+3.2 %)",
                "connect, homing: calls from 20 to 21.00 (+5.0 %)",
            ]
        );
    }

    #[test]
    fn what_is_no_longer_counted_is_a_failure() {
        let costs = Costs::Counted(vec![None, Some(0.0), Some(0.0), Some(0.0)]);
        let now = Row { costs, ..row("receive", 0.0, 0.0) };
        assert_eq!(compared(&[now]).0, ["receive, homing: instructions are no longer counted"]);
    }

    #[test]
    fn instructions_of_another_compiler_are_not_compared_but_calls_are() {
        let (grown, _) = baseline().compare::<Native>(&[row("receive", 900.0, 1.0)], "rustc 2");
        assert_eq!(grown, ["receive, homing: calls from 0 to 1.00 (+inf %)"]);
    }

    #[test]
    fn an_operation_that_is_new_is_no_failure() {
        let (grown, other) = compared(&[row("send", 1.0, 1.0)]);
        assert_eq!((grown, other), (vec![], vec!["send, homing: not in the baseline".into()]));
    }

    #[test]
    fn recorded_rows_replace_those_of_the_same_name() {
        let mut all = baseline();
        all.replace(vec![row("connect", 1.0, 1.0), row("send", 2.0, 2.0)]);
        assert_eq!(all.rows, [row("receive", 400.0, 0.0), row("connect", 1.0, 1.0), row("send", 2.0, 2.0)]);
    }
}
