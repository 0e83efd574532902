//! Plans from the input of a fuzzer: the target `life`, and its corpus on stable.
//!
//! Three bytes are the seed of a part: of the configuration, a reaction or a step. So a fuzzer can replace, remove, insert
//! and combine steps. That proptest reads the bytes itself (`PassThrough`) does not work: each choice between alternatives
//! halves what is left of them.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::plan::{Plan, finale, reaction, setup, step};
use crate::{check, runner};

/// More steps take longer, and reach nothing new.
const STEPS: usize = 64;

fn draw<T>(strategy: impl Strategy<Value = T>, seed: &[u8]) -> T {
    let seed = seed.iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte));
    strategy.new_tree(&mut runner(seed)).unwrap().current()
}

pub(crate) fn plan(bytes: &[u8]) -> Option<Plan> {
    let (head, parts) = bytes.split_at_checked(5)?;
    let mut parts = parts.chunks_exact(3);
    let reactions = parts.by_ref().take(usize::from(head[0] % 6)).map(|seed| draw(reaction(), seed)).collect();
    let steps = parts.take(STEPS).map(|seed| draw(step(), seed)).collect();
    Some(Plan { setup: draw(setup(), &head[2..]), reactions, steps, finale: draw(finale(), &head[1..2]) })
}

/// Panics if the client does not do what the model expects.
pub(crate) fn run(bytes: &[u8]) {
    let Some(plan) = plan(bytes) else { return };
    if let Err(why) = check(&plan) {
        panic!("{why}\n\n{plan:#?}");
    }
}
