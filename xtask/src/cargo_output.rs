//! What a test run printed, turned into numbers.

/// How many tests passed, failed and were skipped, and what there is to say about them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    pub(crate) notes: Vec<String>,
}

impl Counts {
    pub(crate) fn one_passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    pub(crate) fn one_failed(note: impl Into<String>) -> Self {
        Self { failed: 1, notes: vec![note.into()], ..Self::default() }
    }

    pub(crate) fn one_skipped(note: impl Into<String>) -> Self {
        Self { skipped: 1, notes: vec![note.into()], ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.notes.extend_from_slice(&other.notes);
    }
}

/// Where in libtest's output a line stands: what a test itself printed comes after the list of results.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Results,
    /// Below `successes:`; the flag says whether the test at hand has said `SKIPPED:` already.
    Successes(bool),
    Failures,
}

/// Sums up the output of `cargo test -- --show-output` or of `node --test`. `None` without any summary in it, which is
/// not the same as a summary of no tests.
///
/// A test that cannot run here prints a line `SKIPPED: reason` and returns; libtest takes that for a pass.
pub(crate) fn parse(output: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    let mut said_skipped = 0;
    let mut summaries = 0;
    let mut part = Part::Results;

    for line in output.lines() {
        if let Some(result) = line.strip_prefix("test result: ") {
            summaries += 1;
            part = Part::Results;
            let numbers = result.split_once(". ").map_or(result, |(_, rest)| rest);
            for number in numbers.split(';') {
                add(&mut counts, number);
            }
        } else if let Some(number) = line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} ")) {
            // Node writes the word first, the summary being one line for each.
            if let Some((word, n)) = number.split_once(' ') {
                if add(&mut counts, &format!("{n} {word}")) {
                    summaries += 1;
                }
            }
        } else if line == "successes:" {
            part = Part::Successes(false);
        } else if line == "failures:" {
            part = Part::Failures;
        } else if line.starts_with("---- ") && part != Part::Failures {
            part = Part::Successes(false);
        } else if let Some(reason) = line.trim_start().strip_prefix("SKIPPED:") {
            // A test that failed after all is none of the passed ones, so there is nothing to move over.
            if part == Part::Failures || part == Part::Successes(true) {
                continue;
            }
            if part == Part::Successes(false) {
                part = Part::Successes(true);
            }
            said_skipped += 1;
            counts.notes.push(format!("skipped: {}", reason.trim()));
        } else if let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) {
            if verdict == "FAILED" {
                counts.notes.push(format!("failed: {name}"));
            } else if verdict.starts_with("ignored") {
                counts.notes.push(format!("{verdict}: {name}"));
            }
        }
    }

    let moved = said_skipped.min(counts.passed);
    counts.passed -= moved;
    counts.skipped += moved;
    (summaries > 0).then_some(counts)
}

/// Adds a part of a summary, such as ` 3 passed`. Whether it was one.
fn add(counts: &mut Counts, part: &str) -> bool {
    let Some((number, word)) = part.trim().split_once(' ') else {
        return false;
    };
    let Ok(number) = number.parse::<usize>() else {
        return false;
    };
    match word {
        "passed" | "pass" => counts.passed += number,
        "failed" | "fail" | "cancelled" => counts.failed += number,
        "ignored" | "skipped" | "todo" => counts.skipped += number,
        _ => return false,
    }
    true
}

/// What only lines of stacks in wasm and of its glue hold.
const FRAME: [&str; 2] = ["wasm-function[", "/wasm-bindgen-test:"];

/// The lines of a failed step's output that are worth showing: at most `limit`, from what failed tests printed if that
/// can be told apart (it may be far from the end when other test binaries ran afterwards), else the last ones. Without the
/// frames of wasm's stacks, which fill pages before the next failure is told.
pub(crate) fn excerpt(output: &str, limit: usize) -> Vec<&str> {
    let mut within = false;
    let lines = || output.lines().filter(|line| !FRAME.iter().any(|mark| line.contains(mark)));
    let failures: Vec<_> = lines()
        .filter(|line| {
            within |= *line == "failures:";
            let keep = within;
            within &= !line.starts_with("test result: ");
            keep
        })
        .collect();
    let lines = if failures.is_empty() { lines().collect() } else { failures };
    lines[lines.len().saturating_sub(limit)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "
running 3 tests
test a ... ok
test b::c ... ignored, needs a moon
test d ... ok

successes:

---- a stdout ----
SKIPPED: no nginx
SKIPPED: really none

---- d stdout ----
listening

successes:
    a
    d

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    const FAILED: &str = "
running 2 tests
test e ... FAILED
test f ... ok

failures:

---- e stdout ----
SKIPPED: on second thoughts
thread 'e' panicked at src/lib.rs:1:1:
no

failures:
    e

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: test failed, to rerun pass `--lib`
";

    #[test]
    fn a_test_that_says_skipped_is_no_pass_and_counts_once() {
        let counts = parse(PASSED).unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (1, 0, 2));
        assert_eq!(counts.notes, ["ignored, needs a moon: b::c", "skipped: no nginx"]);
    }

    #[test]
    fn a_failed_test_stays_failed_whatever_it_said() {
        let counts = parse(FAILED).unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (1, 1, 0));
        assert_eq!(counts.notes, ["failed: e"]);
    }

    #[test]
    fn several_binaries_add_up() {
        let counts = parse(&format!("{FAILED}{PASSED}{PASSED}")).unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (3, 1, 4));
    }

    #[test]
    fn skipped_without_any_capturing_counts_each_time() {
        let output = "SKIPPED: x\nSKIPPED: y\ntest result: ok. 3 passed; 0 failed; 0 ignored";
        let counts = parse(output).unwrap();
        assert_eq!((counts.passed, counts.skipped), (1, 2));
    }

    #[test]
    fn no_more_can_be_skipped_than_passed() {
        let counts = parse("SKIPPED: x\ntest result: ok. 0 passed; 0 failed").unwrap();
        assert_eq!((counts.passed, counts.skipped), (0, 0));
    }

    #[test]
    fn the_summary_of_node_in_both_its_styles() {
        for mark in ["#", "\u{2139}"] {
            let output = ["tests 6", "pass 3", "fail 2", "cancelled 0", "skipped 1"]
                .map(|line| format!("{mark} {line}"))
                .join("\n");
            let counts = parse(&output).unwrap();
            assert_eq!((counts.passed, counts.failed, counts.skipped), (3, 2, 1));
        }
    }

    #[test]
    fn output_without_a_summary_is_told_from_a_run_of_no_tests() {
        assert_eq!(parse("error: could not compile `homing`\n# Safety\n"), None);
        assert_eq!(parse("test result: ok. 0 passed; 0 failed; 0 ignored"), Some(Counts::default()));
    }

    #[test]
    fn a_failure_is_shown_even_when_much_was_printed_after_it() {
        let output = format!("{FAILED}{}", PASSED.repeat(20));
        let shown = excerpt(&output, 80);
        assert!(shown.contains(&"thread 'e' panicked at src/lib.rs:1:1:"));
        assert!(!shown.contains(&"listening"));
    }

    #[test]
    fn otherwise_the_end_is_shown() {
        assert_eq!(excerpt("1\n2\n3\n", 2), ["2", "3"]);
        assert_eq!(excerpt("1\n", 2), ["1"]);
    }

    #[test]
    fn stacks_of_wasm_are_not_shown() {
        let output = "why\nx.wasm.core::fmt@http://h/wasm-bindgen-test_bg.wasm:wasm-function[3]:0x4\nreal@http://h/wasm-bindgen-test:8:2\n";
        assert_eq!(excerpt(output, 2), ["why"]);
    }
}
