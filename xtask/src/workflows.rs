//! What the workflow that publishes must keep to.

use std::fs;
use std::path::Path;

fn release() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/release.yml");
    fs::read_to_string(path).unwrap()
}

/// Returns the actions that are not pinned to a commit.
fn unpinned(workflow: &str) -> Vec<&str> {
    let actions = workflow.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    let is_commit = |version: &str| version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_pinned = |action: &&str| {
        action
            .split(' ')
            .next()
            .and_then(|action| action.split_once('@'))
            .is_some_and(|(_, version)| is_commit(version))
    };
    actions.filter(|action| !is_pinned(action)).collect()
}

#[test]
fn actions_of_a_release_are_pinned() {
    assert_eq!(unpinned(&release()), [""; 0]);
    assert_eq!(unpinned("steps:\n  - uses: actions/checkout@v5\n"), ["actions/checkout@v5"]);
}

/// Provenance and trusted publishing need the token of the workflow, and no other secret.
#[test]
fn packages_are_published_with_provenance_and_without_secrets() {
    let text = release();
    for (job, words) in [("  crates:", "crates-io-auth-action"), ("  npm:", "npm publish --provenance")] {
        let (_, job) = text.split_once(job).unwrap();
        let job = job.split("\n\n").next().unwrap();
        assert!(
            job.contains(words) && job.contains("id-token: write") && job.contains("environment: release"),
            "{job}"
        );
    }
    assert!(!text.contains("secrets."));
}

#[test]
fn lock_files_are_respected() {
    for command in ["cargo package", "cargo publish"] {
        assert!(release().lines().filter(|line| line.contains(command)).all(|line| line.contains("--locked")));
    }
}
