//! Whether the guides show the programs that are tested here.

use std::fs;
use std::path::Path;

const GUIDES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides");
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
const FENCE: &str = "\n```\n";
/// Pages without a program, and guides whose programs are doctests.
const OTHERS: [&str; 2] = ["README", "tls"];

/// Returns the names of the files with this ending, without it.
fn names(folder: &str, end: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect();
    names.sort();
    names
}

/// With `HOMING_GUIDES=write` the programs are copied into the guides.
#[test]
fn each_guide_shows_its_program() {
    let programs = names(PROGRAMS, ".rs");
    let mut guides = names(GUIDES, ".md");
    guides.retain(|name| !OTHERS.contains(&name.as_str()));
    assert_eq!(guides, programs.iter().map(|name| name.replace('_', "-")).collect::<Vec<_>>());

    let index = fs::read_to_string(Path::new(GUIDES).join("README.md")).unwrap();
    for (guide, program) in guides.iter().zip(&programs) {
        let path = Path::new(GUIDES).join(guide).with_extension("md");
        let text = fs::read_to_string(&path).unwrap();
        let source = fs::read_to_string(Path::new(PROGRAMS).join(program).with_extension("rs")).unwrap();
        let (before, rest) = text.split_once("\n```rust\n").unwrap_or_else(|| panic!("no program in {guide}"));
        let (shown, after) = rest.split_once(FENCE).unwrap();
        assert!(index.contains(&format!("({guide}.md)")), "{guide} is not in the index");
        assert!(source.lines().count() <= 120, "{program} is too long for a guide");
        if std::env::var_os("HOMING_GUIDES").is_some_and(|wish| wish == "write") {
            fs::write(&path, format!("{before}\n```rust\n{}{FENCE}{after}", source.trim_end())).unwrap();
        } else {
            assert_eq!(shown, source.trim_end(), "{guide} differs from {program}: run this with HOMING_GUIDES=write");
        }
    }
}
