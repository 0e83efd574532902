//! Reading the reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::agent::NAME;

/// What a server is told that breaks the protocol.
const VIOLATION_CODES: [i64; 2] = [1002, 1007];

pub(crate) struct Verdict {
    cases: Vec<Case>,
}

struct Case {
    /// As 6.4.3.
    number: Vec<u32>,
    behavior: String,
    behavior_close: String,
    /// The close code that the client sent.
    code: Option<i64>,
    /// Those it should have sent.
    expected: Vec<i64>,
}

pub(crate) fn read(reports: &Path) -> Result<Verdict, String> {
    let index = json(&reports.join("index.json"))?;
    let cases = index[NAME].as_object().ok_or("no reports of this agent")?;
    let cases: Result<Vec<_>, _> = cases.iter().map(|(number, case)| read_case(reports, number, case)).collect();
    let mut cases = cases?;
    cases.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(Verdict { cases })
}

fn read_case(reports: &Path, number: &str, case: &Value) -> Result<Case, String> {
    let text = |name: &str| case[name].as_str().map(str::to_owned).ok_or(format!("case {number} has no {name}"));
    let details = json(&reports.join(text("reportfile")?))?;
    let codes = details["expectedClose"]["closeCode"].as_array();
    Ok(Case {
        number: number.split('.').filter_map(|part| part.parse().ok()).collect(),
        behavior: text("behavior")?,
        behavior_close: text("behaviorClose")?,
        code: case["remoteCloseCode"].as_i64(),
        expected: codes.into_iter().flatten().filter_map(Value::as_i64).collect(),
    })
}

fn json(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // Payloads that are not UTF-8 appear as halves of surrogate pairs, which JSON does not have.
    serde_json::from_str(&text.replace(r"\ud", r"\\ud")).map_err(|error| format!("{}: {error}", file.display()))
}

impl Case {
    fn name(&self) -> String {
        let parts: Vec<_> = self.number.iter().map(u32::to_string).collect();
        parts.join(".")
    }

    /// Whether the server broke a rule in it.
    fn is_violation(&self) -> bool {
        // In 7.7 the server sends these codes itself, as it may.
        !self.number.starts_with(&[7, 7]) && self.expected.iter().any(|code| VIOLATION_CODES.contains(code))
    }

    /// Whether it was told so. Some cases allow other codes as well.
    fn is_told(&self) -> bool {
        self.code.is_some_and(|code| VIOLATION_CODES.contains(&code) && self.expected.contains(&code))
    }

    fn fault(&self) -> Option<String> {
        let fine = |behavior: &str| matches!(behavior, "OK" | "INFORMATIONAL");
        if !fine(&self.behavior) || !fine(&self.behavior_close) {
            return Some(format!("{}: {}, close {}", self.name(), self.behavior, self.behavior_close));
        }
        if self.is_violation() && !self.is_told() {
            return Some(format!("{}: told {:?}, not one of {:?}", self.name(), self.code, self.expected));
        }
        None
    }
}

impl Verdict {
    pub(crate) fn faults(&self) -> Vec<String> {
        let faults = self.cases.iter().filter_map(Case::fault);
        // Nothing was shown by nothing.
        if self.cases.is_empty() { vec!["no cases ran".into()] } else { faults.collect() }
    }

    /// One line for each section.
    pub(crate) fn table(&self) -> String {
        let mut sections: BTreeMap<u32, Vec<&Case>> = BTreeMap::new();
        for case in &self.cases {
            sections.entry(case.number.first().copied().unwrap_or_default()).or_default().push(case);
        }
        let heads = ["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "FAILED"];
        let mut table = "section   cases".to_owned();
        heads.iter().for_each(|head| write!(table, "  {head}").expect("a string"));
        table.push_str("  violations  told rightly\n");
        let mut line = |name: &str, cases: &[&Case]| {
            write!(table, "{name:>7} {:>7}", cases.len()).expect("a string");
            for head in heads {
                let count = cases.iter().filter(|case| case.behavior == head).count();
                write!(table, "  {count:>width$}", width = head.len()).expect("a string");
            }
            let violations: Vec<_> = cases.iter().filter(|case| case.is_violation()).collect();
            let told = violations.iter().filter(|case| case.is_told());
            writeln!(table, "  {:>10}  {:>12}", violations.len(), told.count()).expect("a string");
        };
        for (section, cases) in &sections {
            line(&section.to_string(), cases);
        }
        line("all", &self.cases.iter().collect::<Vec<_>>());
        table
    }
}
