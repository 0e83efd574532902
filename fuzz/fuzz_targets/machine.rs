#![no_main]

#[path = "../../machine/tests/fuzz/body/mod.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::live(&mut arbtest::arbitrary::Unstructured::new(data)));
