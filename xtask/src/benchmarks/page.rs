//! The generated part of docs/benchmarks.md.

use std::fmt::Write;

use super::CLIENTS;
use super::web::{CRATES, PACKAGES};
use crate::marked::{self, TABLE};

/// Says of each case and measure where homing is not first why that is so.
pub(super) const REASONS: &str = "benches/peers/reasons.tsv";

/// A part of the document, made from one recorded run.
pub(super) struct Sheet {
    pub(super) mark: &'static str,
    measures: &'static [Measure],
    /// The title and the head of the table of many connections.
    scale: [&'static str; 2],
}

struct Measure {
    name: &'static str,
    title: &'static str,
    /// The unit of a figure.
    unit: &'static str,
    kind: Kind,
    /// The clients, of which the others are compared with the first.
    clients: &'static [&'static str],
}

#[derive(PartialEq)]
enum Kind {
    /// Figures as multiples of homing's, with a spread.
    Ratio,
    /// Exact numbers. Less than this is not distinguished from nothing.
    Count(f64),
}

type Clients = &'static [&'static str];

const fn measure(name: &'static str, title: &'static str, unit: &'static str, kind: Kind, clients: Clients) -> Measure {
    Measure { name, title, unit, kind, clients }
}

pub(super) const NATIVE: Sheet = Sheet {
    mark: TABLE,
    measures: &[
        measure("cpu", "CPU time of an operation", "ns", Kind::Ratio, &CLIENTS),
        measure("time", "Elapsed time of an operation", "ns", Kind::Ratio, &CLIENTS),
        measure("memory", "Resident memory of a connection", "KiB", Kind::Ratio, &CLIENTS),
        measure("instructions", "Instructions of an operation, outside of the kernel", "", Kind::Count(1.0), &CLIENTS),
        measure("calls", "System calls of an operation", "", Kind::Count(0.05), &CLIENTS),
        measure("allocations", "Allocations of an operation", "", Kind::Count(0.05), &CLIENTS),
    ],
    scale: ["Connections of one process", "homing, for each connection | of 100 | of 1,000 | of 10,000"],
};

pub(super) const WEB: Sheet = Sheet {
    mark: "browsers",
    measures: &[
        measure("npm-cpu", "npm: CPU time of the page's thread", "ns", Kind::Ratio, &PACKAGES),
        measure("npm-time", "npm: elapsed time", "ns", Kind::Ratio, &PACKAGES),
        measure("npm-memory", "npm: memory of a connection", "KiB", Kind::Ratio, &PACKAGES),
        measure("npm-size", "npm: bytes of the compressed class", "", Kind::Count(50.0), &PACKAGES),
        measure("crate-cpu", "Crates: CPU time of the page's thread", "ns", Kind::Ratio, &CRATES),
        measure("crate-time", "Crates: elapsed time", "ns", Kind::Ratio, &CRATES),
        measure("crate-memory", "Crates: memory of a connection", "KiB", Kind::Ratio, &CRATES),
        measure("crate-size", "Crates: bytes of the compressed module and its glue", "", Kind::Count(50.0), &CRATES),
    ],
    scale: ["Clients of one page", "homing, for each client | npm, of 100 | of 950 | crate, of 100 | of 950"],
};

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
        let Ok(homing) = self.figures(measure, case, measure.clients[0]) else { return Vec::new() };
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
        measure.clients[1..].iter().filter_map(share).collect()
    }
}

impl Sheet {
    /// Returns the document with tables of what was recorded.
    pub(super) fn filled(&self, document: &str, recorded: &str, reasons: &str) -> Option<String> {
        let recorded = Recorded::new(recorded);
        let mut part = String::from("\n");
        let about: Vec<_> = recorded.of("about").map(|row| format!("{} {}", row[1], row[2])).collect();
        let versions: Vec<_> = recorded.of("version").map(|row| format!("{} {}", row[1], row[2])).collect();
        let _ = writeln!(part, "Recorded run: {}.\nVersions: {}.", about.join(", "), versions.join(", "));
        for measure in self.measures {
            table(&mut part, &recorded, measure, reasons);
        }
        scale(&mut part, &recorded, self.scale);
        let failures: Vec<_> =
            recorded.0.iter().filter(|row| row.get(3).is_some_and(|why| why.starts_with("failed"))).collect();
        if !failures.is_empty() {
            part.push_str("\nFailed:\n\n");
            for row in failures {
                let _ = writeln!(part, "- {}, {} ({}): {}", row[2], row[1], row[0], row[3]);
            }
        }
        part.push('\n');
        marked::replace(document, self.mark, &part)
    }

    /// Returns a problem for each case in which another client is better and no reason is given.
    pub(super) fn without_reason(&self, recorded: &str, reasons: &str) -> Vec<String> {
        let recorded = Recorded::new(recorded);
        let mut missing = Vec::new();
        for measure in self.measures {
            for case in recorded.cases(measure) {
                let better = recorded.better(measure, case);
                if !better.is_empty() && reason(reasons, measure.name, case).is_none() {
                    missing.push(format!("{REASONS} has no reason for {} of {case}: {better:?}", measure.name));
                }
            }
        }
        missing
    }
}

fn table(part: &mut String, recorded: &Recorded<'_>, measure: &Measure, reasons: &str) {
    let cases = recorded.cases(measure);
    if cases.is_empty() {
        return;
    }
    let _ = write!(part, "\n### {}\n\n| |", measure.title);
    let heads = measure.clients.iter().fold(String::new(), |heads, client| heads + " " + client + " |");
    let _ = writeln!(part, "{heads}\n|---|{}", "---:|".repeat(measure.clients.len()));
    for case in &cases {
        let cells = measure.clients.iter().map(|client| cell(recorded, measure, case, client)).collect::<Vec<_>>();
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

fn scale(part: &mut String, recorded: &Recorded<'_>, [title, head]: [&str; 2]) {
    for (position, row) in recorded.of("scale").enumerate() {
        if position == 0 {
            let columns = head.matches('|').count();
            let _ = write!(part, "\n### {title}\n\n| {head} |\n|---|{}\n", "---:|".repeat(columns));
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
        Kind::Ratio if client == measure.clients[0] => {
            let (figure, unit) = (figures[0], measure.unit);
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

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/benchmarks.md");
    const REASONS: &str = include_str!("../../../benches/peers/reasons.tsv");
    const SHEETS: [(&Sheet, &str); 2] = [
        (&NATIVE, include_str!("../../../benches/peers/recorded.tsv")),
        (&WEB, include_str!("../../../benches/peers/recorded-web.tsv")),
    ];

    #[test]
    fn the_document_has_the_recorded_figures() {
        for (sheet, recorded) in SHEETS {
            let filled = sheet.filled(DOCUMENT, recorded, REASONS).unwrap();
            assert!(filled == DOCUMENT, "docs/benchmarks.md is out of date: run `cargo xtask benchmarks --table`");
        }
    }

    #[test]
    fn each_line_where_homing_is_not_first_has_a_reason() {
        for (sheet, recorded) in SHEETS {
            assert_eq!(sheet.without_reason(recorded, REASONS), Vec::<String>::new());
        }
    }

    #[test]
    fn a_client_is_better_only_beyond_the_spread() {
        let recorded = "cpu\ta\thoming\t10\t1\t1\t1\ncpu\ta\tyawc\t9\t0.9\t0.95\t0.97\ncpu\ta\tewebsock\t9\t0.8\t0.9\t1.1\n\
            calls\ta\thoming\t1.0\ncalls\ta\tyawc\t0.97\ncalls\tb\thoming\t2.0\ncalls\tb\tyawc\tfailed: gone\ncalls\tb\tewebsock\t1.9\n";
        let missing = NATIVE.without_reason(recorded, "calls\tb\tWhy.\n");
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(missing[0].contains("cpu of a") && missing[0].contains("yawc") && !missing[0].contains("ewebsock"));
        let page = NATIVE.filled("<!-- table -->\n<!-- end of table -->\n", recorded, "calls\tb\tWhy.\n").unwrap();
        assert!(page.contains("| a | 1 (10.0 ns) | – | – | – | 0.95 ±0.03 |"), "{page}");
        assert!(
            page.contains("- b (ewebsock 0.95): Why.") && page.contains("- yawc, b (calls): failed: gone"),
            "{page}"
        );
    }

    #[test]
    fn clients_of_browsers_are_compared_within_their_group() {
        let recorded = "npm-cpu\ta\thoming\t10\t1\t1\t1\nnpm-cpu\ta\tbare\t9\t0.9\t0.9\t0.9\ncrate-cpu\ta\thoming\t20\t1\t1\t1\n\
            scale\tmemory\thoming\t1\t2\t3\t4\n";
        assert_eq!(WEB.without_reason(recorded, "crate-cpu\ta\tWhy.\n").len(), 1);
        let page = WEB.filled("<!-- browsers -->\n<!-- end of browsers -->\n", recorded, "").unwrap();
        assert!(
            page.contains("| a | 1 (10.0 ns) | – | 0.90 ±0.00 |") && page.contains("| a | 1 (20.0 ns) |"),
            "{page}"
        );
        assert!(page.contains("\n|---|---:|---:|---:|---:|\n| memory | 1 | 2 | 3 | 4 |\n"), "{page}");
    }
}
