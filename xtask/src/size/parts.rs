//! What each part of the client costs in an app for browsers, measured by leaving it out.

use super::of_app;
use crate::job::{Job, Stop};

/// Apps that contain less than the echo app, by their features.
const LESS: [(&str, &str); 3] = [
    ("an exported function", "empty"),
    ("the echo app with the browser's `WebSocket`, which neither reconnects nor queues", "bare"),
    ("the echo app", ""),
];
/// What an app may use besides, and the feature of `tests/size` for it.
const PARTS: [(&str, &str); 13] = [
    ("`heartbeat` and `heartbeat_reply`", "heartbeat"),
    ("`heartbeat_in_worker`", "worker"),
    ("`reconnect` and `retry_if`", "policy"),
    ("five more callbacks", "callbacks"),
    ("the text of an error", "error-texts"),
    ("`protocol`", "protocols"),
    ("`BinaryType::Blob`", "blobs"),
    ("`request_provider`", "provider"),
    ("`setup`", "set-up"),
    ("the futures `opened`, `ready`, `flush` and `closed`", "futures"),
    ("`connect_stream`", "events"),
    ("`pause` and `resume`", "pausing"),
    ("`reconnect` and `close` of the handle", "by-hand"),
];
/// Apps of frameworks, and the names of their libraries.
const FRAMEWORKS: [(&str, &str); 2] = [("leptos", "homing_size_leptos"), ("egui", "homing_size_egui")];

/// `cargo xtask size` with the words after it: all tables, or those whose name contains a word.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let wanted = |table: &str| words.is_empty() || words.iter().any(|word| table.contains(word));
    if wanted("parts") {
        parts(job)?;
    }
    if wanted("frameworks") {
        frameworks(job)?;
    }
    Ok(())
}

fn parts(job: &mut Job<'_>) -> Result<(), Stop> {
    println!("| App | Bytes |\n|---|---:|");
    for (name, features) in LESS {
        println!("| {name} | {} |", of_app(job, "tests/size", "homing_size", features)?);
    }
    let whole = of_app(job, "tests/size", "homing_size", &but(""))?;
    println!("| the echo app with all of the parts below | {whole} |\n");
    println!("| Part | Bytes less without it |\n|---|---:|");
    for (name, feature) in PARTS {
        let without = of_app(job, "tests/size", "homing_size", &but(feature))?;
        println!("| {name} | {} |", difference(whole, without));
    }
    println!();
    Ok(())
}

fn frameworks(job: &mut Job<'_>) -> Result<(), Stop> {
    println!("| App | Bytes without homing | Bytes with it | More |\n|---|---:|---:|---:|");
    for (framework, name) in FRAMEWORKS {
        let dir = format!("tests/size/{framework}");
        let [without, with] = [of_app(job, &dir, name, "")?, of_app(job, &dir, name, "homing")?];
        println!("| {framework} | {without} | {with} | {} |", difference(with, without));
    }
    Ok(())
}

/// Returns all features but one.
fn but(left_out: &str) -> String {
    let features = PARTS.iter().map(|(_, feature)| *feature).filter(|feature| *feature != left_out);
    features.collect::<Vec<_>>().join(",")
}

/// A part can cost less than nothing, as compression is not additive.
fn difference(more: u64, less: u64) -> i128 {
    i128::from(more) - i128::from(less)
}
