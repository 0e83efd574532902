//! `cargo xtask fuzz`: runs the fuzz targets of `fuzz/`, minimizes their corpora, and measures what these cover.

use std::fmt::Write as _;
use std::fs;

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::setup;

/// What the table of coverage has: files that parse what a peer, a proxy or the environment sent.
const PARSERS: [&str; 7] = [
    "native/wire/",
    "native/handshake/",
    "native/dial/no_proxy",
    "native/dial/proxy.rs",
    "native/dial/socks",
    "native/target",
    "native/url.rs",
];
const NOT_PARSERS: [&str; 6] =
    ["/fuzz", "/tests", "no_deflate.rs", "no_cookies.rs", "wire/connection.rs", "wire/fail.rs"];

#[derive(Debug, PartialEq)]
struct Options {
    coverage: bool,
    minimize: bool,
    seconds: u64,
    targets: Vec<String>,
}

fn parse(args: &[String]) -> Result<Options, Stop> {
    let mut options = Options { coverage: false, minimize: false, seconds: 60, targets: Vec::new() };
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "coverage" => options.coverage = true,
            "--minimize" => options.minimize = true,
            "--seconds" => {
                let seconds = args.next().and_then(|word| word.parse().ok());
                options.seconds = seconds.ok_or(Stop::Failed("--seconds needs a number".into()))?;
            }
            flag if flag.starts_with('-') => return Err(Stop::Failed(format!("unknown option `{flag}`"))),
            name => options.targets.push(name.to_owned()),
        }
    }
    Ok(options)
}

pub(crate) fn command(job: &mut Job<'_>, args: &[String]) -> Result<(), Stop> {
    let mut options = parse(args)?;
    setup::cargo_install(job, "cargo-fuzz", "0.13.2")?;
    setup::nightly(job, if options.coverage { &["llvm-tools"] } else { &[] })?;
    let all: Vec<_> = job.run("cargo +nightly fuzz list")?.split_whitespace().map(str::to_owned).collect();
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        return Err(Stop::Failed(format!("no fuzz target is named `{unknown}`; there are {}", all.join(", "))));
    }
    if options.targets.is_empty() {
        options.targets = all;
    }
    if options.coverage {
        print!("{}", coverage(job, &options.targets)?);
    } else {
        for name in &options.targets {
            println!("{}", run(job, name, options.seconds)?);
            if options.minimize {
                minimize(job, name)?;
            }
        }
    }
    Ok(())
}

/// Safe code is fuzzed twice as fast without the address sanitizer.
fn cargo_fuzz(job: &Job<'_>, task: &str, name: &str) -> Cmd {
    let line = format!("cargo +nightly fuzz {task} --sanitizer none --target-dir");
    cmd(&line).arg(job.place.target.join("fuzz")).arg(name).quiet_minutes(60)
}

/// Runs a target for so many seconds. Keeps what it found below the target directory, with the committed corpus as start.
fn run(job: &mut Job<'_>, name: &str, seconds: u64) -> Result<String, Stop> {
    let found = job.place.target.join("fuzz/corpus").join(name);
    fs::create_dir_all(&found)?;
    let run = cargo_fuzz(job, "run", name).arg(found).arg(format!("fuzz/corpus/{name}"));
    let output = job.run(run.args(["--", "-print_final_stats=1"]).arg(format!("-max_total_time={seconds}")))?;
    let runs = statistic(&output, "stat::number_of_executed_units:").unwrap_or_default();
    Ok(format!("{name}: {runs} executions in {seconds} s, no fault"))
}

fn statistic<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    output.lines().rev().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// Adds what runs found to the committed corpus if it covers more, and drops what covers nothing of its own.
fn minimize(job: &mut Job<'_>, name: &str) -> Result<(), Stop> {
    let found = job.place.target.join("fuzz/corpus").join(name);
    let corpus = job.place.root.join("fuzz/corpus").join(name);
    job.run(cargo_fuzz(job, "run", name).arg(&corpus).arg(found).args(["--", "-merge=1"]))?;
    job.run(cargo_fuzz(job, "cmin", name).arg(corpus)).map(drop)
}

/// Returns a table of the lines and branches of the parsers that the committed corpora cover.
fn coverage(job: &mut Job<'_>, targets: &[String]) -> Result<String, Stop> {
    let sysroot = job.run("rustc +nightly --print sysroot")?;
    let host = job.run("rustc +nightly --print host-tuple")?;
    let tools = std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin");
    let target_dir = job.place.target.join("fuzz-coverage");
    let (mut profiles, mut programs) = (Vec::new(), Vec::new());
    for name in targets {
        let line = "cargo +nightly fuzz coverage --sanitizer none --target-dir";
        let measure = cmd(line).arg(&target_dir).arg(name).env("RUSTFLAGS", "-Zcoverage-options=branch");
        job.run(measure.quiet_minutes(60))?;
        profiles.push(job.place.root.join("fuzz/coverage").join(name).join("coverage.profdata"));
        programs.push(target_dir.join(host.trim()).join("release").join(name));
    }
    let merged = target_dir.join("all.profdata");
    job.run(Cmd::program(tools.join("llvm-profdata")).args(["merge", "-o"]).arg(&merged).args(profiles))?;
    let report = Cmd::program(tools.join("llvm-cov")).args(["report", "--show-branch-summary", "--instr-profile"]);
    let objects = programs.into_iter().flat_map(|program| ["-object".into(), program.into_os_string()]).skip(1);
    Ok(table(&job.run(report.arg(merged).args(objects))?))
}

/// Makes a table of the files of parsers from the report of `llvm-cov`.
fn table(report: &str) -> String {
    let mut table = String::from("| File | Lines | Branches |\n|---|---:|---:|\n");
    let mut sums = [0; 4];
    for line in report.lines() {
        // Name, and for each of regions, functions, lines and branches: their number, those missed, a percentage.
        let columns: Vec<_> = line.split_whitespace().collect();
        let [path, .., lines, missed_lines, _, branches, missed_branches, _] = columns[..] else { continue };
        let Some((_, name)) = path.split_once("native/") else { continue };
        let whole = format!("native/{name}");
        let is_parser = PARSERS.iter().any(|part| whole.contains(part));
        if !is_parser || NOT_PARSERS.iter().any(|part| whole.contains(part)) {
            continue;
        }
        let numbers = [lines, missed_lines, branches, missed_branches].map(|word| word.parse::<u32>().unwrap_or(0));
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        row(&mut table, &format!("`{name}`"), numbers);
    }
    row(&mut table, "all", sums);
    table
}

fn row(table: &mut String, name: &str, [lines, missed_lines, branches, missed_branches]: [u32; 4]) {
    let share = |all: u32, missed: u32| match all {
        0 => "–".into(),
        _ => format!("{} of {all} ({:.0} %)", all - missed, 100. * f64::from(all - missed) / f64::from(all)),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(table, "| {name} | {} | {} |", share(lines, missed_lines), share(branches, missed_branches));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let parsed = |line: &str| parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let options = parsed("frames --seconds 5 --minimize").unwrap();
        assert_eq!((options.seconds, options.minimize, options.coverage), (5, true, false));
        assert_eq!(options.targets, ["frames"]);
        assert!(parsed("coverage").unwrap().coverage);
        assert!(parsed("--seconds").is_err() && parsed("--secnods 3").is_err());
    }

    #[test]
    fn only_parsers_are_in_the_table() {
        let report = "\
Filename  Regions Missed Cover Functions Missed Executed Lines Missed Cover Branches Missed Cover
homing/src/native/wire/read.rs 10 1 90.00% 5 0 100.00% 200 50 75.00% 40 10 75.00%
homing/src/native/wire/fuzz/frames.rs 10 1 90.00% 5 0 100.00% 200 50 75.00% 40 10 75.00%
homing/src/native/url.rs 10 1 90.00% 5 0 100.00% 100 0 100.00% 0 0 -
homing/src/native/task.rs 10 1 90.00% 5 0 100.00% 100 0 100.00% 0 0 -
TOTAL 10 1 90.00% 5 0 100.00% 100 0 100.00% 0 0 -";
        let rows: Vec<_> = table(report).lines().skip(2).map(str::to_owned).collect();
        assert_eq!(
            rows,
            [
                "| `wire/read.rs` | 150 of 200 (75 %) | 30 of 40 (75 %) |",
                "| `url.rs` | 100 of 100 (100 %) | – |",
                "| all | 250 of 300 (83 %) | 30 of 40 (75 %) |",
            ]
        );
    }
}
