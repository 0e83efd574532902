//! What the library pulls in: `docs/dependencies.md`, which is generated, so that each new dependency is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::cmd;
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::marked::{self, TABLE};
use crate::place::home_of;

const RECORD: &str = "docs/dependencies.md";
const TREE: &str = "cargo tree --locked -p homing --target all -e normal,build --prefix depth --format";

/// Why the library depends on each crate that it names.
const REASONS: &[(&str, &str)] = &[
    ("base64", "PEM and credentials of proxies"),
    ("bytes", "payloads without copies"),
    ("cfg-if", "the choice of platform"),
    ("cookie_store", "feature `cookies`"),
    ("flate2", "feature `deflate`"),
    ("futures-core", "`Stream`"),
    ("futures-sink", "`Sink`"),
    ("homing-machine", "the state machine, of this repository"),
    ("http", "values of headers, and statuses"),
    ("httparse", "responses to the opening handshake and of proxies"),
    ("httpdate", "`Retry-After`"),
    ("js-sys", "JavaScript"),
    ("libc", "two system calls of Linux"),
    ("native-tls", "feature `native-tls`"),
    ("percent-encoding", "credentials in URLs"),
    ("rand", "masks of frames, and seeds of jitter"),
    ("rustls", "feature `rustls-aws-lc-rs`"),
    ("rustls-native-certs", "feature `rustls-native-roots`"),
    ("rustls-platform-verifier", "feature `rustls-platform-verifier`"),
    ("socket2", "options of sockets"),
    ("thiserror", "errors"),
    ("tokio", "the runtime"),
    ("tokio-native-tls", "feature `native-tls`"),
    ("tokio-rustls", "TLS"),
    ("tokio-tungstenite", "frame headers and the accept key"),
    ("tracing", "feature `tracing`"),
    ("url", "URLs"),
    ("wasm-bindgen", "JavaScript"),
    ("web-sys", "the browser's `WebSocket`"),
    ("webpki-roots", "feature `rustls-webpki-roots`"),
];

/// Direct dependencies that only fuzz targets are built with.
const FUZZING: [&str; 2] = ["miniz_oxide", "tokio-websockets"];

/// A crate in the tree.
#[derive(Default)]
struct Dependency {
    license: String,
    owner: String,
    parents: BTreeSet<String>,
    is_macro: bool,
}

pub(crate) fn command(job: &mut Job<'_>, args: &[String]) -> Result<(), Stop> {
    if let Some(unknown) = args.iter().find(|arg| *arg != "--write") {
        return Err(Stop::Failed(format!("unknown option `{unknown}`")));
    }
    let record = record(job)?;
    if !args.is_empty() {
        let path = job.place.root.join(RECORD);
        let new = marked::replace(&fs::read_to_string(&path)?, TABLE, &record);
        fs::write(path, new.ok_or_else(|| Stop::Failed(format!("{RECORD} has no marks")))?)?;
    } else {
        print!("{record}");
    }
    Ok(())
}

/// Fails if a dependency is new, gone or of another version than the record says.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let record = record(job)?;
    let written = fs::read_to_string(job.place.root.join(RECORD))?;
    let differing = differences(marked::part(&written, TABLE).unwrap_or_default(), &record);
    if differing.is_empty() {
        return Ok(Counts::passed(1));
    }
    let lines = differing.join("\n");
    Err(Stop::Failed(format!(
        "{RECORD} differs; look at what is new, then `cargo xtask dependencies --write`:\n{lines}"
    )))
}

fn differences(written: &str, found: &str) -> Vec<String> {
    let gone = written.lines().filter(|line| !found.lines().any(|other| other == *line)).map(|line| format!("-{line}"));
    let new = found.lines().filter(|line| !written.lines().any(|other| other == *line)).map(|line| format!("+{line}"));
    gone.chain(new).collect()
}

fn record(job: &mut Job<'_>) -> Result<String, Stop> {
    let mut tree = |features: &str| -> Result<_, Stop> {
        Ok(parse(&job.run(cmd(TREE).arg("{p}\t{l}\t{r}").args(features.split_whitespace()))?))
    };
    let (default, all) = (tree("")?, tree("--all-features")?);
    let sources = sources()?;
    let mut text = String::new();
    for (title, wanted) in [("With the default features", true), ("With other features", false)] {
        let some: Vec<_> = all.iter().filter(|(name, _)| default.contains_key(*name) == wanted).collect();
        let _ = write!(text, "\n## {title}: {}\n\n", some.len());
        text.push_str("| Crate | Licence | Owner | Runs when built | `unsafe` | Required by, or for |\n|---|---|---|---|---|---|\n");
        for (name, dependency) in some {
            text.push_str(&row(name, dependency, &sources)?);
        }
    }
    text.push('\n');
    Ok(text)
}

fn row(name: &str, it: &Dependency, sources: &[PathBuf]) -> Result<String, Stop> {
    let crate_name = name.split(' ').next().unwrap_or_default();
    let direct = it.parents.contains("homing").then(|| {
        let reason = REASONS.iter().find(|(known, _)| *known == crate_name).map(|(_, why)| *why);
        reason.ok_or(Stop::Failed(format!("{crate_name}: write down in xtask/src/dependencies.rs why it is there")))
    });
    let parents = it.parents.iter().filter(|parent| *parent != "homing").cloned().collect::<Vec<_>>().join(", ");
    let why = match direct.transpose()? {
        Some(reason) => format!("**{reason}**"),
        None => parents,
    };
    let source = sources.iter().map(|source| source.join(name.replace(' ', "-"))).find(|source| source.is_dir());
    let builds = source.as_ref().is_some_and(|source| has_build_script(source));
    let runs = match (builds, it.is_macro) {
        (_, true) => "macro",
        (true, _) => "build script",
        _ => "–",
    };
    let unsafe_lines = source.map_or(0, |source| unsafe_lines(&source.join("src")));
    let lines = if unsafe_lines == 0 { "–".to_owned() } else { unsafe_lines.to_string() };
    Ok(format!("| {name} | {} | {} | {runs} | {lines} | {why} |\n", it.license, it.owner))
}

/// Reads the lines of `cargo tree`: depth, package, licence and repository.
fn parse(tree: &str) -> BTreeMap<String, Dependency> {
    let mut all = BTreeMap::<String, Dependency>::new();
    let mut path: Vec<String> = Vec::new();
    for line in tree.lines() {
        let [package, license, repository] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let name_at = package.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let (Ok(depth), package) = (package[..name_at].parse::<usize>(), &package[name_at..]) else { continue };
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        path.truncate(depth);
        let direct = path.get(1).map_or(name, String::as_str);
        if depth > 0 && !FUZZING.contains(&direct) {
            let it = all.entry(format!("{name} {}", version.trim_start_matches('v'))).or_default();
            it.license = license.to_owned();
            it.owner = owner(repository);
            it.is_macro = package.contains("(proc-macro)");
            it.parents.extend(path.last().cloned());
        }
        path.push(name.to_owned());
    }
    all
}

/// The account that a repository belongs to.
fn owner(repository: &str) -> String {
    let repository = repository.trim_end_matches(" (*)").trim_start_matches("https://");
    repository.split('/').take(2).collect::<Vec<_>>().join("/").replace("github.com/", "")
}

/// The directories into which Cargo unpacks crates of registries.
fn sources() -> Result<Vec<PathBuf>, Stop> {
    let sources = home_of("CARGO_HOME", ".cargo").join("registry/src");
    Ok(fs::read_dir(sources)?.flatten().map(|entry| entry.path()).collect())
}

fn has_build_script(source: &Path) -> bool {
    let manifest = fs::read_to_string(source.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.starts_with("build = \""))
}

/// Counts the lines with `unsafe` code, tests and other systems included.
fn unsafe_lines(path: &Path) -> usize {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| unsafe_lines(&entry.path())).sum(),
        Err(_) if path.extension().is_none_or(|extension| extension != "rs") => 0,
        Err(_) => fs::read_to_string(path).unwrap_or_default().lines().filter(|line| is_unsafe(line)).count(),
    }
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == "unsafe")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0homing v0.1.0 (path)\tMIT\thttps://github.com/homing-ws/homing\n\
        1httparse v1.2.3\tMIT\thttps://github.com/seanmonstar/httparse\n\
        2itoa v1.0.0\tMIT\thttps://github.com/dtolnay/itoa\n\
        1syn v2.0.0 (proc-macro)\tMIT\thttps://gitlab.com/x/syn\n\
        2itoa v1.0.0\tMIT\thttps://github.com/dtolnay/itoa (*)\n";

    #[test]
    fn a_tree_is_read() {
        let all = parse(TREE);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["httparse 1.2.3", "itoa 1.0.0", "syn 2.0.0"]);
        assert_eq!(all["itoa 1.0.0"].parents.iter().collect::<Vec<_>>(), ["httparse", "syn"]);
        assert_eq!((&*all["itoa 1.0.0"].owner, &*all["syn 2.0.0"].owner), ("dtolnay", "gitlab.com/x"));
        assert!(all["syn 2.0.0"].is_macro && !all["httparse 1.2.3"].is_macro);
    }

    #[test]
    fn a_new_dependency_needs_a_reason_and_a_line_in_the_record() {
        let all = parse(&TREE.replace("httparse v", "unknown v"));
        let Err(Stop::Failed(problem)) = row("unknown 1.2.3", &all["unknown 1.2.3"], &[]) else { panic!("accepted") };
        assert!(problem.starts_with("unknown: write down"), "{problem}");
        let known = row("httparse 1.2.3", &parse(TREE)["httparse 1.2.3"], &[]).unwrap();
        assert_eq!(differences("", &known), [format!("+{}", known.trim_end())]);
        assert_eq!(differences(&known, &known), [""; 0]);
    }

    #[test]
    fn comments_and_lints_are_no_unsafe_code() {
        assert!(is_unsafe("    unsafe { f() }") && is_unsafe("pub unsafe fn f() {"));
        assert!(!is_unsafe("// unsafe") && !is_unsafe("#![forbid(unsafe_code)]"));
    }
}
