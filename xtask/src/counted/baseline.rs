//! `benches/counted/baseline.tsv`: what each operation cost when it was recorded, and where.

use std::fmt::Write as _;

use super::Cost;

/// How much a count may grow.
const SHARE: f64 = 0.03;
/// What happens once in a batch of operations is no part of each.
const SLACK: f64 = 0.02;

const HEAD: &str = "\
# What an operation costs. `cargo xtask test \"counted work\"` fails where a count of homing grows by more than 3 %. Record a
# growth that has a reason by `cargo xtask counts --write`, and give the reason in the message of the commit.
";
const ENVIRONMENT: &str = "# counted by ";
const COLUMNS: &str = "operation\tclient\tinstructions\tcalls\tallocations\tbytes allocated\n";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) client: String,
    pub(crate) cost: Cost,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Baseline {
    /// What the number of instructions depends on besides the source.
    pub(crate) environment: String,
    pub(crate) rows: Vec<Row>,
}

impl Baseline {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let environment = text.lines().find_map(|line| line.strip_prefix(ENVIRONMENT))?.to_owned();
        let (_, rows) = text.split_once(COLUMNS)?;
        Some(Self { environment, rows: rows.lines().map(Row::parse).collect::<Option<_>>()? })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{HEAD}{ENVIRONMENT}{}\n{COLUMNS}", self.environment);
        for Row { operation, client, cost: Cost { instructions, calls, allocations, bytes } } in &self.rows {
            let _ =
                writeln!(text, "{operation}\t{client}\t{instructions:.0}\t{calls:.2}\t{allocations:.2}\t{bytes:.0}");
        }
        text
    }

    pub(crate) fn cost(&self, operation: &str, client: &str) -> Option<&Cost> {
        self.rows.iter().find(|row| row.operation == operation && row.client == client).map(|row| &row.cost)
    }

    /// Returns the table of the documentation: homing, and the peer behind a slash.
    pub(crate) fn table(&self) -> String {
        let mut table = format!("\nCounted by {}.\n\n", self.environment);
        table +=
            "| Operation | Instructions | System calls | Allocations | Bytes allocated |\n|---|---:|---:|---:|---:|\n";
        for Row { operation, cost, .. } in self.rows.iter().filter(|row| row.client == "homing") {
            let peer = self.cost(operation, "tungstenite");
            let cell = |of: fn(&Cost) -> f64, places: usize| {
                let beside = peer.map_or(String::new(), |peer| format!(" / {:.places$}", of(peer)));
                format!("{:.places$}{beside}", of(cost))
            };
            let cells = [
                cell(|it| it.instructions, 0),
                cell(|it| it.calls, 2),
                cell(|it| it.allocations, 2),
                cell(|it| it.bytes, 0),
            ];
            let _ = writeln!(table, "| {operation} | {} |", cells.join(" | "));
        }
        table + "\n"
    }

    /// Returns what has grown, and what has shrunk or is new. Instructions are compared only if they were counted in the
    /// same environment.
    pub(crate) fn compare(&self, now: &[Row], environment: &str) -> (Vec<String>, Vec<String>) {
        let (mut grown, mut other) = (Vec::new(), Vec::new());
        for Row { operation, client, cost } in now {
            let Some(before) = self.cost(operation, client) else {
                other.push(format!("{operation}, {client}: not in the baseline"));
                continue;
            };
            let instructions =
                (self.environment == environment).then_some(("instructions", before.instructions, cost.instructions));
            let counts = [("calls", before.calls, cost.calls), ("allocations", before.allocations, cost.allocations)];
            for (what, from, to) in instructions.into_iter().chain(counts) {
                let change = format!(
                    "{operation}, {client}: {what} from {from} to {to:.2} ({:+.1} %)",
                    (to / from - 1.0) * 100.0
                );
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

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let [operation, client, instructions, calls, allocations, bytes] =
            line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let number = |text: &str| text.parse::<f64>().ok();
        let cost = Cost {
            instructions: number(instructions)?,
            calls: number(calls)?,
            allocations: number(allocations)?,
            bytes: number(bytes)?,
        };
        Some(Self { operation: operation.to_owned(), client: client.to_owned(), cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operation: &str, instructions: f64, calls: f64) -> Row {
        let cost = Cost { instructions, calls, allocations: 0.0, bytes: 0.0 };
        Row { operation: operation.into(), client: "homing".into(), cost }
    }

    fn baseline() -> Baseline {
        Baseline { environment: "rustc 1".into(), rows: vec![row("receive", 400.0, 0.0), row("connect", 1000.0, 20.0)] }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Baseline::parse(&baseline().text()), Some(baseline()));
        assert_eq!(Baseline::parse(&baseline().text().replace("400", "many")), None);
    }

    #[test]
    fn the_table_has_the_peer_behind_a_slash() {
        let mut all = baseline();
        all.rows.push(Row { client: "tungstenite".into(), ..row("receive", 700.0, 1.0) });
        let table = all.table();
        assert!(table.contains("| receive | 400 / 700 | 0.00 / 1.00 | 0.00 / 0.00 | 0 / 0 |\n"), "{table}");
        assert!(table.contains("| connect | 1000 | 20.00 | 0.00 | 0 |\n"), "{table}");
    }

    #[test]
    fn growth_beyond_the_share_is_found_and_names_both_counts() {
        let (grown, other) = baseline().compare(&[row("receive", 411.0, 0.0), row("connect", 900.0, 20.0)], "rustc 1");
        assert!(grown.is_empty(), "{grown:?}");
        assert_eq!(other, ["connect, homing: instructions from 1000 to 900.00 (-10.0 %)"]);
        let (grown, _) = baseline().compare(&[row("receive", 413.0, 0.0), row("connect", 1000.0, 21.0)], "rustc 1");
        assert_eq!(
            grown,
            [
                "receive, homing: instructions from 400 to 413.00 (+3.2 %)",
                "connect, homing: calls from 20 to 21.00 (+5.0 %)",
            ]
        );
    }

    #[test]
    fn instructions_of_another_compiler_are_not_compared_but_calls_are() {
        let (grown, _) = baseline().compare(&[row("receive", 900.0, 1.0)], "rustc 2");
        assert_eq!(grown, ["receive, homing: calls from 0 to 1.00 (+inf %)"]);
    }

    #[test]
    fn an_operation_that_is_new_is_no_failure() {
        let (grown, other) = baseline().compare(&[row("send", 1.0, 1.0)], "rustc 1");
        assert_eq!((grown, other), (vec![], vec!["send, homing: not in the baseline".into()]));
    }

    #[test]
    fn recorded_rows_replace_those_of_the_same_name() {
        let mut all = baseline();
        all.replace(vec![row("connect", 1.0, 1.0), row("send", 2.0, 2.0)]);
        assert_eq!(all.rows, [row("receive", 400.0, 0.0), row("connect", 1.0, 1.0), row("send", 2.0, 2.0)]);
    }
}
