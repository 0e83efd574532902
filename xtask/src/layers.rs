//! Which file may know of what: rules that the compiler does not check.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::cargo_output::Counts;
use crate::job::{Job, Stop};

/// The files that may tell platforms apart.
const PLATFORM: [&str; 2] = ["src/driver/platform.rs", "src/lib.rs"];
const PLATFORM_WORDS: [&str; 4] = ["target_family", "target_os", "target_arch", "wasm32"];
/// The state machine does no input or output, so it has no use for these.
const MACHINE_WORDS: [&str; 3] = ["std::", "tokio", "cfg(target"];
/// Top-level directories that are somebody's own. Without the slashes, as this file is looked at too.
const PRIVATE: [&str; 3] = ["root", "work", "home"];

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let root = &job.place.root;
    let mut offenders = Vec::new();
    for file in files(root, &job.place.target)? {
        // What is not text is none of ours to read.
        if let Ok(text) = fs::read_to_string(root.join(&file)) {
            offenders.extend(offenders_in(&file, &text));
        }
    }
    offenders.iter().for_each(|line| job.note(line));
    if offenders.is_empty() {
        Ok(Counts::one_passed())
    } else {
        let number = offenders.len();
        Err(Stop::Failed(format!("{number} found that do not belong")))
    }
}

fn offenders_in(file: &str, text: &str) -> Vec<String> {
    let mut words: Vec<&str> = Vec::new();
    if file.starts_with("src/") && !PLATFORM.contains(&file) {
        words.extend(PLATFORM_WORDS);
    }
    if file.starts_with("src/machine/") || file == "src/machine.rs" {
        words.extend(MACHINE_WORDS);
    }
    let code = if words.is_empty() || !file.ends_with(".rs") { String::new() } else { without_comments(text) };
    let in_code = code.lines().enumerate().flat_map(|(n, line)| {
        let found = words.iter().filter(move |word| line.contains(*word));
        found.map(move |word| format!("{file}:{}: `{word}` does not belong here", n + 1))
    });
    let paths = text.lines().enumerate().filter_map(|(n, line)| {
        let dir = PRIVATE.iter().find(|dir| names_directory(line, dir))?;
        Some(format!("{file}:{}: a path below /{dir}", n + 1))
    });
    in_code.chain(paths).collect()
}

/// Whether the line has a path below that directory of the file system's root, rather than a URL's or another's.
fn names_directory(line: &str, dir: &str) -> bool {
    line.match_indices(&format!("/{dir}/")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~*)]}>".contains(c))
    })
}

/// Rust source with its comments left out and its lines where they were.
fn without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let (length, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if c == '"' {
            (string(rest), true)
        } else if c == 'r' && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            (raw_string(rest).unwrap_or(1), true)
        } else if c == '\'' {
            (character(rest), true)
        } else {
            (c.len_utf8(), true)
        };
        let (token, after) = rest.split_at(length);
        if keep {
            code.push_str(token);
        } else {
            code.extend(token.matches('\n'));
        }
        rest = after;
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// `None` for a word that merely begins with an r.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(2 + hashes + length)
}

/// A lifetime begins like a character and has no end; of it only the quote is taken.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        // What follows the backslash may be a quote itself.
        Some((_, '\\')) => text[3..].find('\'').map_or(1, |at| at + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// The files of the repository, also those that are yet to be committed. By git where it can say, else all there are.
fn files(root: &Path, target: &Path) -> io::Result<Vec<String>> {
    // The owner of a checkout is often not who runs the tests, as in a container.
    let git = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let listed = match git {
        Ok(output) if output.status.success() => {
            let list = String::from_utf8_lossy(&output.stdout).into_owned();
            list.split_terminator('\0').map(String::from).collect()
        }
        _ => files_below(root)?,
    };
    // It is not a part of the repository even where nothing tells git so.
    let own = |file: &String| !root.join(file).starts_with(target);
    Ok(listed.into_iter().filter(own).collect())
}

fn files_below(root: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let relative = relative.to_string_lossy().replace('\\', "/");
            let ignored = [".git", ".venv", "node_modules", "target"];
            if !path.is_dir() {
                files.push(relative);
            } else if !ignored.iter().any(|name| path.ends_with(name)) {
                dirs.push(path);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_what_only_looks_like_one_stays() {
        let source = r####"
            let url = "ws://a"; // target_os
            /* wasm32 /* nested */ wasm32
               wasm32 */ let quote = '"'; let q = '\''; // "wasm32
            let raw = r#"a "// b" "#; let escaped = "\"// c"; /// wasm32
            fn f<'a>(r: &'a str) /* wasm32 */ {} let arr = r#fn; let slash = '\\'; //! wasm32
        "####;
        let code = without_comments(source);
        for kept in ["ws://a", "// b", "// c", "fn f<'a>(r: &'a str)", "'\\\\'"] {
            assert!(code.contains(kept), "{kept} in {code}");
        }
        assert!(!code.contains("wasm32") && !code.contains("target_os"));
        assert_eq!(code.lines().count(), source.lines().count());
    }

    #[test]
    fn platforms_are_told_apart_in_one_place() {
        let text = "// target_os is for others\n#[cfg(target_os = \"linux\")]\nfn f() {}\n";
        assert_eq!(offenders_in("src/driver/mod.rs", text), ["src/driver/mod.rs:2: `target_os` does not belong here"]);
        for file in ["src/driver/platform.rs", "src/lib.rs", "tests/a.rs"] {
            assert_eq!(offenders_in(file, text), [""; 0]);
        }
    }

    #[test]
    fn the_machine_is_pure() {
        let text = "use core::fmt;\nuse std::io;\n// tokio\n";
        assert_eq!(
            offenders_in("src/machine/state.rs", text),
            ["src/machine/state.rs:2: `std::` does not belong here"]
        );
        assert_eq!(offenders_in("src/driver/native.rs", text), [""; 0]);
    }

    #[test]
    fn paths_of_a_machine_are_found_and_urls_are_not() {
        for dir in PRIVATE {
            for line in [format!("cd /{dir}/x"), format!("file:///{dir}/x")] {
                assert_eq!(offenders_in("a.md", &line).len(), 1, "{line}");
            }
            for line in [format!("ws://host/{dir}/x"), format!("../{dir}/x")] {
                assert_eq!(offenders_in("a.md", &line).len(), 0, "{line}");
            }
        }
    }
}
