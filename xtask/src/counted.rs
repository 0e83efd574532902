//! Counted work: what an operation of a client costs in instructions, system calls and allocations, which depends neither on
//! time nor on what else the machine does.

mod baseline;

use std::fs;
use std::path::PathBuf;
use std::slice;

use baseline::{Baseline, Row};

use crate::command::Cmd;
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{marked, setup};

const BASELINE: &str = "benches/counted/baseline.tsv";
const DOCS: &str = "docs/benchmarks.md";
const PART: &str = "counted work";
/// Around what is counted: see `benches/counted/src/counted.rs`.
const MARK: &str = "/counted between these";
const TOGGLES: &str = "--toggle-collect=*toggles_count*";
/// Without these, glibc copies by a single instruction that callgrind counts once for each byte.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";

/// How often a count that has grown is repeated.
const AGAIN: usize = 2;

/// What one operation costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    pub(crate) calls: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

impl Cost {
    fn least(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.min(other.instructions),
            calls: self.calls.min(other.calls),
            allocations: self.allocations.min(other.allocations),
            bytes: self.bytes.min(other.bytes),
        }
    }
}

/// `cargo xtask counts` with the words after it.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (options, words): (Vec<_>, Vec<_>) = words.iter().map(String::as_str).partition(|word| word.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| **option != "--write") {
        return Err(Stop::Failed(format!("unknown option `{unknown}`")));
    }
    let program = Program::build(job)?;
    let rows = program.rows(job, |_| true, |name| words.is_empty() || words.iter().any(|word| name.contains(word)))?;
    let now = Baseline { environment: environment(job)?, rows };
    println!("{}", now.text());
    if options.is_empty() {
        return Ok(());
    }
    let path = job.place.root.join(BASELINE);
    let mut all = fs::read_to_string(&path).ok().and_then(|text| Baseline::parse(&text)).unwrap_or_default();
    if words.is_empty() {
        all = now;
    } else if all.environment == now.environment {
        all.replace(now.rows);
    } else {
        return Err(Stop::Failed(format!("the others were counted by {}: record all of them", all.environment)));
    }
    fs::write(path, all.text())?;
    let path = job.place.root.join(DOCS);
    let new = marked::replace(&fs::read_to_string(&path)?, PART, &all.table());
    Ok(fs::write(path, new.ok_or_else(|| Stop::Failed(format!("{DOCS} has no marks")))?)?)
}

/// The step of the tests: compares what the library costs with the baseline.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let text = fs::read_to_string(job.place.root.join(BASELINE))?;
    let baseline = Baseline::parse(&text).ok_or_else(|| Stop::Failed(format!("{BASELINE} is not readable")))?;
    if marked::part(&fs::read_to_string(job.place.root.join(DOCS))?, PART) != Some(&*baseline.table()) {
        return Err(Stop::Failed(format!("{DOCS} differs from {BASELINE}: run `cargo xtask counts --write`")));
    }
    let program = Program::build(job)?;
    let mut rows = program.rows(job, |client| client == "homing", |_| true)?;
    let environment = environment(job)?;
    // What waits for a timer counts more on a busy machine, never less.
    for row in &mut rows {
        for _ in 0..AGAIN {
            if !baseline.compare(slice::from_ref(row), &environment).0.is_empty() {
                row.cost = row.cost.least(program.cost(job, &row.client, &row.operation)?);
            }
        }
    }
    let (grown, other) = baseline.compare(&rows, &environment);
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
        counts.notes.push(
            "if it has a reason, record it by `cargo xtask counts --write`, and commit it with the reason".into(),
        );
    }
    Ok(counts)
}

/// What the number of instructions depends on besides the source: the compiler, and what the C library and cryptography
/// choose their code by.
fn environment(job: &mut Job<'_>) -> Result<String, Stop> {
    let rustc = job.run("rustc -V")?;
    let libc = job.ask("getconf GNU_LIBC_VERSION").unwrap_or("another libc".into());
    let valgrind = job.run("valgrind --version")?;
    let avx2 = fs::read_to_string("/proc/cpuinfo").is_ok_and(|info| info.contains(" avx2 "));
    let cpu = if avx2 { "AVX2" } else { "no AVX2" };
    Ok(format!("{}, {}, {}, {} with {cpu}", rustc.trim(), libc.trim(), valgrind.trim(), std::env::consts::ARCH))
}

/// The program of `benches/counted`.
struct Program(PathBuf);

impl Program {
    /// Builds the program and installs the tools.
    fn build(job: &mut Job<'_>) -> Result<Self, Stop> {
        setup::apt(job, &[("valgrind", "valgrind"), ("strace", "strace")], Vec::new())?;
        job.run("cargo build --release -p homing-counted")?;
        Ok(Self(job.place.target.join("release/homing-counted")))
    }

    /// Returns the name of each operation, and the clients that have it.
    fn list(&self, job: &mut Job<'_>) -> Result<Vec<(String, Vec<String>)>, Stop> {
        let output = job.run(self.0.clone())?;
        let lines = output.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines.map(|(name, clients)| (name.to_owned(), clients.split(',').map(String::from).collect())).collect())
    }

    /// Counts these operations of these clients.
    fn rows(
        &self,
        job: &mut Job<'_>,
        is_client: impl Fn(&str) -> bool,
        is_operation: impl Fn(&str) -> bool,
    ) -> Result<Vec<Row>, Stop> {
        let mut rows = Vec::new();
        for (operation, clients) in self.list(job)?.into_iter().filter(|(name, _)| is_operation(name)) {
            for client in clients.into_iter().filter(|name| is_client(name)) {
                let cost = self.cost(job, &client, &operation)?;
                rows.push(Row { operation: operation.clone(), client, cost });
            }
        }
        Ok(rows)
    }

    /// Counts an operation of a client.
    fn cost(&self, job: &mut Job<'_>, client: &str, operation: &str) -> Result<Cost, Stop> {
        let below = |tool: &str| Cmd::from(tool).arg(&self.0).args([client, operation]);
        let tool = format!("valgrind --vgdb=no --tool=callgrind --callgrind-out-file=/dev/null {TOGGLES}");
        let output = job.run(below(&tool).env("GLIBC_TUNABLES", TUNABLES))?;
        let log = job.place.own("counted.strace");
        job.run(below(&format!("strace -qq -y -o {}", log.display())))?;
        let calls = calls(&fs::read_to_string(log)?);
        cost(&output, calls).ok_or_else(|| Stop::Failed(format!("{client}, {operation}: nothing was counted")))
    }
}

/// Returns what an operation costs, from the output of the program and of callgrind.
fn cost(output: &str, calls: usize) -> Option<Cost> {
    let after = |words: &str| output.lines().find_map(|line| Some(line.split_once(words)?.1.trim()));
    let mut numbers = after("COUNTED ")?.split(' ').map(|number| number.parse::<f64>().ok());
    let mut number = || numbers.next().flatten();
    let (operations, allocations, bytes) = (number()?, number()?, number()?);
    let instructions: f64 = after("Collected :")?.parse().ok()?;
    let [instructions, calls, allocations, bytes] =
        [instructions, calls as f64, allocations, bytes].map(|count| count / operations);
    Some(Cost { instructions, calls, allocations, bytes })
}

/// Counts the system calls in a log of strace. Pipes are those to the server, of which no client knows.
fn calls(log: &str) -> usize {
    let counted = log.lines().skip_while(|line| !line.contains(MARK)).skip(1);
    counted.take_while(|line| !line.contains(MARK)).filter(|line| !line.contains("<pipe:")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_calls_between_the_marks_and_not_to_the_server_are_counted() {
        let log = "read(1<socket:[1]>)\nopenat(\"/counted between these\")\nread(1<socket:[1]>)\nwrite(2<pipe:[2]>)\n\
            epoll_wait(3)\nopenat(\"/counted between these\")\nclose(1<socket:[1]>)\n";
        assert_eq!(calls(log), 2);
    }

    #[test]
    fn costs_are_those_of_one_operation() {
        let output = "==1== Callgrind\nCOUNTED 10 5 200\n==1== Collected : 1000\n";
        let all = Cost { instructions: 100.0, calls: 3.0, allocations: 0.5, bytes: 20.0 };
        assert_eq!(cost(output, 30), Some(all));
        assert_eq!(cost("COUNTED 10 5 200\n", 30), None);
    }
}
