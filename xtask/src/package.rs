//! The contents of the crate as it would be published.

use crate::counts::Counts;
use crate::job::{Job, Stop};

const NEEDED: [&str; 5] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
const UNWANTED: [&str; 5] = [".", "benches/", "target/", "tests/", "xtask/"];

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let problems = problems(&job.run("cargo package -p homing --allow-dirty --no-verify --list --quiet")?);
    if problems.is_empty() { Ok(Counts::passed(1)) } else { Err(Stop::Failed(problems.join("\n"))) }
}

fn problems(list: &str) -> Vec<String> {
    let files: Vec<_> = list.lines().filter(|file| *file != ".cargo_vcs_info.json").collect();
    let missing = NEEDED.iter().filter(|file| !files.contains(file)).map(|file| format!("not in the package: {file}"));
    let unwanted = files.iter().filter(|file| UNWANTED.iter().any(|start| file.starts_with(start)));
    missing.chain(unwanted.map(|file| format!("does not belong in the package: {file}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_unwanted_files_are_named() {
        let good = format!(".cargo_vcs_info.json\n{}\nsrc/a.rs\n", NEEDED.join("\n"));
        assert_eq!(problems(&good), [""; 0]);
        assert_eq!(
            problems(&good.replace("src/lib.rs", "tests/lib.rs")),
            ["not in the package: src/lib.rs", "does not belong in the package: tests/lib.rs"]
        );
    }
}
