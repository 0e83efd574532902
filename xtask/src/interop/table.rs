//! The table of `docs/interop.md`.

use std::path::Path;
use std::{fs, io};

use super::run::Found;
use super::server::{ANY, Server};
use super::servers::SERVERS;
use crate::job::Stop;
use crate::marked::{self, TABLE};

const DOCUMENT: &str = "docs/interop.md";
/// The checks, as the clients name them, and the heads of their columns.
const CHECKS: [(&str, &str); 11] = [
    ("text", "text"),
    ("binary", "binary"),
    ("1 MB", "1 MB"),
    ("fragments", "frag-<br>ments"),
    ("compression", "deflate"),
    ("ping", "ping"),
    ("pinged", "ping by<br>server"),
    ("close", "close"),
    ("closed", "close by<br>server"),
    ("TLS", "TLS"),
    ("restart", "restart"),
];

/// The columns of clients whose checks are not shown one at a time.
pub(crate) const NPM: &str = "npm";
pub(crate) const CHROMIUM: &str = "Chromium";
const OTHERS: [&str; 2] = [NPM, CHROMIUM];

/// What was found with one server.
pub(crate) struct Row {
    server: &'static Server,
    pub(crate) version: String,
    pub(crate) found: Vec<Found>,
    /// Why it could not be examined.
    pub(crate) problem: Option<Stop>,
}

impl Row {
    pub(crate) fn new(server: &'static Server) -> Self {
        Self { server, version: String::new(), found: Vec::new(), problem: None }
    }

    fn result(&self, check: &str) -> &str {
        self.found.iter().find(|(name, _)| name == check).map_or("wrong: the client stopped", |(_, result)| result)
    }

    /// The results that are neither good nor known, and the known ones that did not occur.
    pub(crate) fn faults(&self) -> Vec<String> {
        if self.problem.is_some() {
            return Vec::new();
        }
        let native = CHECKS.iter().map(|(check, _)| (*check, *check, self.result(check)));
        let faults = native.chain(OTHERS.into_iter().flat_map(|column| self.others(column))).filter_map(
            |(name, check, result)| {
                let of = |key: &str| key == check || key == name || is_of_column(key, name, check);
                let known = self.server.differs.iter().filter(|(key, ..)| of(key)).map(|(_, expected, _)| *expected);
                let mut expected: Vec<_> = known.collect();
                // The classes of Node and of browsers may do what the native client finds impossible, as it has other options.
                if expected.is_empty() || name != check {
                    expected.push("ok");
                }
                let text = format!("{}, {name}: {result} (expected: {})", self.server.name, expected.join(", or "));
                (!expected.contains(&result) && !expected.contains(&ANY)).then_some(text)
            },
        );
        faults.collect()
    }

    /// The results of a column of other clients: their names, those of the checks, and what was found.
    fn others(&self, column: &str) -> impl Iterator<Item = (&str, &str, &str)> {
        self.found.iter().filter_map(move |(name, result)| {
            let (_, check) = name.strip_prefix(column)?.trim_start().split_once(' ')?;
            Some((name.as_str(), check, result.as_str()))
        })
    }

    fn cell_of_others(&self, column: &str) -> &str {
        match self.others(column).count() {
            0 => "",
            _ if self.faults().iter().any(|fault| fault.contains(&format!(", {column} "))) => "wrong",
            _ if self.server.differs.iter().any(|(key, ..)| key.starts_with(column)) => "partly",
            _ => "ok",
        }
    }

    /// One line of text.
    pub(crate) fn line(&self) -> String {
        let name = format!("{} {}", self.server.name, self.version);
        match &self.problem {
            Some(problem) => format!("{name}: {}", text(problem)),
            None => {
                let odd =
                    CHECKS.iter().map(|(check, _)| (check, self.result(check))).filter(|(_, result)| *result != "ok");
                let odd: Vec<_> = odd.map(|(check, result)| format!("{check}: {result}")).collect();
                if odd.is_empty() { format!("{name}: ok") } else { format!("{name}: ok but {}", odd.join(", ")) }
            }
        }
    }

    /// The notes below the table have the rest.
    fn cell(&self, check: &str) -> &str {
        match self.result(check) {
            _ if self.server.differs.iter().any(|(key, result, _)| *key == check && *result == ANY) => "partly",
            result @ ("ok" | "no") => result,
            result if result.starts_with("wrong") => "wrong",
            _ => "partly",
        }
    }

    fn markdown(&self) -> String {
        let native = CHECKS.iter().map(|(check, _)| if self.problem.is_some() { "" } else { self.cell(check) });
        let cells: Vec<_> = native.chain(OTHERS.map(|column| self.cell_of_others(column))).collect();
        let version = if self.problem.is_some() { "not run" } else { &self.version };
        format!("{}{version} | {} |", start(self.server), cells.join(" | "))
    }
}

/// Whether `key`, such as "npm TLS", stands for this check of all clients in the column.
fn is_of_column(key: &str, name: &str, check: &str) -> bool {
    key.strip_suffix(check).is_some_and(|column| OTHERS.contains(&column.trim_end()) && name.starts_with(column))
}

fn text(problem: &Stop) -> &str {
    match problem {
        Stop::Failed(text) | Stop::Skipped(text) => text,
    }
}

fn start(server: &Server) -> String {
    format!("| {} | ", server.title)
}

/// Replaces these rows. Those of other servers stay.
pub(crate) fn write(root: &Path, rows: &[Row]) -> io::Result<()> {
    let path = root.join(DOCUMENT);
    let document = fs::read_to_string(&path)?;
    let new = marked::part(&document, TABLE).and_then(|old| marked::replace(&document, TABLE, &generated(old, rows)));
    fs::write(&path, new.ok_or_else(|| io::Error::other(format!("{DOCUMENT} has no marks")))?)
}

fn generated(old: &str, rows: &[Row]) -> String {
    let heads: Vec<_> = CHECKS.iter().map(|(_, head)| *head).chain(OTHERS).collect();
    let mut lines = vec![
        format!("\n| server | version | {} |", heads.join(" | ")),
        format!("|---|---|{}", "---|".repeat(heads.len())),
    ];
    let mut notes = Vec::new();
    for server in SERVERS {
        let reason = format!("- {}: not run here: ", server.title);
        let (mut line, mut problem) = (None, None);
        match rows.iter().find(|row| row.server.name == server.name) {
            Some(row) => {
                line = Some(row.markdown());
                problem = row.problem.as_ref().map(|problem| format!("{reason}{}", text(problem)));
            }
            None => {
                for known in old.lines() {
                    line = line.or_else(|| known.starts_with(&start(server)).then(|| known.to_owned()));
                    problem = problem.or_else(|| known.starts_with(&reason).then(|| known.to_owned()));
                }
            }
        }
        lines.extend(line);
        notes.extend(problem);
        let reasons = server.differs.iter().filter(|(.., why)| !why.is_empty());
        notes.extend(reasons.map(|(check, _, why)| format!("- {}, {check}: {why}", server.title)));
    }
    format!("{}\n\n{}\n\n", lines.join("\n"), notes.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_row_in_the_document() {
        let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(DOCUMENT)).unwrap();
        for server in SERVERS {
            assert!(
                document.lines().any(|line| line.starts_with(&start(server))),
                "{}: cargo xtask interop --write",
                server.name
            );
        }
    }

    fn row(results: &[(&str, &str)]) -> Row {
        let result = |check: &str| results.iter().find(|(name, _)| *name == check).map_or("ok", |(_, result)| result);
        let found = CHECKS.iter().map(|(check, _)| ((*check).to_owned(), result(check).to_owned())).collect();
        Row { version: "1".into(), found, ..Row::new(&SERVERS[0]) }
    }

    #[test]
    fn an_unexpected_result_is_a_fault() {
        assert!(row(&[]).faults().is_empty());
        assert_eq!(row(&[("text", "wrong: x")]).faults(), ["ws, text: wrong: x (expected: ok)"]);
        assert_eq!(row(&[("ping", "no")]).faults(), ["ws, ping: no (expected: ok)"]);
        let stopped = Row { found: Vec::new(), ..row(&[]) };
        assert_eq!(stopped.faults().len(), CHECKS.len());
    }

    #[test]
    fn a_fault_of_another_client_is_one_of_its_column() {
        let with = |name: &str, result: &str| {
            let mut row = row(&[]);
            row.found.push((name.into(), result.into()));
            row
        };
        assert!(with("npm index text", "ok").faults().is_empty());
        let faulty = with("Chromium rust 1 MB", "wrong: x");
        assert_eq!(faulty.faults(), ["ws, Chromium rust 1 MB: wrong: x (expected: ok)"]);
        assert!(faulty.markdown().ends_with("| ok |  | wrong |"), "{}", faulty.markdown());
        assert!(with("npm wasm text", "ok").markdown().ends_with("| ok | ok |  |"));
        assert!(is_of_column("Chromium 1 MB", "Chromium rust 1 MB", "1 MB"));
        assert!(!is_of_column("Chromium 1 MB", "npm index 1 MB", "1 MB"));
    }

    #[test]
    fn rows_that_were_not_run_stay() {
        let old = "| websockets | 1 | as before |\n- aiohttp: not run here: as before\n";
        let text = generated(old, &[row(&[])]);
        assert!(text.contains("| ws | 1 | ok | ok |"), "{text}");
        assert!(text.contains("| websockets | 1 | as before |\n"), "{text}");
        assert!(text.contains("- aiohttp: not run here: as before\n"), "{text}");
    }
}
