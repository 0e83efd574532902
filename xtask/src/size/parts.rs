//! What each part of the client costs in an app for browsers, measured by leaving it out.

use std::fs;

use super::{ONCE, SMALLEST, of_app};
use crate::job::{Job, Stop};
use crate::marked;

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

const DOCS: &str = "docs/benchmarks.md";

/// `cargo xtask size` with the words after it: all tables, or those whose name contains a word.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    let (write, words): (Vec<_>, Vec<_>) = words.iter().partition(|word| *word == "--write");
    for (name, table) in [("parts", parts as fn(&mut Job<'_>) -> Result<String, Stop>), ("frameworks", frameworks)] {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let table = table(job)?;
        println!("{table}");
        if !write.is_empty() {
            let path = job.place.root.join(DOCS);
            let new = marked::replace(&fs::read_to_string(&path)?, &format!("size of {name}"), &table);
            fs::write(path, new.ok_or_else(|| Stop::Failed(format!("{DOCS} has no marks")))?)?;
        }
    }
    Ok(())
}

fn parts(job: &mut Job<'_>) -> Result<String, Stop> {
    let mut size = |features: &str| of_app(job, "tests/size", "homing_size", features, SMALLEST);
    let mut table = String::from("| App | Bytes |\n|---|---:|\n");
    for (name, features) in LESS {
        table += &format!("| {name} | {} |\n", size(features)?);
    }
    let whole = size(&but(""))?;
    table += &format!("| the echo app with all of the parts below | {whole} |\n\n");
    table += "| Part | Bytes less without it |\n|---|---:|\n";
    for (name, feature) in PARTS {
        table += &format!("| {name} | {} |\n", difference(whole, size(&but(feature))?));
    }
    Ok(table)
}

fn frameworks(job: &mut Job<'_>) -> Result<String, Stop> {
    let mut table = String::from("| App | Bytes without homing | Bytes with it | More |\n|---|---:|---:|---:|\n");
    for (framework, name) in FRAMEWORKS {
        let dir = format!("tests/size/{framework}");
        let [without, with] = ["", "homing"].map(|features| of_app(job, &dir, name, features, ONCE));
        let (without, with) = (without?, with?);
        table += &format!("| {framework} | {without} | {with} | {} |\n", difference(with, without));
    }
    Ok(table)
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
