//! Prints the table of results.

use crate::rounds::Quartiles;

#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// For reference only.
    None,
}

impl Target {
    fn shown(self, ratio: f64) -> String {
        let (limit, met) = match self {
            Self::AtMost(limit) => (format!("<= {limit}"), ratio <= limit),
            Self::AtLeast(limit) => (format!(">= {limit}"), ratio >= limit),
            Self::None => return String::new(),
        };
        format!("{limit:<8} {}", if met { "PASS" } else { "over" })
    }
}

pub(crate) fn head() {
    println!("{:<34} {:>10} {:>10}  {:<22} target", "case", "homing", "bare", "ratio (quartiles)");
}

pub(crate) fn row(case: &str, homing: f64, bare: f64, ratio: Quartiles, target: Target) {
    let Quartiles { lower, median, upper } = ratio;
    let ratio = format!("{median:>6.3} ({lower:.3} .. {upper:.3})");
    println!("{case:<34} {homing:>10.2} {bare:>10.2}  {ratio:<22} {}", target.shown(median));
}

/// Prints a figure of homing with a target of its own, rather than a ratio.
pub(crate) fn figure(case: &str, homing: f64, bare: Option<f64>, target: Target) {
    let bare = bare.map_or(String::new(), |bare| format!("{bare:.2}"));
    println!("{case:<34} {homing:>10.2} {bare:>10}  {:<22} {}", "", target.shown(homing));
}

pub(crate) fn note(text: &str) {
    println!("    {text}");
}
