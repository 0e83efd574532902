//! Whether links lead somewhere: the relative ones of Markdown files, with their anchors, and those of all files that lead
//! to files of this repository on the web. Nothing is downloaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::command::cmd;
use crate::counts::Counts;
use crate::job::{Job, Stop};

/// Where the files of this repository are shown: for texts that are read outside of it, as on npm or docs.rs.
const SHOWN: [&str; 2] =
    ["https://docs.rs/crate/homing/latest/source/", "https://github.com/homing-ws/homing/blob/main/"];

/// Fails if a link leads to no file, or to no heading or anchor of it.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let files = job.ask(cmd("git ls-files --cached --others --exclude-standard"));
    let files = files.ok_or_else(|| Stop::Skipped("needs git".into()))?;
    let mut texts = BTreeMap::new();
    let root = &job.place.root;
    for file in files.lines().filter(|file| root.join(file).is_file()) {
        // What is not text has no links.
        texts.insert(PathBuf::from(file), fs::read_to_string(root.join(file)).unwrap_or_default());
    }
    let (count, problems) = broken(&texts);
    job.note(&format!("{count} links"));
    if problems.is_empty() { Ok(Counts::passed(1)) } else { Err(Stop::Failed(problems.join("\n"))) }
}

/// How many links there are, and which are broken.
fn broken(files: &BTreeMap<PathBuf, String>) -> (usize, Vec<String>) {
    let folders: BTreeSet<_> = files.keys().flat_map(|file| file.ancestors().skip(1)).collect();
    let (mut count, mut problems) = (0, Vec::new());
    for (file, text) in files {
        let is_markdown = file.extension().is_some_and(|end| end == "md");
        let relative = if is_markdown { links(text) } else { Vec::new() };
        let relative = relative.into_iter().filter(|(_, link)| !link.contains("://") && !link.starts_with("mailto:"));
        let from_here = relative.map(|(line, link)| (line, file.parent().unwrap_or(file), link));
        for (line, base, link) in from_here.chain(shown(text).map(|(line, link)| (line, Path::new(""), link))) {
            count += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { file.clone() } else { joined(base, path) };
            let problem = match files.get(&target) {
                None if !folders.contains(target.as_path()) => "no such file",
                Some(text) if !anchor.is_empty() && target.extension().is_some_and(|end| end == "md") => {
                    if anchors(text).iter().any(|known| known == anchor) {
                        continue;
                    }
                    "no such heading or anchor"
                }
                _ => continue,
            };
            problems.push(format!("{}:{line}: {link}: {problem}", file.display()));
        }
    }
    (count, problems)
}

/// A path from the root of the repository, without `..`.
fn joined(base: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::ParentDir => drop(joined.pop()),
            Component::CurDir => {}
            part => joined.push(part),
        }
    }
    joined
}

/// The lines outside of code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Links to files of this repository on the web, with their lines.
fn shown(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).flat_map(|(number, line)| {
        SHOWN.into_iter().flat_map(move |prefix| line.split(prefix).skip(1)).filter_map(move |rest| {
            let link = rest.split([')', '>', '"', '\'', '`', ' ', ',']).next()?;
            Some((number, link.trim_end_matches('.'))).filter(|(_, link)| !link.is_empty())
        })
    })
}

/// `[text](target)` and `[name]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        links.extend(definition.map(|(_, target)| (number, target.trim())));
        let parts = line.split("](").skip(1).filter_map(|part| part.split([')', ' ']).next());
        links.extend(parts.map(|target| (number, target)));
    }
    links
}

/// The anchors of a file: those that are written as `<a id="...">`, and those that GitHub makes of headings.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        anchors.extend(line.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(String::from));
        let Some(title) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()) else { continue };
        let title = title.rsplit("</a>").next().unwrap_or_default().to_lowercase().replace(' ', "-");
        let slug: String = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        let earlier = anchors.iter().filter(|known| **known == slug).count();
        anchors.push(if earlier == 0 { slug } else { format!("{slug}-{earlier}") });
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_named() {
        let readme = "[a](docs/a.md#s8a) [b](docs/a.md#why-so) [c](docs/) [web](https://x/y.md#z)\n\
            ```\n[not](a link)\n```\n[d](docs/b.md), [e](docs/a.md#s9)\n[f]: docs/../docs/a.md";
        let a = "# Title\n## Why, so?\n### <a id=\"s8a\"></a>S8a Text\n[up](../README.md) [here](#title) [no](#x)";
        let rust = format!("//! See <{}docs/a.md#s8a>, {}docs/c.md.", SHOWN[0], SHOWN[1]);
        let files = [("README.md", readme), ("docs/a.md", a), ("src/lib.rs", rust.as_str())]
            .map(|(file, text)| (file.into(), text.to_owned()));
        let (count, problems) = broken(&files.into());
        assert_eq!(count, 11);
        assert_eq!(
            problems,
            [
                "README.md:5: docs/b.md: no such file",
                "README.md:5: docs/a.md#s9: no such heading or anchor",
                "docs/a.md:4: #x: no such heading or anchor",
                "src/lib.rs:1: docs/c.md: no such file"
            ]
        );
    }
}
