//! The body of the fuzz target `machine`, on stable: its corpus, and random input for a moment.
//!
//! `ARBTEST_BUDGET_MS=60000` runs the random part for longer; a failure prints how to replay it.
#![cfg(not(target_family = "wasm"))]

mod body;

use arbtest::arbitrary::Unstructured;
use arbtest::arbtest;

#[test]
fn the_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/machine");
    // The package alone comes without it.
    let Ok(files) = std::fs::read_dir(folder) else {
        return println!("SKIPPED: {folder} is missing");
    };
    for file in files {
        let path = file.unwrap().path();
        println!("{}", path.display());
        body::live(&mut Unstructured::new(&std::fs::read(path).unwrap()));
    }
}

#[test]
fn inputs_in_any_order_keep_the_invariants() {
    arbtest(|random| {
        body::live(random);
        Ok(())
    });
}
