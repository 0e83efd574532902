//! `cargo xtask benchmarks`: homing beside other clients in one run, and the tables of docs/benchmarks.md made from a
//! recorded one.

mod page;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::missing::needs;

const PACKAGE: &str = "benches/peers";
pub(crate) const RECORDED: &str = "benches/peers/recorded.tsv";
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

/// Measures, or with `--write` records the run and updates the document. Other words are those of the program.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (write, words): (Vec<_>, Vec<_>) = words.iter().partition(|word| *word == "--write");
    if words.iter().any(|word| *word == "--table") {
        return tables(&job.place.root);
    }
    needs(&["valgrind", "strace"])?;
    println!("This takes a quarter of an hour. Programs that run meanwhile disturb times, but not counts.");
    let rows = measure(job, &words)?;
    print!("{rows}");
    if write.is_empty() {
        return Ok(());
    }
    let recorded = format!("# Recorded by `cargo xtask benchmarks --write`.\n{}{rows}", about(job)?);
    fs::write(job.place.root.join(RECORDED), recorded)?;
    tables(&job.place.root)
}

/// Writes the recorded figures to the document.
fn tables(root: &Path) -> Result<(), Stop> {
    let [document, recorded, reasons] =
        [DOCUMENT, RECORDED, page::REASONS].map(|file| fs::read_to_string(root.join(file)));
    let (document, recorded, reasons) = (document?, recorded?, reasons?);
    let new = page::filled(&document, &recorded, &reasons).ok_or(Stop::Failed(format!("{DOCUMENT} has no table")))?;
    fs::write(root.join(DOCUMENT), new)?;
    let missing = page::without_reason(&recorded, &reasons);
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
        rows.push_str(&format!("about\t{what}\t{}\n", job.run(line)?.trim()));
    }
    let tree = job.run(cargo(job, "tree --all-features --depth 1 --prefix none --quiet"))?;
    for client in CLIENTS {
        let version = tree.lines().find_map(|line| line.strip_prefix(client)?.strip_prefix(" v"));
        let version = version.and_then(|rest| rest.split(' ').next()).unwrap_or("unknown");
        rows.push_str(&format!("version\t{client}\t{version}\n"));
    }
    Ok(rows)
}
