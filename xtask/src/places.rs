//! What may not stand in some files, though the compiler would accept it, and how large the committed corpora may be.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing;

/// Only `src/driver/platform.rs` distinguishes platforms.
const PLATFORM: &str = "^[^/]*target_(family|os|arch)";
const PLATFORM_FILES: [&str; 3] = ["src/*.rs", ":!src/driver/platform.rs", ":!src/lib.rs"];
/// Paths below the home or work directory of some machine, but not in URLs or relative paths.
const OWN_DIRECTORY: &str = r"(^|[^]a-zA-Z0-9._~*)}>-])/(root|work|home)/";
/// Each clone has the corpora of the fuzz targets.
const CORPORA: (&str, u64) = ("fuzz/corpus", 2_000_000);

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    missing::needs(&["git"])?;
    let root = &job.place.root;
    let found = [lines(root, PLATFORM, &PLATFORM_FILES)?, lines(root, OWN_DIRECTORY, &[])?].concat();
    if !found.is_empty() {
        return Err(Stop::Failed(format!("misplaced:\n{found}")));
    }
    let (corpora, most) = CORPORA;
    match size(&root.join(corpora))? {
        0 => Err(Stop::Failed(format!("{corpora} is empty"))),
        bytes if bytes > most => Err(Stop::Failed(format!(
            "{corpora} has {bytes} of {most} bytes: `cargo xtask fuzz --seconds 1 --minimize` drops what covers nothing of its own"
        ))),
        _ => Ok(Counts::passed(2)),
    }
}

/// Returns how many bytes the files below a directory have.
fn size(directory: &Path) -> std::io::Result<u64> {
    fs::read_dir(directory)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        let bytes = if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
        Ok(sum + bytes)
    })
}

/// Returns the lines that match, of all files that git does not ignore.
fn lines(root: &Path, pattern: &str, files: &[&str]) -> std::io::Result<String> {
    let grep = ["grep", "--no-index", "--exclude-standard", "-nIE", pattern, "--"];
    let output = Command::new("git").args(grep).args(files).current_dir(root).output()?;
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str, pattern: &str, files: &[&str]) -> String {
        let root = std::env::temp_dir().join(format!("xtask-{}-places", std::process::id()));
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let found = lines(&root, pattern, files).unwrap();
        fs::remove_dir_all(&root).unwrap();
        found
    }

    #[test]
    fn misplaced_lines_are_found() {
        let text = "// target_os in a comment\n#[cfg(target_os = \"linux\")]\nfn f() {}\n";
        let line = "#[cfg(target_os = \"linux\")]\n";
        assert_eq!(found("src/a/b.rs", text, PLATFORM, &PLATFORM_FILES), format!("src/a/b.rs:2:{line}"));
        for file in ["src/driver/platform.rs", "src/lib.rs", "tests/a.rs"] {
            assert_eq!(found(file, text, PLATFORM, &PLATFORM_FILES), "");
        }
        for dir in ["root", "work", "home"] {
            for bad in [format!("cd /{dir}/x"), format!("file:///{dir}/x")] {
                assert_eq!(found("a.md", &bad, OWN_DIRECTORY, &[]), format!("a.md:1:{bad}\n"));
            }
            for good in [format!("ws://host/{dir}/x"), format!("../{dir}/x")] {
                assert_eq!(found("a.md", &good, OWN_DIRECTORY, &[]), "", "{good}");
            }
        }
    }
}
