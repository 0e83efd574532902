//! The native client: instructions by callgrind, system calls by strace, and allocations.

use std::fs;
use std::path::PathBuf;

use super::costs::{Column, Costs};
use super::{Half, Table};
use crate::command::Cmd;
use crate::job::{Job, Stop};
use crate::setup;

/// Around what is counted: see `benches/counted/src/counted.rs`.
const MARK: &str = "/counted between these";
const TOGGLES: &str = "--toggle-collect=*toggles_count*";
/// Without these, glibc copies by a single instruction that callgrind counts once for each byte.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";

/// The program of `benches/counted`.
pub(crate) struct Native(PathBuf);

impl Half for Native {
    const STEP: &str = "counted work";
    const COMMAND: &str = "counts";
    const BASELINE: &str = "benches/counted/baseline.tsv";
    const COLUMNS: &[Column] = &[
        Column { places: 0, in_environment: true, ..Column::new("instructions", "Instructions") },
        Column::new("calls", "System calls"),
        Column::new("allocations", "Allocations"),
        Column { places: 0, is_compared: false, ..Column::new("bytes allocated", "Bytes allocated") },
    ];
    const TABLES: &[Table] = &[Table { title: "", client: "homing", peer: Some("tungstenite") }];

    fn build(job: &mut Job<'_>) -> Result<Self, Stop> {
        setup::apt(job, &[("valgrind", "valgrind"), ("strace", "strace")], Vec::new())?;
        job.run("cargo build --release -p homing-counted")?;
        Ok(Self(job.place.target.join("release/homing-counted")))
    }

    /// The compiler, and what the C library and cryptography choose their code by.
    fn environment(job: &mut Job<'_>) -> Result<String, Stop> {
        let rustc = job.run("rustc -V")?;
        let libc = job.ask("getconf GNU_LIBC_VERSION").unwrap_or("another libc".into());
        let valgrind = job.run("valgrind --version")?;
        let avx2 = fs::read_to_string("/proc/cpuinfo").is_ok_and(|info| info.contains(" avx2 "));
        let cpu = if avx2 { "AVX2" } else { "no AVX2" };
        Ok(format!("{}, {}, {}, {} with {cpu}", rustc.trim(), libc.trim(), valgrind.trim(), std::env::consts::ARCH))
    }

    fn program(&self) -> Cmd {
        self.0.clone().into()
    }

    fn costs(&self, job: &mut Job<'_>, client: &str, operation: &str) -> Result<Costs, Stop> {
        let below = |tool: &str| Cmd::from(tool).arg(&self.0).args([client, operation]);
        let tool = format!("valgrind --vgdb=no --tool=callgrind --callgrind-out-file=/dev/null {TOGGLES}");
        let output = job.run(below(&tool).env("GLIBC_TUNABLES", TUNABLES))?;
        let log = job.place.own("counted.strace");
        job.run(below(&format!("strace -qq -y -o {}", log.display())))?;
        let calls = calls(&fs::read_to_string(log)?);
        costs(&output, calls).ok_or_else(|| Stop::Failed(format!("{client}, {operation}: nothing was counted")))
    }
}

/// Returns what an operation costs, from the output of the program and of callgrind.
fn costs(output: &str, calls: usize) -> Option<Costs> {
    let after = |words: &str| output.lines().find_map(|line| Some(line.split_once(words)?.1.trim()));
    let mut numbers = after("COUNTED ")?.split(' ').map(|number| number.parse::<f64>().ok());
    let mut number = || numbers.next().flatten();
    let (operations, allocations, bytes) = (number()?, number()?, number()?);
    let instructions: f64 = after("Collected :")?.parse().ok()?;
    Some(Costs::of([instructions, calls as f64, allocations, bytes].map(|count| count / operations)))
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
        assert_eq!(costs(output, 30), Some(Costs::of([100.0, 3.0, 0.5, 20.0])));
        assert_eq!(costs("COUNTED 10 5 200\n", 30), None);
    }
}
