//! What would be published.

use crate::cargo_output::Counts;
use crate::command::cargo;
use crate::job::{Job, Stop};

const NEEDED: [&str; 5] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
const UNWANTED: [&str; 5] = [".", "benches/", "target/", "tests/", "xtask/"];

pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let list = job.run(&cargo("package -p homing --allow-dirty --no-verify --list --quiet"))?;
    let problems = problems(&list);
    if problems.is_empty() { Ok(Counts::one_passed()) } else { Err(Stop::Failed(problems.join("\n"))) }
}

fn problems(list: &str) -> Vec<String> {
    let missing = NEEDED
        .iter()
        .filter(|file| !list.lines().any(|line| line == **file))
        .map(|file| format!("not in the package: {file}"));
    let unwanted = list
        .lines()
        .filter(|line| *line != ".cargo_vcs_info.json")
        .filter(|line| UNWANTED.iter().any(|start| line.starts_with(start)))
        .map(|line| format!("does not belong in the package: {line}"));
    missing.chain(unwanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_is_too_much() {
        let good = format!(".cargo_vcs_info.json\n{}\nsrc/a.rs\n", NEEDED.join("\n"));
        assert_eq!(problems(&good), [""; 0]);
        assert_eq!(
            problems(&good.replace("src/lib.rs", "tests/lib.rs")),
            ["not in the package: src/lib.rs", "does not belong in the package: tests/lib.rs"]
        );
    }
}
