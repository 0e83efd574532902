//! Thousands of random scripts for a client over a network in memory, in virtual time. A model of the rules (S1 to S25) checks
//! each.
//!
//! A case that fails is reduced, and the command that replays it is printed:
//!
//! ```text
//! HOMING_SIM_SEED=123 cargo test -p homing-tests --test simulation
//! ```
//!
//! Every run uses the same seeds. `HOMING_SIM_CASES=100000` uses more of them, and `HOMING_SIM_FIRST=100000` later ones.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod actor;
mod bytes;
mod day;
mod model;
mod network;
mod plan;
mod reach;
mod run;
mod seed;
mod stage;
mod trace;

use std::fmt::Write as _;

use proptest::test_runner::TestError;
use seed::{check, runner};

const CASES: u64 = 1000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

fn case(seed: u64) {
    let result =
        runner(seed).run(&plan::plan(), |plan| check(&plan).map_err(proptest::test_runner::TestCaseError::fail));
    if let Err(error) = result {
        let TestError::Fail(why, plan) = error else {
            panic!("{error}");
        };
        let mut story = String::new();
        for (number, entry) in run::run(&plan).trace.iter().enumerate() {
            let _ = writeln!(story, "{number:4} {:?} {:?} {:?}", entry.at, entry.what, entry.look);
        }
        panic!(
            "{why}\n\n{plan:#?}\n\n{story}\nreplay: HOMING_SIM_SEED={seed} cargo test -p homing-tests --test simulation\n"
        );
    }
}

fn cases(part: u64) {
    if let Some(seed) = number("HOMING_SIM_SEED") {
        // Once, not in each part.
        if part == 0 {
            case(seed);
        }
        return;
    }
    let cases = number("HOMING_SIM_CASES").map_or(CASES, |cases| cases.div_ceil(4));
    let first = number("HOMING_SIM_FIRST").unwrap_or(0) + part * cases;
    (first..first + cases).for_each(case);
}

#[test]
fn first_quarter() {
    cases(0);
}

#[test]
fn second_quarter() {
    cases(1);
}

#[test]
fn third_quarter() {
    cases(2);
}

#[test]
fn last_quarter() {
    cases(3);
}

#[test]
fn the_corpus_of_the_fuzzer_passes() {
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/life")).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        bytes::run(&std::fs::read(path).unwrap());
    }
}
