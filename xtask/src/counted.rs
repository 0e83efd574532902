//! Counted work: what an operation of a client costs in instructions, system calls and allocations, which depends neither on
//! time nor on what else the machine does.

use std::fs;
use std::path::PathBuf;

use crate::command::Cmd;
use crate::job::{Job, Stop};
use crate::setup;

/// Around what is counted: see `benches/counted/src/counted.rs`.
const MARK: &str = "/counted between these";
const TOGGLES: &str = "--toggle-collect=*toggles_count*";
/// Without these, glibc copies by a single instruction that callgrind counts once for each byte.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";

/// What one operation costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    pub(crate) calls: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// `cargo xtask counts` with the words after it.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    if let Some(unknown) = words.iter().find(|word| word.starts_with('-')) {
        return Err(Stop::Failed(format!("unknown option `{unknown}`")));
    }
    let program = Program::build(job)?;
    let (clients, operations) = program.list(job)?;
    println!("| Operation | Client | Instructions | Calls | Allocations | Bytes allocated |");
    println!("|---|---|---:|---:|---:|---:|");
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    for operation in operations.iter().filter(|operation| wanted(operation)) {
        for client in &clients {
            let Cost { instructions, calls, allocations, bytes } = program.cost(job, client, operation)?;
            println!("| {operation} | {client} | {instructions:.0} | {calls:.2} | {allocations:.2} | {bytes:.0} |");
        }
    }
    Ok(())
}

/// The program of `benches/counted`.
pub(crate) struct Program(PathBuf);

impl Program {
    /// Builds the program and installs the tools.
    pub(crate) fn build(job: &mut Job<'_>) -> Result<Self, Stop> {
        setup::apt(job, &[("valgrind", "valgrind"), ("strace", "strace")], Vec::new())?;
        job.run("cargo build --release -p homing-counted")?;
        Ok(Self(job.place.target.join("release/homing-counted")))
    }

    /// Returns the names of the clients and of the operations.
    pub(crate) fn list(&self, job: &mut Job<'_>) -> Result<(Vec<String>, Vec<String>), Stop> {
        let output = job.run(self.0.clone())?;
        let (clients, operations) = output.split_once('\n').unwrap_or_default();
        Ok((clients.split(',').map(String::from).collect(), operations.lines().map(String::from).collect()))
    }

    /// Counts an operation of a client.
    pub(crate) fn cost(&self, job: &mut Job<'_>, client: &str, operation: &str) -> Result<Cost, Stop> {
        let below = |tool: &str| Cmd::from(tool).arg(&self.0).args([client, operation]).silence_seconds(60);
        let tool = format!("valgrind --tool=callgrind --callgrind-out-file=/dev/null {TOGGLES}");
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
