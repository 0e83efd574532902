//! One case: its random numbers, and the check of what happened.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::{model, plan, run};

/// What is generated from a seed.
pub(crate) fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

pub(crate) fn check(plan: &plan::Plan) -> Result<(), String> {
    model::check(&plan.setup, &run::run(plan))
}
