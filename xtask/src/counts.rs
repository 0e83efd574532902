//! Numbers of tests, from the output of test runners.

/// How many tests passed, failed and were skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// There was nothing to do: already installed, or unchanged since the last run.
    pub(crate) cached: bool,
    /// The names of failed tests and the reasons of skipped ones.
    pub(crate) notes: Vec<String>,
}

impl Counts {
    pub(crate) fn passed(passed: usize) -> Self {
        Self { passed, ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.notes.extend(other.notes);
    }
}

/// Whether Cargo found everything up to date.
pub(crate) fn is_fresh(output: &str) -> bool {
    let starts = |word: &str| output.lines().any(|line| line.trim_start().starts_with(word));
    starts("Finished ") && !["Compiling ", "Checking ", "Documenting "].into_iter().any(starts)
}

/// Which test the lines at hand belong to.
#[derive(Clone, Copy, PartialEq)]
enum Test {
    Unknown,
    /// Passed; the flag is set once it has printed `SKIPPED:`.
    Passed(bool),
    Failed,
}

/// Adds up the results in the output of nextest, of libtest (doctests, tests on wasm) or of `node --test`.
///
/// A Rust test that cannot run prints `SKIPPED: reason` and returns, so its runner counts it as passed. Returns `None` if
/// the output has no summary, as opposed to a summary of no tests.
pub(crate) fn parse(output: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    let mut skipped = 0;
    let mut summaries = 0;
    let mut test = Test::Unknown;

    for line in output.lines() {
        let trimmed = line.trim_start();
        if let Some((_, result)) = line.strip_prefix("test result: ").and_then(|result| result.split_once(". ")) {
            counts.add_parts(result.split(';'));
            summaries += 1;
            test = Test::Unknown;
        } else if let Some((_, result)) = trimmed.strip_prefix("Summary [").and_then(|it| it.split_once(" run: ")) {
            // What nextest skipped was not asked for; the rest repeats what failed.
            counts.add_parts(result.split(", ").filter(|part| !part.contains("skipped")));
            summaries += 1;
            test = Test::Failed;
        } else if let Some((word, n)) = node_summary(line) {
            summaries += usize::from(counts.add_part(&format!("{n} {word}")));
        } else if line == "failures:" {
            test = Test::Failed;
        } else if line == "successes:"
            || line.starts_with("---- ") && test != Test::Failed
            || trimmed.starts_with("PASS [")
        {
            test = Test::Passed(false);
        } else if let Some(reason) = trimmed.strip_prefix("SKIPPED:") {
            if test == Test::Failed || test == Test::Passed(true) {
                continue;
            }
            if test == Test::Passed(false) {
                test = Test::Passed(true);
            }
            skipped += 1;
            counts.notes.push(format!("skipped: {}", reason.trim()));
        } else if let Some((name, reason)) = line.split_once(" # SKIP") {
            counts.notes.push(format!("skipped: {}:{reason}", name.trim_start().trim_start_matches("ok ")));
        } else if let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) {
            if verdict == "FAILED" {
                counts.notes.push(format!("failed: {name}"));
            } else if verdict.starts_with("ignored") {
                counts.notes.push(format!("{verdict}: {name}"));
            }
        } else if let Some((verdict, name)) = nextest_result(trimmed).filter(|_| test != Test::Failed) {
            counts.notes.push(format!("{}: {name}", verdict.to_lowercase()));
        }
    }

    let moved = skipped.min(counts.passed);
    counts.passed -= moved;
    counts.skipped += moved;
    (summaries > 0).then_some(counts)
}

/// Takes `# pass 3` and `ℹ pass 3` apart.
fn node_summary(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} "))?.split_once(' ')
}

/// Takes a test that did not pass: `FAIL [   0.012s] (3/9) homing::native tls::name`.
fn nextest_result(line: &str) -> Option<(&str, &str)> {
    let (verdict, rest) = line.split_once(" [")?;
    let failed = ["FAIL", "TIMEOUT", "ABORT", "SIGSEGV", "SIGABRT", "SIGKILL"].contains(&verdict);
    let (_, name) = rest.split_once("] ").filter(|_| failed)?;
    Some((verdict, name.trim_start()))
}

impl Counts {
    fn add_parts<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        for part in parts {
            self.add_part(part);
        }
    }

    /// Adds a part of a summary, such as ` 3 passed`. Returns whether it was one.
    fn add_part(&mut self, part: &str) -> bool {
        let mut words = part.split_whitespace();
        let Some(number) = words.next().and_then(|number| number.parse::<usize>().ok()) else {
            return false;
        };
        match words.next() {
            Some("passed" | "pass") => self.passed += number,
            Some("failed" | "fail" | "cancelled" | "timed" | "exec") => self.failed += number,
            Some("ignored" | "skipped" | "todo") => self.skipped += number,
            _ => return false,
        }
        true
    }
}

/// Returns the lines of a failed step's output that are worth showing: at most `limit`, of the failed tests if their
/// output is found, else the last ones. Frames of stacks outside this repository are left out, as they fill pages.
pub(crate) fn excerpt(output: &str, limit: usize) -> Vec<&str> {
    let is_frame = |line: &str| {
        let number = line.trim_start().split_once(": ").is_some_and(|(at, _)| at.parse::<u32>().is_ok());
        let frames = ["wasm-function[", "/wasm-bindgen-test:", " at /"];
        number || frames.iter().any(|mark| line.contains(mark))
    };
    let lines: Vec<_> = output.lines().filter(|line| !is_frame(line)).collect();
    let mut within = false;
    let mut of_failures = lines.clone();
    of_failures.retain(|line| {
        within |= *line == "failures:" || line.trim_start().starts_with("Summary [");
        let keep = within;
        within &= !line.starts_with("test result: ");
        keep
    });
    let lines = if of_failures.is_empty() { lines } else { of_failures };
    lines[lines.len().saturating_sub(limit)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBTEST_PASSED: &str = include_str!("../samples/libtest-passed.txt");
    const LIBTEST_FAILED: &str = include_str!("../samples/libtest-failed.txt");
    const NEXTEST: &str = include_str!("../samples/nextest.txt");

    fn numbers(output: &str) -> (usize, usize, usize) {
        let counts = parse(output).unwrap();
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn a_passed_test_that_prints_skipped_counts_once_as_skipped() {
        assert_eq!(numbers(LIBTEST_PASSED), (1, 0, 2));
        let notes = parse(LIBTEST_PASSED).unwrap().notes;
        assert_eq!(notes, ["ignored, needs a moon: b::c", "skipped: no nginx"]);
    }

    #[test]
    fn a_failed_test_that_prints_skipped_counts_as_failed() {
        assert_eq!(numbers(LIBTEST_FAILED), (1, 1, 0));
        assert_eq!(parse(LIBTEST_FAILED).unwrap().notes, ["failed: e"]);
    }

    #[test]
    fn results_of_nextest() {
        assert_eq!(numbers(NEXTEST), (1, 3, 1));
        let notes = parse(NEXTEST).unwrap().notes;
        let expected =
            ["sigabrt: (1/5) nxs abort", "skipped: no nginx", "fail: (3/5) nxs a::bad", "timeout: (5/5) nxs hang"];
        assert_eq!(notes, expected);
    }

    #[test]
    fn results_of_several_binaries_add_up() {
        assert_eq!(numbers(&format!("{LIBTEST_FAILED}{LIBTEST_PASSED}{LIBTEST_PASSED}")), (3, 1, 4));
    }

    #[test]
    fn without_capturing_each_skip_counts() {
        assert_eq!(numbers("SKIPPED: x\nSKIPPED: y\ntest result: ok. 3 passed; 0 failed; 0 ignored"), (1, 0, 2));
        assert_eq!(numbers("SKIPPED: x\ntest result: ok. 0 passed; 0 failed"), (0, 0, 0));
    }

    #[test]
    fn results_of_node() {
        for mark in ["#", "\u{2139}"] {
            let lines = ["tests 6", "pass 3", "fail 2", "cancelled 0", "skipped 1"];
            let output = lines.map(|line| format!("{mark} {line}")).join("\n");
            assert_eq!(numbers(&output), (3, 2, 1));
        }
        let tap = "ok 1 - timers # SKIP Node has none\n# pass 0\n# skipped 1\n";
        assert_eq!(parse(tap).unwrap().notes, ["skipped: 1 - timers: Node has none"]);
    }

    #[test]
    fn no_summary_is_not_a_summary_of_no_tests() {
        assert_eq!(parse("error: could not compile `homing`\n# Safety\n"), None);
        assert_eq!(parse("test result: ok. 0 passed; 0 failed; 0 ignored"), Some(Counts::default()));
    }

    #[test]
    fn an_excerpt_has_the_output_of_failed_tests_and_no_wasm_stacks() {
        let output = format!("{LIBTEST_FAILED}{}", LIBTEST_PASSED.repeat(20));
        let shown = excerpt(&output, 80);
        assert!(shown.contains(&"thread 'e' panicked at src/lib.rs:1:1:"));
        assert!(!shown.contains(&"listening"));
        assert!(excerpt(NEXTEST, 80)[0].starts_with("     Summary"));
        assert_eq!(excerpt("1\n2\n3\n", 2), ["2", "3"]);
        let stacks =
            "why\nx.wasm.core::fmt@http://h/x_bg.wasm:wasm-function[3]:0x4\n  12: core::fmt\n      at /x.rs:1\n";
        assert_eq!(excerpt(stacks, 2), ["why"]);
    }

    #[test]
    fn a_build_without_work_is_recognized() {
        assert!(is_fresh("    Finished `dev` profile in 0.1s\n"));
        assert!(!is_fresh("   Compiling a v1\n    Finished `dev` profile in 0.1s\n"));
        assert!(!is_fresh("Diff in src/lib.rs\n"));
    }
}
