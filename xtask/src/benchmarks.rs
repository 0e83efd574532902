//! `cargo xtask benchmarks`: homing beside other clients in one run, and the tables of docs/benchmarks.md made from a
//! recorded one.

mod page;
mod web;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::missing::needs;

const PACKAGE: &str = "benches/peers";
pub(crate) const RECORDED: &str = "benches/peers/recorded.tsv";
const RECORDED_WEB: &str = "benches/peers/recorded-web.tsv";
const DOCUMENT: &str = "docs/benchmarks.md";
/// The clients, of which the others are compared with the first.
const CLIENTS: [&str; 8] = [
    "homing",
    "tokio-tungstenite",
    "tokio-websockets",
    "fastwebsockets",
    "yawc",
    "sockudo-ws",
    "ezsockets",
    "ewebsock",
];

/// Measures, or with `--write` records the run and updates the document. With `--web`, the clients of browsers. Other words
/// are those of the programs that measure.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (own, words): (Vec<_>, Vec<_>) =
        words.iter().partition(|word| ["--write", "--table", "--web"].contains(&word.as_str()));
    let has = |name: &str| own.iter().any(|word| *word == name);
    if has("--table") {
        return tables(&job.place.root);
    }
    println!("This takes a quarter of an hour. Programs that run meanwhile disturb times, but not counts.");
    let (file, rows) = if has("--web") {
        (RECORDED_WEB, web::measure(job, &words)?)
    } else {
        needs(&["valgrind", "strace"])?;
        (RECORDED, measure(job, &words)?)
    };
    print!("{rows}");
    if !has("--write") {
        return Ok(());
    }
    let option = if has("--web") { "--web " } else { "" };
    let versions = if has("--web") { web::versions(job)? } else { native_versions(job)? };
    let recorded = format!("# Recorded by `cargo xtask benchmarks {option}--write`.\n{}{versions}{rows}", about(job)?);
    fs::write(job.place.root.join(file), recorded)?;
    tables(&job.place.root)
}

/// Writes the recorded figures to the document.
fn tables(root: &Path) -> Result<(), Stop> {
    let read = |file| fs::read_to_string(root.join(file));
    let (mut document, reasons) = (read(DOCUMENT)?, read(page::REASONS)?);
    let mut missing = Vec::new();
    for (sheet, file) in [(&page::NATIVE, RECORDED), (&page::WEB, RECORDED_WEB)] {
        let recorded = read(file)?;
        document = sheet
            .filled(&document, &recorded, &reasons)
            .ok_or(Stop::Failed(format!("{DOCUMENT} has no part {}", sheet.mark)))?;
        missing.extend(sheet.without_reason(&recorded, &reasons));
    }
    fs::write(root.join(DOCUMENT), document)?;
    if missing.is_empty() { Ok(()) } else { Err(Stop::Failed(missing.join("\n"))) }
}

fn cargo(job: &Job<'_>, line: &str) -> Cmd {
    let target = job.place.target.join("peers");
    let manifest = job.place.root.join(PACKAGE).join("Cargo.toml");
    cmd(&format!("cargo {line} --manifest-path")).arg(manifest).env("CARGO_TARGET_DIR", target).quiet_minutes(30)
}

/// Builds the clients, and runs them in turns.
fn measure(job: &mut Job<'_>, words: &[&String]) -> Result<String, Stop> {
    let mut rows = String::new();
    let mut built = Vec::new();
    if job.run(cargo(job, "build --release --bins --all-features")).is_ok() {
        built.extend(CLIENTS);
    } else {
        job.run(cargo(job, "build --release --bin compare --features compare"))?;
        for client in CLIENTS {
            match job.run(cargo(job, &format!("build --release --bin {client} --features {client}"))) {
                Ok(_) => built.push(client),
                Err(_) => rows.push_str(&format!("build\t\t{client}\tdoes not build\n")),
            }
        }
    }
    let programs: PathBuf = job.place.target.join("peers/release");
    let compare = Cmd::program(programs.join("compare")).args(words).arg(programs).args(built);
    let output = job.run(compare.quiet_minutes(30))?;
    rows.extend(output.lines().filter(|line| line.contains('\t')).map(|line| format!("{line}\n")));
    Ok(rows)
}

/// The machine, the time and the versions of a run.
fn about(job: &mut Job<'_>) -> Result<String, Stop> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": ")).collect();
    let cpu = models.first().map_or("unknown", |(_, model)| model);
    let mut rows = format!("about\tprocessor\t{cpu}, {} cores\n", models.len());
    for (what, line) in [
        ("date", "date -u +%F"),
        ("kernel", "uname -sr"),
        ("compiler", "rustc --version"),
        ("commit", "git rev-parse --short HEAD"),
    ] {
        let said = job.run(line)?;
        // Of the kernel's release, not what the builder of the machine's image has added.
        let said = if what == "kernel" { said.split('-').next().unwrap_or_default() } else { &said };
        rows.push_str(&format!("about\t{what}\t{}\n", said.trim()));
    }
    Ok(rows)
}

fn native_versions(job: &mut Job<'_>) -> Result<String, Stop> {
    let tree = job.run(cargo(job, "tree --all-features --depth 1 --prefix none --quiet"))?;
    Ok(versions(&tree, &CLIENTS))
}

/// Returns the versions of the packages that are listed one a line.
fn versions(tree: &str, packages: &[&str]) -> String {
    let version = |package: &&str| {
        let version = tree.lines().find_map(|line| line.strip_prefix(*package)?.strip_prefix(" v"));
        let version = version.and_then(|rest| rest.split(' ').next()).unwrap_or("unknown");
        format!("version\t{package}\t{version}\n")
    };
    packages.iter().map(version).collect()
}
