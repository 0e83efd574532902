//! Which tests show which rule.
//!
//! `docs/rules.md` is the list of rules, and says where a rule does not apply or is not built yet. Tests name the rules that
//! they show: `s17_...`, or `s17_s20_...` for two. The table and the `Tests:` lines of the document are made from both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::marked::{self, TABLE};
use crate::web;

const DOCUMENT: &str = "docs/rules.md";
/// Has a table of rules and the files that implement them.
const MAP: &str = "docs/architecture.md";
const HEADING: &str = "### <a id=\"s";
const NOT_BUILT: &str = "*Not built yet";
const ABSENT: &str = "Not applicable: ";
const TESTS: &str = "Tests: ";

const TARGETS: [&str; 8] = [
    "machine",
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
const NPM: usize = 7;
/// What the document calls several targets at once.
const GROUPS: [(&str, &[usize]); 2] = [("web", &[2, 3, 4, 5, 6]), ("browsers", &[2, 3, 4])];

/// Fails if a rule lacks a test where it applies, if a test names no rule, or if the document is out of date.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let (report, problems) = report(&job.place.root, false)?;
    job.note(&report);
    if problems.is_empty() { Ok(Counts::passed(1)) } else { Err(Stop::Failed(problems.join("\n"))) }
}

/// `cargo xtask rules [--write | RULE]`: prints the table, or where one rule is written down, implemented and tested.
pub(crate) fn print(root: &Path, argument: Option<&str>) -> ExitCode {
    let printed = match argument {
        None => report(root, false),
        Some("--write") => report(root, true),
        Some(rule) => places_of(root, rule),
    };
    let (text, problems) = printed.unwrap_or_else(|error| (String::new(), vec![error.to_string()]));
    print!("{text}");
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(root: &Path, write: bool) -> io::Result<(String, Vec<String>)> {
    let document = fs::read_to_string(root.join(DOCUMENT))?;
    let tests = tests(root)?;
    let (table, mut problems) = table(&document, &tests);
    let map = fs::read_to_string(root.join(MAP))?;
    for Section { rule, .. } in sections(&document).iter().filter(|section| section.is_built()) {
        if files_of(&map, rule).is_empty() {
            problems.push(format!("{MAP} names no file for {rule}"));
        }
    }
    let wanted = filled(&document, &table, &tests);
    match (document == wanted, write) {
        (true, _) => {}
        (false, true) => fs::write(root.join(DOCUMENT), wanted)?,
        (false, false) => problems.push(format!("{DOCUMENT} is out of date: run `cargo xtask rules --write`")),
    }
    Ok((table, problems))
}

/// The files that implement a rule, from the table of the map.
fn files_of<'a>(map: &'a str, rule: &str) -> Vec<&'a str> {
    let link = format!("(rules.md#{})", rule.to_lowercase());
    let rows = map.lines().filter(|line| line.starts_with('|') && line.contains(&link));
    let mut files = Vec::new();
    for file in rows.flat_map(|row| row.split("](../").skip(1)).filter_map(|part| part.split(')').next()) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Where a rule is written down, implemented and tested.
fn places_of(root: &Path, rule: &str) -> io::Result<(String, Vec<String>)> {
    let rule = format!("S{}", rule.to_lowercase().trim_start_matches('s').trim_start_matches('0'));
    let document = fs::read_to_string(root.join(DOCUMENT))?;
    let anchor = format!("<a id=\"{}\"></a>", rule.to_lowercase());
    let heading = (1..).zip(document.lines()).find_map(|(line, text)| Some((line, text.split_once(&anchor)?.1)));
    let Some((line, title)) = heading else {
        return Ok((String::new(), vec![format!("{rule} is no rule; {DOCUMENT} has them all")]));
    };
    let mut text = format!("{DOCUMENT}:{line}: {title}\n\nCode:\n");
    for file in files_of(&fs::read_to_string(root.join(MAP))?, &rule) {
        text.push_str(&format!("  {file}\n"));
    }
    text.push_str("\nTests:\n");
    let tests: Vec<_> = tests(root)?.into_iter().filter(|test| test.rules.contains(&rule)).collect();
    for test in &tests {
        let targets: Vec<_> = test.targets.iter().map(|target| TARGETS[*target]).collect();
        text.push_str(&format!("  {}:{} {} ({})\n", test.file, test.line, test.name, targets.join(", ")));
    }
    text.push_str("\nTo run them (CONTRIBUTING.md has more):\n");
    commands(&rule, &tests).iter().for_each(|command| text.push_str(&format!("  {command}\n")));
    Ok((text, Vec::new()))
}

/// Commands that run the tests of a rule, but for those that need a browser.
fn commands(rule: &str, tests: &[Test]) -> Vec<String> {
    let letter = rule.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let number = rule[1..].trim_end_matches(letter);
    let filter = format!("s{number:0>2}{letter}_");
    let mut commands = Vec::new();
    for (folder, command) in [
        ("machine/", "cargo test -p homing-machine"),
        ("src/", "cargo test -p homing --lib --all-features"),
        ("tests/conformance/", "cargo test --test conformance"),
        ("tests/native/", "cargo test -p homing-tests --test native --features cookies,deflate,tracing"),
        ("tests/hostile/", "cargo test -p homing-tests --test hostile --features deflate"),
    ] {
        if tests.iter().any(|test| test.file.starts_with(folder)) {
            commands.push(format!("{command} {filter}"));
        }
    }
    let suites = tests.iter().filter_map(|test| test.file.strip_prefix("tests/js/")?.strip_suffix(".js"));
    let suites: BTreeSet<_> = suites.filter(|suite| suite.starts_with("own/") && *suite != "own/page").collect();
    if !suites.is_empty() {
        let suites: Vec<_> = suites.into_iter().collect();
        commands.push(format!("node tests/js/run.js node {} --filter={filter}", suites.join(" ")));
    }
    commands
}

/// One section of the document: a rule.
struct Section<'a> {
    rule: &'a str,
    text: &'a str,
}

impl Section<'_> {
    fn is_built(&self) -> bool {
        !self.text.lines().any(|line| line.starts_with(NOT_BUILT))
    }

    /// Where the rule does not apply, from a line such as `Not applicable: machine (the API decides); Node, npm (no page).`
    fn absent(&self) -> Result<Vec<usize>, String> {
        let mut targets = Vec::new();
        let lines = self.text.lines().filter_map(|line| line.strip_prefix(ABSENT));
        for name in lines.flat_map(|line| line.split("; ")).flat_map(|part| {
            let (names, _reason) = part.split_once(" (").unwrap_or((part, ""));
            names.split(", ")
        }) {
            let group = GROUPS.iter().find(|(group, _)| *group == name).map(|(_, targets)| targets.to_vec());
            let target = TARGETS.iter().position(|target| *target == name).map(|target| vec![target]);
            targets.extend(group.or(target).ok_or_else(|| format!("{}: unknown target `{name}`", self.rule))?);
        }
        Ok(targets)
    }
}

/// The rules of the document, in order. A section ends at the next heading.
fn sections(document: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    for part in document.split("\n#").map(|part| part.trim_start_matches('#').trim_start()) {
        let heading = part.strip_prefix(HEADING.trim_start_matches(['#', ' ']));
        if let Some((_, titled)) = heading.and_then(|rest| rest.split_once("</a>")) {
            sections.push(Section { rule: titled.split_whitespace().next().unwrap_or_default(), text: part });
        }
    }
    sections
}

/// The table of rules and targets, and what is wrong with rules and tests.
fn table(document: &str, tests: &[Test]) -> (String, Vec<String>) {
    let sections = sections(document);
    let mut problems = Vec::new();
    for test in tests {
        for rule in test.rules.iter().filter(|rule| sections.iter().all(|section| section.rule != **rule)) {
            problems.push(format!("{}:{}: {} names {rule}, which is no rule", test.file, test.line, test.name));
        }
    }
    let mut table = format!("| Rule | {} |\n|---|{}\n", TARGETS.join(" | "), "---:|".repeat(TARGETS.len()));
    for section in &sections {
        let rule = section.rule;
        let absent = section.absent().unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        table.push_str(&format!("| [{rule}](#{}) |", rule.to_lowercase()));
        for (target, name) in TARGETS.iter().enumerate() {
            let count = tests.iter().filter(|test| test.shows(rule, target)).count();
            let problem = match (count, section.is_built(), absent.contains(&target)) {
                (0, true, false) => Some("has no test on"),
                (1.., false, _) => Some("is marked as not built yet, but has a test on"),
                (1.., _, true) => Some("is marked as not applicable, but has a test on"),
                _ => None,
            };
            problems.extend(problem.map(|problem| format!("{rule} {problem} {name}")));
            table.push_str(&if count == 0 { " – |".to_owned() } else { format!(" {count} |") });
        }
        table.push('\n');
    }
    (table, problems)
}

/// The document with the table and the `Tests:` line of each rule.
fn filled(document: &str, table: &str, tests: &[Test]) -> String {
    let mut text = marked::replace(document, TABLE, &format!("\n{table}\n")).unwrap_or_else(|| document.to_owned());
    for section in sections(&text.clone()) {
        let kept: Vec<_> = section.text.lines().filter(|line| !line.starts_with(TESTS)).collect();
        let mut new = kept.join("\n").trim_end().to_owned();
        if section.is_built() {
            new.push_str(&format!("\n\n{TESTS}{}.", links(section.rule, tests)));
        }
        text = text.replacen(section.text.trim_end(), &new, 1);
    }
    text
}

/// The files with tests of a rule, each with its number of tests by target.
fn links(rule: &str, tests: &[Test]) -> String {
    let mut files: BTreeMap<(usize, &str), [usize; TARGETS.len()]> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.rules.iter().any(|known| known == rule)) {
        let first = test.targets.iter().min().copied().unwrap_or_default();
        let counts = files.entry((first, &test.file)).or_default();
        test.targets.iter().for_each(|target| counts[*target] += 1);
    }
    let links = files.into_iter().map(|((_, file), mut counts)| {
        let mut numbers = Vec::new();
        for (name, group) in GROUPS {
            let count = counts[group[0]];
            if count > 0 && group.iter().all(|target| counts[*target] == count) {
                numbers.push(format!("{name} {count}"));
                group.iter().for_each(|target| counts[*target] = 0);
            }
        }
        let single = TARGETS.iter().zip(counts).filter(|(_, count)| *count > 0);
        let mut all: Vec<_> = single.map(|(name, count)| format!("{name} {count}")).collect();
        all.extend(numbers);
        let label = file.trim_start_matches("tests/").replace("/rules/", "/");
        format!("[{label}](../{file}) ({})", all.join(", "))
    });
    links.collect::<Vec<_>>().join(", ")
}

struct Test {
    rules: Vec<String>,
    name: String,
    file: String,
    line: usize,
    targets: Vec<usize>,
}

impl Test {
    fn shows(&self, rule: &str, target: usize) -> bool {
        self.targets.contains(&target) && self.rules.iter().any(|known| known == rule)
    }
}

/// Every test that names a rule.
fn tests(root: &Path) -> io::Result<Vec<Test>> {
    let mut tests = Vec::new();
    for dir in ["machine", "src", "tests"] {
        walk(root, Path::new(dir), &mut |file, text| {
            for (line, attribute, name) in functions(file, text) {
                let (rules, targets) = (rules_of(name), targets(file, attribute));
                if !rules.is_empty() && !targets.is_empty() {
                    tests.push(Test { rules, name: name.to_owned(), file: file.to_owned(), line, targets });
                }
            }
        })?;
    }
    Ok(tests)
}

fn walk(root: &Path, dir: &Path, visit: &mut impl FnMut(&str, &str)) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(root.join(dir)) else { return Ok(()) };
    let mut names: Vec<_> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()?;
    names.sort();
    for path in names.iter().filter(|name| *name != "node_modules" && *name != "target").map(|name| dir.join(name)) {
        if root.join(&path).is_dir() {
            walk(root, &path, visit)?;
        } else if path.extension().is_some_and(|end| end == "rs" || end == "js") {
            let name: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            visit(&name.join("/"), &fs::read_to_string(root.join(&path))?);
        }
    }
    Ok(())
}

/// Where the tests with this attribute run. The bodies of the conformance suite have none.
fn targets(file: &str, attribute: &str) -> Vec<usize> {
    let on_web = |binary: &str| {
        let suites = GROUPS[0].1.iter().zip(&web::SUITES);
        suites.filter(|(_, suite)| suite.tests.contains(&binary)).map(|(target, _)| *target).collect::<Vec<_>>()
    };
    match attribute {
        "" if file.contains("/native_only/") => vec![NATIVE],
        "" if file.starts_with("tests/conformance/rules/") => [vec![NATIVE], on_web("conformance")].concat(),
        "js" => vec![NPM],
        "test" if file.starts_with("machine/") => vec![MACHINE],
        "test" | "tokio::test" => vec![NATIVE],
        // `tests/web/timers.rs` and `tests/web/smoke/closing.rs` are part of `web_timers` and `web_smoke`.
        "wasm_bindgen_test" => {
            let path = file.trim_start_matches("tests/web/");
            on_web(&format!("web_{}", path.split(['/', '.']).next().unwrap_or_default()))
        }
        _ => Vec::new(),
    }
}

/// The functions of a file: the line, the last attribute that names a test, and the name.
fn functions<'a>(file: &str, source: &'a str) -> Vec<(usize, &'a str, &'a str)> {
    let mut functions = Vec::new();
    let mut attribute = "";
    for (line, text) in (1..).zip(source.lines().map(str::trim)) {
        if file.ends_with(".js") {
            let call = ["test(", "it("].iter().find_map(|call| text.strip_prefix(call));
            let name = call.and_then(|rest| rest.get(1..)?.split(['\'', '"', '`']).next());
            functions.extend(name.map(|name| (line, "js", name)));
        } else if let Some(rest) = text.strip_prefix("#[") {
            let path = rest.split(['(', ']']).next().unwrap_or_default();
            if path.ends_with("test") {
                attribute = path;
            }
        } else if let Some((before, rest)) = text.split_once("fn ").filter(|(before, _)| !before.starts_with('/')) {
            let is_body = attribute.is_empty() && !before.starts_with("pub");
            let name = rest.split(['(', '<']).next().filter(|_| !is_body);
            functions.extend(name.map(|name| (line, core::mem::take(&mut attribute), name)));
        }
    }
    functions
}

/// `s08a_this_and_that` shows S8a; `s17_s20_this` shows two rules. Names have two digits, so that a rule as a filter finds
/// all of its tests: `s8_this` shows `s8`, which is no rule.
fn rules_of(name: &str) -> Vec<String> {
    let rule = |part: &str| {
        let number = part.strip_prefix('s')?.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let letter = part.trim_start_matches('s').trim_start_matches(|c: char| c.is_ascii_digit());
        let value: u32 = number.parse().ok()?;
        let rule = if number.len() == 2 { format!("S{value}{letter}") } else { part.to_owned() };
        (letter.len() <= 1).then_some(rule)
    };
    name.split('_').map_while(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "# Rules\n<!-- table -->\n<!-- end of table -->\n## All\n\
        ### <a id=\"s1\"></a>S1 One\nText.\n\nNot applicable: machine, web (why).\n\n\
        ### <a id=\"s2\"></a>S2 Two\n\n*Not built yet.*\n## End\n";

    fn test(file: &str, name: &str, attribute: &str) -> Test {
        Test { rules: rules_of(name), name: name.into(), file: file.into(), line: 1, targets: targets(file, attribute) }
    }

    #[test]
    fn names_of_tests_begin_with_rules() {
        for (name, rules) in
            [("s08a_x", &["S8a"][..]), ("s17_s20_x", &["S17", "S20"]), ("s8_x", &["s8"]), ("stream_s1", &[])]
        {
            assert_eq!(rules_of(name), rules, "{name}");
        }
    }

    #[test]
    fn functions_are_found_with_their_attribute() {
        let source =
            "#[test]\n#[cfg(unix)]\nfn a() {}\nfn b() {}\n#[tokio::test(x)]\nasync fn c() {}\npub async fn d() {}";
        assert_eq!(functions("a.rs", source), [(3, "test", "a"), (6, "tokio::test", "c"), (7, "", "d")]);
        assert_eq!(functions("a.js", "x\n  test('s01_x', async () => {"), [(2, "js", "s01_x")]);
        assert_eq!(targets("tests/conformance/rules/life.rs", "").len(), 6);
        assert_eq!(targets("tests/conformance/rules/native_only/life.rs", ""), [NATIVE]);
        assert_eq!(targets("src/error.rs", ""), []);
    }

    #[test]
    fn both_directions_are_checked() {
        let one = || vec![test("tests/native/a.rs", "s01_x", "test"), test("tests/js/a.js", "s01_y", "js")];
        let (complete, problems) = table(RULES, &one());
        assert_eq!(problems, [""; 0]);
        assert!(complete.contains("| [S1](#s1) | – | 1 | – | – | – | – | – | 1 |"), "{complete}");
        for (name, attribute, file, problem) in [
            ("s03_x", "test", "tests/native/a.rs", "tests/native/a.rs:1: s03_x names S3, which is no rule"),
            ("s02_x", "js", "tests/js/a.js", "S2 is marked as not built yet, but has a test on npm"),
            ("s01_x", "test", "machine/tests/a.rs", "S1 is marked as not applicable, but has a test on machine"),
        ] {
            let tests = one().into_iter().chain([test(file, name, attribute)]).collect::<Vec<_>>();
            assert_eq!(table(RULES, &tests).1, [problem]);
        }
        assert_eq!(table(RULES, &one()[..1]).1, ["S1 has no test on npm"]);
        assert_eq!(table(&RULES.replace("web", "abacus"), &one()).1[0], "S1: unknown target `abacus`");
    }

    #[test]
    fn commands_run_the_tests_of_a_rule_and_no_others() {
        let tests = [test("machine/src/tests/a.rs", "s08a_x", "test"), test("tests/js/own/a.js", "s08a_y", "js")];
        let node = "node tests/js/run.js node own/a --filter=s08a_";
        assert_eq!(commands("S8a", &tests), ["cargo test -p homing-machine s08a_", node]);
        assert_eq!(commands("S17", &tests[..1]), ["cargo test -p homing-machine s17_"]);
    }

    #[test]
    fn the_map_names_the_files_of_a_rule() {
        let map = "[S1](rules.md#s1)\n| [S1](rules.md#s1), [S2](rules.md#s2) | [`a`](../src/a.rs) | [`b`](../b.rs) |";
        assert_eq!(files_of(map, "S2"), ["src/a.rs", "b.rs"]);
        assert_eq!(files_of(map, "S3"), [""; 0]);
    }

    #[test]
    fn the_document_is_filled_once() {
        let tests = [
            test("tests/conformance/rules/a.rs", "s01_x", ""),
            test("tests/web/timers.rs", "s01_y", "wasm_bindgen_test"),
        ];
        let new = filled(RULES, "new\n", &tests);
        assert!(new.contains("<!-- table -->\n\nnew\n\n<!-- end of table -->\n## All"), "{new}");
        let links = "Not applicable: machine, web (why).\n\nTests: \
            [conformance/a.rs](../tests/conformance/rules/a.rs) (native 1, web 1), \
            [web/timers.rs](../tests/web/timers.rs) (web 1).\n\n### <a id=\"s2\">";
        assert!(new.contains(links), "{new}");
        assert_eq!(filled(&new, "new\n", &tests), new);
    }
}
