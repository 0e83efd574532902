//! The generated part of docs/benchmarks.md.

use std::fmt::Write;

use super::CLIENTS;
use crate::marked::{self, TABLE};

/// Says of each case and measure where homing is not first why that is so.
pub(super) const REASONS: &str = "benches/peers/reasons.tsv";

struct Measure {
    name: &'static str,
    title: &'static str,
    /// What a figure of homing is divided by, and the unit after that.
    unit: (f64, &'static str),
    kind: Kind,
}

#[derive(PartialEq)]
enum Kind {
    /// Figures as multiples of homing's, with a spread.
    Ratio,
    /// Exact numbers. Less than this is not distinguished from nothing.
    Count(f64),
}

const fn measure(name: &'static str, title: &'static str, unit: (f64, &'static str), kind: Kind) -> Measure {
    Measure { name, title, unit, kind }
}

const MEASURES: [Measure; 6] = [
    measure("cpu", "CPU time of an operation", (1.0, "ns"), Kind::Ratio),
    measure("time", "Elapsed time of an operation", (1.0, "ns"), Kind::Ratio),
    measure("memory", "Resident memory of a connection", (1.0, "KiB"), Kind::Ratio),
    measure("instructions", "Instructions of an operation, outside of the kernel", (1.0, ""), Kind::Count(1.0)),
    measure("calls", "System calls of an operation", (1.0, ""), Kind::Count(0.05)),
    measure("allocations", "Allocations of an operation", (1.0, ""), Kind::Count(0.05)),
];

/// A client counts as better only if its figure is below this share of homing's, in three of four runs.
const BETTER: f64 = 0.98;

/// The recorded lines, split at tabs.
struct Recorded<'a>(Vec<Vec<&'a str>>);

impl<'a> Recorded<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect())
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Vec<&'a str>> {
        self.0.iter().filter(move |row| row[0] == kind)
    }

    /// The cases of a measure, in the order in which they ran.
    fn cases(&self, measure: &Measure) -> Vec<&'a str> {
        let mut cases: Vec<&str> = self.of(measure.name).map(|row| row[1]).collect();
        cases.dedup();
        cases
    }

    /// The figures of a client, or why there are none.
    fn figures(&self, measure: &Measure, case: &str, client: &str) -> Result<Vec<f64>, &'a str> {
        let built = self.of("build").find(|row| row[2] == client).map(|row| row[3]);
        let row = self.of(measure.name).find(|row| row[1] == case && row[2] == client);
        let row = row.ok_or(built.unwrap_or("unable"))?;
        row[3..].iter().map(|figure| figure.parse()).collect::<Result<_, _>>().map_err(|_| row[3])
    }

    /// The clients that are better than homing, with their share of homing's figure.
    fn better(&self, measure: &Measure, case: &str) -> Vec<(&'static str, f64)> {
        let Ok(homing) = self.figures(measure, case, CLIENTS[0]) else { return Vec::new() };
        let share = |client: &&'static str| {
            let figures = self.figures(measure, case, client).ok()?;
            match measure.kind {
                Kind::Ratio => (figures[3] < BETTER).then_some((*client, figures[2])),
                Kind::Count(least) => {
                    let is_better = figures[0] < homing[0] * BETTER && homing[0] - figures[0] > least;
                    is_better.then_some((*client, figures[0] / homing[0]))
                }
            }
        };
        CLIENTS[1..].iter().filter_map(share).collect()
    }
}

/// Returns the document with tables of what was recorded.
pub(super) fn filled(document: &str, recorded: &str, reasons: &str) -> Option<String> {
    let recorded = Recorded::new(recorded);
    let mut part = String::from("\n");
    let about: Vec<_> = recorded.of("about").map(|row| format!("{} {}", row[1], row[2])).collect();
    let versions: Vec<_> = recorded.of("version").map(|row| format!("{} {}", row[1], row[2])).collect();
    let _ = writeln!(part, "Recorded run: {}.\nVersions: {}.", about.join(", "), versions.join(", "));
    for measure in &MEASURES {
        table(&mut part, &recorded, measure, reasons);
    }
    scale(&mut part, &recorded);
    let failures: Vec<_> =
        recorded.0.iter().filter(|row| row.get(3).is_some_and(|why| why.starts_with("failed"))).collect();
    if !failures.is_empty() {
        part.push_str("\nFailed:\n\n");
        for row in failures {
            let _ = writeln!(part, "- {}, {} ({}): {}", row[2], row[1], row[0], row[3]);
        }
    }
    part.push('\n');
    marked::replace(document, TABLE, &part)
}

fn table(part: &mut String, recorded: &Recorded<'_>, measure: &Measure, reasons: &str) {
    let cases = recorded.cases(measure);
    if cases.is_empty() {
        return;
    }
    let _ = write!(part, "\n### {}\n\n| |", measure.title);
    let heads = CLIENTS.iter().fold(String::new(), |heads, client| heads + " " + client + " |");
    let _ = writeln!(part, "{heads}\n|---|{}", "---:|".repeat(CLIENTS.len()));
    for case in &cases {
        let cells = CLIENTS.iter().map(|client| cell(recorded, measure, case, client)).collect::<Vec<_>>();
        let _ = writeln!(part, "| {case} | {} |", cells.join(" | "));
    }
    let mut is_first = true;
    for case in cases {
        let better = recorded.better(measure, case);
        let Some(reason) = reason(reasons, measure.name, case).filter(|_| !better.is_empty()) else { continue };
        if is_first {
            part.push_str("\nWhere homing is not first:\n\n");
            is_first = false;
        }
        let names: Vec<_> = better.iter().map(|(client, share)| format!("{client} {share:.2}")).collect();
        let _ = writeln!(part, "- {case} ({}): {reason}", names.join(", "));
    }
}

fn scale(part: &mut String, recorded: &Recorded<'_>) {
    for (position, row) in recorded.of("scale").enumerate() {
        if position == 0 {
            part.push_str("\n### Connections of one process\n\n");
            part.push_str("| homing, for each connection | of 100 | of 1,000 | of 10,000 |\n|---|---:|---:|---:|\n");
        }
        let _ = writeln!(part, "| {} | {} |", row[1], row[3..].join(" | "));
    }
}

fn cell(recorded: &Recorded<'_>, measure: &Measure, case: &str, client: &str) -> String {
    let figures = match recorded.figures(measure, case, client) {
        Ok(figures) => figures,
        Err("unable") => return "–".into(),
        Err(why) if why.starts_with("failed") => return "failed".into(),
        Err(why) => return why.into(),
    };
    match measure.kind {
        Kind::Count(least) if figures[0] < least => "0".into(),
        Kind::Count(_) if figures[0] < 10.0 => format!("{:.2}", figures[0]),
        Kind::Count(_) => format!("{:.0}", figures[0]),
        Kind::Ratio if client == CLIENTS[0] => {
            let (divisor, unit) = measure.unit;
            let figure = figures[0] / divisor;
            if figure < 100.0 { format!("1 ({figure:.1} {unit})") } else { format!("1 ({figure:.0} {unit})") }
        }
        Kind::Ratio => format!("{:.2} ±{:.2}", figures[2], (figures[3] - figures[1]) / 2.0),
    }
}

fn reason<'a>(reasons: &'a str, measure: &str, case: &str) -> Option<&'a str> {
    let mut rows = reasons.lines().map(|line| line.splitn(3, '\t').collect::<Vec<_>>());
    // `*` stands for all measures.
    rows.find(|row| row.len() == 3 && (row[0] == measure || row[0] == "*") && row[1] == case).map(|row| row[2])
}

/// Returns a problem for each case in which another client is better and no reason is given.
pub(super) fn without_reason(recorded: &str, reasons: &str) -> Vec<String> {
    let recorded = Recorded::new(recorded);
    let mut missing = Vec::new();
    for measure in &MEASURES {
        for case in recorded.cases(measure) {
            let better = recorded.better(measure, case);
            if !better.is_empty() && reason(reasons, measure.name, case).is_none() {
                missing.push(format!("{REASONS} has no reason for {} of {case}: {better:?}", measure.name));
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/benchmarks.md");
    const RECORDED: &str = include_str!("../../../benches/peers/recorded.tsv");
    const REASONS: &str = include_str!("../../../benches/peers/reasons.tsv");

    #[test]
    fn the_document_has_the_recorded_figures() {
        let filled = filled(DOCUMENT, RECORDED, REASONS).unwrap();
        assert!(filled == DOCUMENT, "docs/benchmarks.md is out of date: run `cargo xtask benchmarks --table`");
    }

    #[test]
    fn each_line_where_homing_is_not_first_has_a_reason() {
        assert_eq!(without_reason(RECORDED, REASONS), Vec::<String>::new());
    }

    #[test]
    fn a_client_is_better_only_beyond_the_spread() {
        let recorded = "cpu\ta\thoming\t10\t1\t1\t1\ncpu\ta\tyawc\t9\t0.9\t0.95\t0.97\ncpu\ta\tewebsock\t9\t0.8\t0.9\t1.1\n\
            calls\ta\thoming\t1.0\ncalls\ta\tyawc\t0.97\ncalls\tb\thoming\t2.0\ncalls\tb\tyawc\tfailed: gone\ncalls\tb\tewebsock\t1.9\n";
        let missing = without_reason(recorded, "calls\tb\tWhy.\n");
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(missing[0].contains("cpu of a") && missing[0].contains("yawc") && !missing[0].contains("ewebsock"));
        let page = filled("<!-- table -->\n<!-- end of table -->\n", recorded, "calls\tb\tWhy.\n").unwrap();
        assert!(page.contains("| a | 1 (10.0 ns) | – | – | – | 0.95 ±0.03 |"), "{page}");
        assert!(
            page.contains("- b (ewebsock 0.95): Why.") && page.contains("- yawc, b (calls): failed: gone"),
            "{page}"
        );
    }
}
