//! The fuzz target `life`: the simulation, with plans from a fuzzer. Built by cargo-fuzz only: see ../../fuzz/Cargo.toml.
#![no_main]

mod actor;
mod bytes;
mod model;
mod plan;
mod run;
mod seed;
mod stage;
mod trace;

use seed::{check, runner};

libfuzzer_sys::fuzz_target!(|data: &[u8]| bytes::run(data));
