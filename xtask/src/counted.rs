//! Counted work: what an operation of a client costs, which depends neither on time nor on what else the machine does.

mod baseline;
mod costs;
mod native;
mod web;

use std::fs;
use std::slice;

use baseline::{Baseline, Row};
use costs::{Column, Costs};
pub(crate) use native::Native;
pub(crate) use web::Web;

use crate::command::Cmd;
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::marked;

const DOCS: &str = "docs/benchmarks.md";

/// How often a count that has grown is repeated.
const AGAIN: usize = 2;

/// A program that performs operations of clients, and the tools that count what these cost.
pub(crate) trait Half: Sized {
    /// The step of the tests, and the part of the documentation.
    const STEP: &str;
    /// The command that records.
    const COMMAND: &str;
    const BASELINE: &str;
    const COLUMNS: &[Column];
    /// The tables of the documentation: a client of homing each, and the peer that it is compared with.
    const TABLES: &[Table];

    /// Builds the program and installs the tools.
    fn build(job: &mut Job<'_>) -> Result<Self, Stop>;

    /// What the counts depend on besides the source.
    fn environment(job: &mut Job<'_>) -> Result<String, Stop>;

    /// Returns the program, which without arguments prints the name of each operation, and the clients that have it.
    fn program(&self) -> Cmd;

    /// Counts an operation of a client. Fails if a message is wrong or missing.
    fn costs(&self, job: &mut Job<'_>, client: &str, operation: &str) -> Result<Costs, Stop>;

    /// Counts these operations of these clients.
    fn rows(
        &self,
        job: &mut Job<'_>,
        is_client: impl Fn(&str) -> bool,
        is_operation: impl Fn(&str) -> bool,
    ) -> Result<Vec<Row>, Stop> {
        let output = job.run(self.program())?;
        let lines = output.lines().filter_map(|line| line.split_once('\t'));
        let mut rows = Vec::new();
        for (operation, clients) in lines.filter(|(name, _)| is_operation(name)) {
            for client in clients.split(',').filter(|name| is_client(name)) {
                let costs = self.costs(job, client, operation)?;
                rows.push(Row { operation: operation.into(), client: client.into(), costs });
            }
        }
        Ok(rows)
    }
}

/// A table of the documentation.
pub(crate) struct Table {
    /// Empty if there is no other table.
    title: &'static str,
    client: &'static str,
    /// Behind a slash.
    peer: Option<&'static str>,
}

/// `cargo xtask counts` or `counts-web` with the words after it.
pub(crate) fn command<H: Half>(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (options, words): (Vec<_>, Vec<_>) = words.iter().map(String::as_str).partition(|word| word.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| **option != "--write") {
        return Err(Stop::Failed(format!("unknown option `{unknown}`")));
    }
    let half = H::build(job)?;
    let rows = half.rows(job, |_| true, |name| words.is_empty() || words.iter().any(|word| name.contains(word)))?;
    let now = Baseline { environment: H::environment(job)?, rows };
    println!("{}", now.text::<H>());
    if options.is_empty() {
        return Ok(());
    }
    let path = job.place.root.join(H::BASELINE);
    let mut all = fs::read_to_string(&path).ok().and_then(|text| Baseline::parse::<H>(&text)).unwrap_or_default();
    if words.is_empty() {
        all = now;
    } else if all.environment == now.environment {
        all.replace(now.rows);
    } else {
        return Err(Stop::Failed(format!("the others were counted by {}: record all of them", all.environment)));
    }
    fs::write(path, all.text::<H>())?;
    let path = job.place.root.join(DOCS);
    let new = marked::replace(&fs::read_to_string(&path)?, H::STEP, &all.tables::<H>());
    Ok(fs::write(path, new.ok_or_else(|| Stop::Failed(format!("{DOCS} has no marks")))?)?)
}

/// The step of the tests: compares what the library costs with the baseline.
pub(crate) fn check<H: Half>(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let text = fs::read_to_string(job.place.root.join(H::BASELINE))?;
    let baseline =
        Baseline::parse::<H>(&text).ok_or_else(|| Stop::Failed(format!("{} is not readable", H::BASELINE)))?;
    if marked::part(&fs::read_to_string(job.place.root.join(DOCS))?, H::STEP) != Some(&*baseline.tables::<H>()) {
        let problem = format!("{DOCS} differs from {}: run `cargo xtask {} --write`", H::BASELINE, H::COMMAND);
        return Err(Stop::Failed(problem));
    }
    let half = H::build(job)?;
    let mut rows = half.rows(job, |client| H::TABLES.iter().any(|table| table.client == client), |_| true)?;
    let environment = H::environment(job)?;
    // What waits for a timer counts more on a busy machine, never less.
    for row in &mut rows {
        for _ in 0..AGAIN {
            if !baseline.compare::<H>(slice::from_ref(row), &environment).0.is_empty() {
                row.costs = row.costs.least(&half.costs(job, &row.client, &row.operation)?);
            }
        }
    }
    let (grown, other) = baseline.compare::<H>(&rows, &environment);
    let mut counts = Counts::passed(rows.len());
    if environment != baseline.environment {
        counts.skipped = 1;
        counts.notes.push(format!("skipped: instructions, counted by {environment}, not by {}", baseline.environment));
    }
    counts.notes.extend(other);
    if !grown.is_empty() {
        counts.failed = grown.len();
        counts.passed = rows.len().saturating_sub(grown.len());
        counts.notes.extend(grown);
        counts.notes.push(format!(
            "if it has a reason, record it by `cargo xtask {} --write`, and commit it with the reason",
            H::COMMAND
        ));
    }
    Ok(counts)
}
