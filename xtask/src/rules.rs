//! Which rule is shown where: a table counted from the tests' sources, which `DESIGN.md` shows, and the tests' names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use crate::cargo_output::Counts;
use crate::job::{Job, Stop};
use crate::web;

const BEGIN: &str = "<!-- rules -->";
const END: &str = "<!-- end of rules -->";
const DESIGN: &str = "DESIGN.md";
const NAMES: &str = "tests/RULES.md";

#[rustfmt::skip]
const RULES: [&str; 33] = [
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S8a", "S8b", "S8c", "S8d", "S9", "S10", "S11", "S12", "S13", "S14",
    "S15", "S16", "S17", "S18", "S19", "S20", "S20a", "S20b", "S21", "S22", "S22a", "S23", "S24", "S25", "S26",
];

/// The columns. Those from [`WEB`] to [`NODE`] are the suites of `web.rs`.
const TARGETS: [&str; 8] = [
    "machine (virtual time)",
    "native",
    web::SUITES[0].target,
    web::SUITES[1].target,
    web::SUITES[2].target,
    web::SUITES[3].target,
    web::SUITES[4].target,
    "npm",
];
const MACHINE: usize = 0;
const NATIVE: usize = 1;
const WEB: usize = 2;
const WORKER: usize = 5;
const NODE: usize = 6;
const NPM: usize = 7;
const ALL_WEB: [usize; 5] = [2, 3, 4, WORKER, NODE];

/// What is to be said of some cells of a row.
struct Note {
    rules: &'static [&'static str],
    targets: &'static [usize],
    /// The rule cannot apply there, so there is no test; otherwise a part of it cannot.
    absent: bool,
    text: &'static str,
}

const NOTES: [Note; 16] = [
    Note {
        rules: &["S1", "S6", "S8b", "S9", "S16", "S20", "S20a", "S20b", "S21", "S22a", "S23", "S24", "S26"],
        targets: &[MACHINE],
        absent: true,
        text: "Not the machine's to decide: the API's, the driver's or the transport's.",
    },
    Note { rules: &["S19"], targets: &[MACHINE], absent: true, text: "Who wakes the machine is all the same to it." },
    Note {
        rules: &["S8c", "S19"],
        targets: &[NATIVE],
        absent: true,
        text: "There is no page, and nothing throttles timers.",
    },
    Note {
        rules: &["S8c"],
        targets: &[WORKER],
        absent: false,
        text: "But what only pages have: visibility, and the back/forward cache.",
    },
    Note { rules: &["S8c"], targets: &[NODE], absent: true, text: "There is no page, and no `online` event." },
    Note {
        rules: &["S3"],
        targets: &ALL_WEB,
        absent: false,
        text: "But `on_connect`, of which browsers tell nothing.",
    },
    Note { rules: &["S5"], targets: &ALL_WEB, absent: false, text: "But panics, which end the whole program on wasm." },
    Note {
        rules: &["S8", "S23", "S24"],
        targets: &ALL_WEB,
        absent: false,
        text: "But status, headers and causes of failures, which browsers hide.",
    },
    Note { rules: &["S17"], targets: &ALL_WEB, absent: false, text: "But Ping frames, which browsers do not send." },
    Note {
        rules: &["S22"],
        targets: &ALL_WEB,
        absent: false,
        text: "But the peer's feeling it: a browser's socket cannot be left unread.",
    },
    Note {
        rules: &["S20a", "S20b"],
        targets: &ALL_WEB,
        absent: true,
        text: "The browser's own: it reads the socket and answers Pings.",
    },
    Note {
        rules: &["S20a", "S20b"],
        targets: &[NPM],
        absent: true,
        text: "The browser's own: it reads the socket and answers Pings.",
    },
    Note { rules: &["S22a"], targets: &[NPM], absent: true, text: "There is no stream of events." },
    Note {
        rules: &["S19"],
        targets: &[NODE],
        absent: false,
        text: "Node has no such workers, so only that its own timers serve instead.",
    },
    Note {
        rules: &["S6"],
        targets: &[NPM],
        absent: true,
        text: "An object of JavaScript does not learn that nobody holds it any more.",
    },
    Note {
        rules: &["S21", "S22"],
        targets: &[NPM],
        absent: true,
        text: "The browser's own class has no such thing, and this one is like it.",
    },
];

/// What the tests of `tests/native` show whose names do not begin with a rule, or that show several. Others show that
/// nothing breaks: interoperability, TLS, hostile servers.
#[rustfmt::skip]
const SHOWN: [(&str, &[&str]); 54] = [
    ("cookies::s26_redirects_carry_them_within_an_origin", &["S26"]),
    ("cookies::s8b_a_refusal_sets_them_too", &["S8b"]),
    ("dialling::black_holes_only", &["S8d"]),
    ("dialling::s1_options_that_contradict_each_other", &["S1"]),
    ("faults::a_server_killed_and_restarted", &["S8"]),
    ("faults::the_delay_is_waited", &["S7"]),
    ("faults::connections_cut_by_fin_and_rst", &["S3", "S23"]),
    ("faults::a_reset_before_the_handshake", &["S3", "S23"]),
    ("faults::a_server_that_accepts_and_says_nothing", &["S8d"]),
    ("faults::a_server_that_falls_silent", &["S17"]),
    ("faults::a_port_where_nobody_listens", &["S23"]),
    ("faults::a_name_that_does_not_exist", &["S23"]),
    ("faults::a_half_open_peer_behind_a_full_send_buffer", &["S17"]),
    ("faults::closing_towards_a_half_open_peer", &["S10"]),
    ("faults::pongs_and_heartbeats_leave_during_a_flood", &["S17", "S20"]),
    ("faults::pings_are_answered_in_order", &["S20"]),
    ("handshakes::subprotocols", &["S24"]),
    ("handshakes::what_the_server_says_is_told", &["S24"]),
    ("handshakes::secrets_stay_secret", &["S26"]),
    ("handshakes::a_slow_answer_has_the_open_timeout", &["S8d"]),
    ("lifecycle::a_panic_ends_its_own_client_only", &["S5"]),
    ("lifecycle::panics_outside_the_handler", &["S5"]),
    ("lifecycle::the_end_of_the_runtime_is_an_end", &["S4"]),
    ("lifecycle::dropping_the_last_handle_leaves_nothing", &["S6"]),
    ("lifecycle::a_detached_client_runs_on", &["S6"]),
    ("lifecycle::a_provider_that_takes_too_long", &["S8b"]),
    ("odd_proxies::s8_retry_after_of_a_proxy", &["S8"]),
    ("proxies::s8_refusals_of_http_proxies", &["S8", "S23"]),
    ("proxies::s8b_a_provider_behind_a_proxy", &["S8b"]),
    ("proxies::s26_credentials_for_a_socks_proxy", &["S26"]),
    ("proxies::s26_credentials_for_an_http_proxy", &["S26"]),
    ("proxies::a_proxy_where_nobody_listens", &["S23"]),
    ("redirects::s8b_a_provider_and_redirects", &["S8b"]),
    ("redirects::s26_nothing_secret_goes_to_another_origin", &["S26"]),
    ("redirects::where_it_failed_is_told", &["S23"]),
    ("refusals::status_headers_and_body_are_told", &["S23"]),
    ("refusals::at_most_16_kib_of_the_body", &["S23"]),
    ("refusals::a_stalled_body_does_not_hide_the_refusal", &["S23"]),
    ("refusals::a_cut_body_does_not_hide_the_refusal", &["S23"]),
    ("refusals::which_refusals_are_fatal", &["S8"]),
    ("refusals::the_predicate_overrides_both", &["S8"]),
    ("refusals::a_provider_may_do_better", &["S8", "S8b"]),
    ("refusals::s08_retry_after_as_a_date", &["S8"]),
    ("refusals::retry_after_is_the_least_delay", &["S8"]),
    ("refusals::retry_after_is_waited_for", &["S8"]),
    ("streams::codes_of_servers", &["S12"]),
    ("tls::a_stalled_tls_handshake_has_the_open_timeout", &["S8d"]),
    ("tracing::s26_no_secrets", &["S26"]),
    ("violations::every_violation_is_answered", &["S21"]),
    ("violations::a_forbidden_code_in_the_answer_to_a_close", &["S21"]),
    ("violations::the_close_frame_does_not_tear_what_is_being_sent", &["S21"]),
    ("violations::a_server_that_has_much_left_to_send_is_told_as_well", &["S21"]),
    ("violations::over_tls_as_well", &["S21"]),
    ("violations::a_violation_is_retried", &["S21"]),
];

/// Fails when a rule is not shown where it applies, or when the documents say otherwise.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let (table, problems) = tell(&job.place.root, false)?;
    job.note(&table);
    if problems.is_empty() { Ok(Counts::one_passed()) } else { Err(Stop::Failed(problems.join("\n"))) }
}

/// Prints the table and the names, and writes them into the documents if asked to.
pub(crate) fn print(root: &Path, write: bool) -> ExitCode {
    let problems = match tell(root, write) {
        Ok((text, problems)) => {
            print!("{text}");
            problems
        }
        Err(error) => vec![error.to_string()],
    };
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The table with the names, and what is wrong: with the tests, or with documents that were not to be written.
fn tell(root: &Path, write: bool) -> io::Result<(String, Vec<String>)> {
    let census = Census::take(root)?;
    let names = census.names();
    let (table, mut problems) = census.table();
    let design = fs::read_to_string(root.join(DESIGN))?;
    let wanted = placed(&design, &table).unwrap_or_else(|| {
        problems.push(format!("{DESIGN} has no {BEGIN} and {END}"));
        design.clone()
    });
    let known = fs::read_to_string(root.join(NAMES)).unwrap_or_default();
    for (file, is, wanted) in [(DESIGN, design, wanted), (NAMES, known, names.clone())] {
        match (is == wanted, write) {
            (true, _) => {}
            (false, true) => fs::write(root.join(file), wanted)?,
            (false, false) => problems.push(format!("{file} is out of date: `cargo xtask rules --write`")),
        }
    }
    Ok((format!("{table}\n{names}"), problems))
}

/// The document with the table in its place.
fn placed(design: &str, table: &str) -> Option<String> {
    let (before, rest) = design.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

/// Which tests show a rule, and on which targets.
#[derive(Default)]
struct Census {
    shown: BTreeMap<String, Vec<(String, Vec<usize>)>>,
    problems: Vec<String>,
}

impl Census {
    fn take(root: &Path) -> io::Result<Self> {
        let mut census = Self::default();
        for (_, text) in sources(&root.join("src/machine/tests"))? {
            for name in functions(&text, &["test"]) {
                census.named(&name, &[MACHINE]);
            }
        }

        for dir in [
            "src",
            "src/driver",
            "src/native",
            "src/native/dial",
            "src/native/dial/tls",
            "src/native/handshake",
            "src/native/wire",
            "src/native/wire/tests",
        ] {
            for (_, text) in sources(&root.join(dir))? {
                for name in functions(&text, &["test", "tokio::test"]) {
                    census.named(&name, &[NATIVE]);
                }
            }
        }

        let conformance = fs::read_to_string(root.join("tests/conformance/main.rs"))?;
        for (native_only, name) in suites(&conformance) {
            let mut targets = vec![NATIVE];
            if !native_only {
                targets.extend(on_web("conformance"));
            }
            census.named(&name, &targets);
        }

        let mut native = Vec::new();
        for (module, text) in sources(&root.join("tests/native"))? {
            for name in functions(&text, &["test", "tokio::test"]) {
                let full = format!("{module}::{name}");
                if let Some(rule) = rule_of(&name).filter(|_| !SHOWN.iter().any(|(shown, _)| *shown == full)) {
                    census.known(&rule, &full, &[NATIVE]);
                }
                native.push(full);
            }
        }
        for (name, rules) in SHOWN {
            if native.iter().any(|known| known == name) {
                rules.iter().for_each(|rule| census.add(rule, name, &[NATIVE]));
            } else {
                census.problems.push(format!("tests/native has no `{name}`, which rules.rs has"));
            }
        }

        for dir in ["tests/js/own", "tests/js/driven"] {
            for (_, text) in files(&root.join(dir), "js")? {
                for name in text.lines().filter_map(in_javascript) {
                    census.named(name, &[NPM]);
                }
            }
        }

        for (file, text) in sources(&root.join("tests"))? {
            let targets = on_web(&file);
            for name in functions(&text, &["wasm_bindgen_test"]) {
                census.named(&name, &targets);
            }
            for name in functions(&text, &["tokio::test"]) {
                census.named(&name, &[NATIVE]);
            }
        }
        Ok(census)
    }

    /// Counts a test whose name begins with a rule; any other shows none.
    fn named(&mut self, name: &str, targets: &[usize]) {
        if let Some(rule) = rule_of(name) {
            self.known(&rule, name, targets);
        }
    }

    fn known(&mut self, rule: &str, name: &str, targets: &[usize]) {
        if !RULES.contains(&rule) {
            self.problems.push(format!("`{name}` is about no rule that there is"));
        }
        self.add(rule, name, targets);
    }

    fn add(&mut self, rule: &str, name: &str, targets: &[usize]) {
        self.shown.entry(rule.to_owned()).or_default().push((name.to_owned(), targets.to_vec()));
    }

    /// The tests of each rule, those with the same targets together.
    fn names(&self) -> String {
        let mut text = String::from(
            "# Which test shows which rule\n\nFrom the tests themselves: `cargo xtask rules --write`. \
             [DESIGN.md](../DESIGN.md) has the numbers, and why a rule cannot apply somewhere.\n",
        );
        for rule in RULES {
            text.push_str(&format!("\n## {rule}\n\n"));
            let mut together: BTreeMap<&[usize], BTreeSet<&str>> = BTreeMap::new();
            for (name, targets) in self.shown.get(rule).into_iter().flatten() {
                together.entry(targets).or_default().insert(name);
            }
            for (targets, names) in together {
                let targets: Vec<_> = targets.iter().map(|target| TARGETS[*target]).collect();
                let names: Vec<_> = names.into_iter().map(|name| format!("  - `{name}`\n")).collect();
                text.push_str(&format!("- {}:\n{}", targets.join(", "), names.concat()));
            }
        }
        text
    }

    /// The table, and what is wrong with it.
    fn table(mut self) -> (String, Vec<String>) {
        let mut text = format!("| |{}|\n|---|{}\n", TARGETS.join("|"), "---:|".repeat(TARGETS.len()));
        // Numbered as they first appear.
        let mut used: Vec<usize> = Vec::new();
        for rule in RULES {
            let mut row = [0; TARGETS.len()];
            self.shown
                .get(rule)
                .into_iter()
                .flatten()
                .flat_map(|(_, targets)| targets)
                .for_each(|target| row[*target] += 1);
            let mut line = format!("| {rule} |");
            for (target, count) in row.into_iter().enumerate() {
                let mut marks = String::new();
                let mut absent = false;
                for (at, note) in NOTES.iter().enumerate() {
                    if note.rules.contains(&rule) && note.targets.contains(&target) {
                        let number = used.iter().position(|known| *known == at).unwrap_or_else(|| {
                            used.push(at);
                            used.len() - 1
                        });
                        marks.push_str(&format!("<sup>{}</sup>", number + 1));
                        absent |= note.absent;
                    }
                }
                let problem = match (count, absent) {
                    (0, false) => Some("no test of"),
                    (1.., true) => Some("rules.rs says that it cannot be, but there is a test of"),
                    _ => None,
                };
                if let Some(problem) = problem {
                    self.problems.push(format!("{problem} {rule} on {}", TARGETS[target]));
                }
                let count = if count == 0 { "–".to_owned() } else { count.to_string() };
                line.push_str(&format!(" {count}{marks} |"));
            }
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
        for (number, at) in used.iter().enumerate() {
            text.push_str(&format!("{}. {}\n", number + 1, NOTES[*at].text));
        }
        (text, self.problems)
    }
}

/// The columns of a test binary that runs on wasm.
fn on_web(test: &str) -> Vec<usize> {
    let suites = web::SUITES.iter().enumerate().filter(|(_, suite)| suite.tests.contains(&test));
    suites.map(|(at, _)| WEB + at).collect()
}

/// `s08a_this_and_that` is about S8a.
fn rule_of(name: &str) -> Option<String> {
    let (rule, _) = name.strip_prefix('s')?.split_once('_')?;
    let number: u32 = rule.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse().ok()?;
    let letter = rule.trim_start_matches(|c: char| c.is_ascii_digit());
    (letter.len() <= 1).then(|| format!("S{number}{letter}"))
}

/// `test('s8a_this_and_that', async (t) => {`
fn in_javascript(line: &str) -> Option<&str> {
    line.trim().strip_prefix("test('")?.split('\'').next()
}

/// The Rust files of a directory, by name, with their text.
fn sources(dir: &Path) -> io::Result<Vec<(String, String)>> {
    files(dir, "rs")
}

/// The files of a directory with this ending, by name, with their text.
fn files(dir: &Path, ending: &str) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == ending) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The functions that have one of these attributes.
fn functions(source: &str, attributes: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= attributes.contains(&path);
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(rest.split(['(', '<']).next().map(String::from));
            is_test = false;
        }
    }
    names
}

/// The tests of each `suite!`, and whether it is for native targets only.
fn suites(source: &str) -> Vec<(bool, String)> {
    let mut tests = Vec::new();
    let mut before = "";
    let mut inside = None;
    for line in source.lines().map(str::trim) {
        match inside {
            None if line == "suite! {" => inside = Some(before == r#"#[cfg(not(target_family = "wasm"))]"#),
            Some(_) if line == "}" => inside = None,
            Some(native_only) => {
                let names = line.split_whitespace().filter(|word| !word.ends_with(':') && !word.starts_with("//"));
                tests.extend(names.map(|name| (native_only, name.trim_end_matches(';').to_owned())));
            }
            None => {}
        }
        before = line;
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_rules() {
        assert_eq!(rule_of("s08a_reconnect").as_deref(), Some("S8a"));
        assert_eq!(rule_of("s17_ping").as_deref(), Some("S17"));
        for other in ["sink", "stream_of", "s_1", "echo", "s08"] {
            assert_eq!(rule_of(other), None, "{other}");
        }
    }

    #[test]
    fn tests_are_found() {
        let source =
            "#[test]\n#[cfg(unix)]\nfn a() {}\nfn b() {}\n    #[tokio::test(flavor = \"x\")]\n    async fn c() {}";
        assert_eq!(functions(source, &["test", "tokio::test"]), ["a", "c"]);
        assert_eq!(functions(source, &["test"]), ["a"]);
        assert_eq!(in_javascript("  test('s8a_x', async (t) => {"), Some("s8a_x"));
        assert_eq!(in_javascript("next(ws, 'open')"), None);
        let suite = "suite! {\n  life:\n    s01_a s02_b\n    s03_c;\n}\n#[cfg(not(target_family = \"wasm\"))]\nsuite! {\n  n: s04_d;\n}";
        let names: Vec<_> = suites(suite);
        let expected = [(false, "s01_a"), (false, "s02_b"), (false, "s03_c"), (true, "s04_d")];
        assert_eq!(names, expected.map(|(only, name)| (only, name.to_owned())));
    }

    #[test]
    fn a_rule_without_a_test_is_named() {
        let mut census = Census::default();
        census.named("s02_states", &[MACHINE, NATIVE]);
        census.named("s99_what", &[NATIVE]);
        census.named("s2_others", &[MACHINE, NATIVE]);
        assert!(
            census
                .names()
                .contains("\n## S2\n\n- machine (virtual time), native:\n  - `s02_states`\n  - `s2_others`\n\n## S3\n")
        );
        let (table, problems) = census.table();
        assert!(table.contains("| S2 | 2 | 2 | – | – | – | – | – | – |"), "{table}");
        assert!(problems.contains(&"no test of S2 on Chromium".to_owned()), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("s99_what")));
        assert!(!problems.iter().any(|problem| problem.ends_with("S8c on native")), "{problems:?}");
    }

    #[test]
    fn the_table_replaces_the_old_one() {
        let design = format!("a\n{BEGIN}\nold\n{END}\nb");
        let new = placed(&design, "new\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\n\nnew\n\n{END}\nb"));
        assert_eq!(placed(&new, "new\n"), Some(new));
        assert_eq!(placed("nothing", "new"), None);
    }
}
