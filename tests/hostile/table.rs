//! The table of docs/hostile.md. Counts instructions with callgrind: each client runs in a process of its own, twice, and the
//! difference of the two lengths is what a byte costs.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::ALONE;
use crate::peer::Peer;
use crate::scripts::{self, Script, Stage};
use crate::victim::{Client, Outcome, play};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/hostile.md");
const MARK: &str = "<!-- table -->";
const END: &str = "<!-- end of table -->";
/// Set for a process that is one client.
const CHILD: &str = "HOMING_HOSTILE_CHILD";
/// Bytes that are sent in the two runs.
const LENGTHS: [usize; 2] = [200_000, 600_000];
/// The same for slow bytes, each of which costs thousands of instructions.
const SLOW_LENGTHS: [usize; 2] = [20_000, 60_000];
/// tokio-tungstenite clears 128 KiB for each of them.
const SLOW_BARE_LENGTHS: [usize; 2] = [2_000, 6_000];
const COUNTS: &[&str] = &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// What a client did in a process of its own.
struct Run {
    /// 0 if they were not counted.
    instructions: f64,
    read: f64,
    written: f64,
    peak: f64,
    sees: String,
}

/// One client in this process, which callgrind watches.
#[test]
fn one_client() {
    let Ok(child) = env::var(CHILD) else { return };
    let parts: Vec<_> = child.split('|').collect();
    let [client, name, address, certificate] = parts[..] else { panic!("{child}") };
    let certificate: Vec<u8> = certificate.split_terminator(' ').map(|byte| byte.parse().expect("a byte")).collect();
    let client = if client == "homing" { Client::Homing } else { Client::Bare };
    let script = scripts::all().into_iter().find(|script| script.name == name).expect("a script");
    let Outcome { sees, used, .. } = play(client, &script, address.parse().expect("an address"), &certificate);
    println!("\nUSED|{}|{}|{}|{sees}", used.read_bytes, used.written_bytes, used.peak);
}

/// Runs a client by `tool`, or as it is.
fn run(client: &str, script: &Script, length: usize, tool: &[&str]) -> Run {
    let peer = Peer::start(script, length);
    let program = env::current_exe().expect("this program");
    let mut words = tool.iter().map(OsStr::new).chain([program.as_os_str()]);
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).args(["--exact", "table::one_client", "--nocapture", "--test-threads=1"]);
    let certificate: String = peer.certificate.iter().map(|byte| format!("{byte} ")).collect();
    let output = command.env(CHILD, format!("{client}|{}|{}|{certificate}", script.name, peer.address)).output();
    let output = output.expect("valgrind is installed");
    peer.join();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let line = |start: &str| text.lines().find_map(|line| Some(line.split_once(start)?.1));
    let used = line("USED|").unwrap_or_else(|| panic!("{text}"));
    let [read, written, peak, sees] = used.splitn(4, '|').collect::<Vec<_>>()[..] else { panic!("{used}") };
    let number = |text: &str| text.trim().parse().expect("a number");
    let instructions = line("Collected :").map_or(0.0, number);
    Run { instructions, read: number(read), written: number(written), peak: number(peak), sees: sees.to_owned() }
}

/// What is in the cells of a client.
fn cells(client: &str, script: &Script) -> [String; 4] {
    let is_slow = script.slow && script.stage == Stage::Open;
    let lengths = match client {
        _ if !is_slow => LENGTHS,
        "homing" => SLOW_LENGTHS,
        // At least one and two units.
        _ => {
            let ([short, long], unit) = (SLOW_BARE_LENGTHS, script.unit.len());
            [short.max(unit), long.max(2 * unit)]
        }
    };
    let [short, long] = lengths.map(|length| run(client, script, length, COUNTS));
    // The memory grows with what has arrived.
    let peak = if is_slow { run(client, script, LENGTHS[1], &[]).peak } else { short.peak.max(long.peak) };
    let read = long.read - short.read;
    let each = |short: f64, long: f64| {
        // The connection ended before: there is no cost of another byte.
        if read < (lengths[1] - lengths[0]) as f64 / 4.0 {
            "ended".into()
        } else {
            format!("{:.1}", (long - short) / read)
        }
    };
    [
        format!("{:.0}", peak / 1024.0),
        each(short.instructions, long.instructions),
        each(short.written, long.written),
        long.sees.split(" (ws").next().unwrap_or_default().to_owned(),
    ]
}

/// Returns all rows. With `HOMING_HOSTILE_ONLY`, those that it does not choose are taken from `before`.
fn table(before: &str) -> String {
    let mut table = String::new();
    let mut row = |cells: &[String]| writeln!(table, "| {} |", cells.join(" | ")).expect("a string");
    let head = ["Script", "Memory, KiB", "Instructions per byte", "Answers per byte", "The program sees"];
    row(&head.map(String::from));
    row(&["---".into(), "---:".into(), "---:".into(), "---:".into(), "---".into()]);
    for script in scripts::all() {
        let old = before.lines().find(|line| line.starts_with(&format!("| {} |", script.name)));
        if let (false, Some(old)) = (script.is_chosen(), old) {
            row(&[old.trim_matches(['|', ' ']).to_owned()]);
            continue;
        }
        let homing = cells("homing", &script);
        let beside = if script.for_bare() { cells("bare", &script) } else { Default::default() };
        println!("{} {homing:?} {beside:?}", script.name);
        let both = homing.iter().zip(&beside).map(|(homing, bare)| match bare.as_str() {
            "" => homing.clone(),
            bare if bare == homing => homing.clone(),
            bare => format!("{homing} / {bare}"),
        });
        let all: Vec<_> = [script.name.clone()].into_iter().chain(both).collect();
        row(&all);
    }
    table
}

/// Each script has a row. With `HOMING_HOSTILE=write`, all rows are measured again.
#[test]
fn the_table_is_complete() {
    let _alone = ALONE.blocking_lock();
    let text = fs::read_to_string(DOCS).expect("docs/hostile.md");
    let (before, rest) = text.split_once(MARK).expect("the start of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    if env::var("HOMING_HOSTILE").is_ok_and(|value| value == "write") {
        let table = table(rest);
        fs::write(DOCS, format!("{before}{MARK}\n\n{table}\n{END}{after}")).expect("docs/hostile.md is writable");
        return;
    }
    for script in scripts::all() {
        assert!(rest.contains(&format!("| {} |", script.name)), "{} is not in docs/hostile.md", script.name);
    }
}
