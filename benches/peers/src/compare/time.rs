//! CPU time and elapsed time of each operation, as ratios of neighbouring runs.

use std::collections::HashMap;

use crate::cases::Case;
use crate::child::{Ended, run};
use crate::{Run, row};

/// The figures of a client and those of the first client that ran before or after it, in nanoseconds.
type Pair = [Vec<f64>; 2];

pub(crate) fn measure(of: &Run, case: &Case) {
    let [first, others @ ..] = &of.clients[..] else { return };
    let mut pairs: HashMap<&str, Vec<Pair>> = HashMap::new();
    let mut own: Vec<Vec<f64>> = Vec::new();
    let mut lost: HashMap<&str, String> = HashMap::new();
    for round in 0..of.rounds.unwrap_or(case.rounds()) {
        let mut turns: Vec<&str> = others.iter().map(String::as_str).filter(|name| !lost.contains_key(name)).collect();
        let length = turns.len().max(1);
        turns.rotate_left(round % length);
        let Some(mut before) = one(of, case, first, &mut lost) else { break };
        own.push(before.clone());
        // Two others between each pair of runs of the first client, so that both are neighbours of one.
        for two in turns.chunks(2) {
            let figures: Vec<_> = two.iter().map(|name| (*name, one(of, case, name, &mut lost))).collect();
            let Some(after) = one(of, case, first, &mut lost) else { break };
            own.push(after.clone());
            for ((name, figures), neighbour) in figures.into_iter().zip([before, after.clone()]) {
                pairs.entry(name).or_default().extend(figures.map(|figures| [figures, neighbour]));
            }
            before = after;
        }
    }
    let idle = case.name.starts_with("idle");
    let measures: &[(&str, usize)] = if idle { &[("memory", 0)] } else { &[("cpu", 0), ("time", 1)] };
    for &(measure, figure) in measures {
        for client in &of.clients {
            if let Some(why) = lost.get(client.as_str()) {
                row(measure, case, client, why);
            } else if client == first {
                let absolute = quartiles(own.iter().map(|figures| figures[figure]));
                row(measure, case, client, &format!("{}\t1\t1\t1", short(absolute[1])));
            } else {
                let Some(pairs) = pairs.get(client.as_str()) else { continue };
                let absolute = quartiles(pairs.iter().map(|[figures, _]| figures[figure]));
                let ratio = quartiles(pairs.iter().map(|[figures, first]| figures[figure] / first[figure]));
                row(measure, case, client, &[absolute[1], ratio[0], ratio[1], ratio[2]].map(short).join("\t"));
            }
        }
    }
}

/// Runs a client once. Notes why, if it cannot.
fn one<'a>(of: &Run, case: &Case, client: &'a str, lost: &mut HashMap<&'a str, String>) -> Option<Vec<f64>> {
    if lost.contains_key(client) {
        return None;
    }
    if !case.suits(client) {
        lost.insert(client, "unable".into());
        return None;
    }
    match run(of.server.command(&of.directory.join(client), &case.job(case.count_for(client)), &[])) {
        Ended::Done(figures, _) => return Some(figures),
        Ended::Unable => lost.insert(client, "unable".into()),
        Ended::Failed(why) => lost.insert(client, format!("failed: {}", why.replace(['\t', '\n'], " "))),
    };
    None
}

/// Four digits.
pub(crate) fn short(figure: f64) -> String {
    let digits = (3 - figure.abs().max(1e-3).log10().floor() as i32).max(0) as usize;
    format!("{figure:.digits$}")
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|share| values[((values.len() - 1) as f64 * share).round() as usize])
}
