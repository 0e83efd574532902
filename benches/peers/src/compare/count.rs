//! Instructions, system calls and allocations of each operation: the difference of two runs, which noise does not move.

use std::process::Command;

use crate::cases::Case;
use crate::child::{Ended, run};
use crate::time::short;
use crate::{Run, row};

/// Without these, glibc copies by a single instruction that callgrind counts once for each byte.
const TUNABLES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS,-FSRM");

struct Tool {
    measure: &'static str,
    command: &'static [&'static str],
    /// Returns the number from what the tool wrote.
    read: fn(&str) -> Option<f64>,
}

const TOOLS: [Tool; 3] = [
    Tool {
        measure: "instructions",
        command: &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"],
        read: |text| number(text.lines().find_map(|line| line.split_once("Collected : "))?.1),
    },
    Tool {
        measure: "calls",
        command: &["strace", "--follow-forks", "--summary-only", "--summary-columns=calls,name"],
        read: |text| number(text.lines().rfind(|line| line.trim_end().ends_with(" total"))?.trim_start()),
    },
    Tool {
        measure: "allocations",
        command: &["valgrind", "--tool=dhat", "--dhat-out-file=/dev/null"],
        read: |text| number(text.lines().find_map(|line| line.split_once("Total:"))?.1.split_once(" in ")?.1),
    },
];

/// Returns the number that a text begins with.
fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.replace(',', "").parse().ok()
}

pub(crate) fn measure(of: &Run, case: &Case) {
    if case.counted == 0 {
        return;
    }
    for tool in &TOOLS {
        if Command::new(tool.command[0]).arg("--version").output().is_err() {
            eprintln!("not installed: {}", tool.command[0]);
            continue;
        }
        for client in &of.clients {
            let more = case.counted_for(client);
            let counts = [more / 2, more / 2 + more].map(|count| counted(of, case, client, tool, count));
            match counts {
                // What the server did meanwhile differed by more than what the messages cost.
                [Ok(low), Ok(high)] if high + more as f64 <= low => {
                    row(tool.measure, case, client, "failed: more messages took less");
                }
                [Ok(low), Ok(high)] => row(tool.measure, case, client, &short((high - low) / more as f64)),
                [Err(why), _] | [_, Err(why)] => row(tool.measure, case, client, &why),
            }
        }
    }
}

fn counted(of: &Run, case: &Case, client: &str, tool: &Tool, count: usize) -> Result<f64, String> {
    let mut command = of.server.command(&of.directory.join(client), &case.job(count), tool.command);
    command.env(TUNABLES.0, TUNABLES.1);
    match run(command) {
        Ended::Done(_, text) => (tool.read)(&text).ok_or(format!("failed: no count by {}", tool.command[0])),
        Ended::Unable => Err("unable".into()),
        Ended::Failed(why) => Err(format!("failed: {}", why.replace(['\t', '\n'], " "))),
    }
}
