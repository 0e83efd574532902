//! One case of the suite: what the suite expected of an agent, and what the agent did.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The close codes for a server that violates the protocol.
const VIOLATION_CODES: [i64; 2] = [1002, 1007];

#[cfg_attr(test, derive(Debug))]
pub(crate) struct Case {
    /// The parts of a name such as 6.4.3.
    pub(crate) number: Vec<u32>,
    pub(crate) behavior: String,
    pub(crate) behavior_close: String,
    /// The close code that the client sent.
    pub(crate) code: Option<i64>,
    /// The close codes that the suite accepts.
    pub(crate) expected: Vec<i64>,
}

/// How well a case went, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    Fine,
    NonStrict,
    Failed,
}

/// The results of all cases.
pub(crate) struct Results {
    pub(crate) table: String,
    /// The run succeeded if there are none.
    pub(crate) faults: Vec<Fault>,
}

#[cfg_attr(test, derive(Debug))]
pub(crate) struct Fault {
    /// The case, unless the fault is one of the whole run.
    pub(crate) case: Option<String>,
    what: String,
}

/// Reads all cases that an agent ran, in order.
pub(crate) fn read(reports: &Path, agent: &str) -> Result<Vec<Case>, String> {
    let index = json(&reports.join("index.json"))?;
    let cases = index[agent].as_object().ok_or_else(|| format!("no reports of the agent {agent}"))?;
    let cases = cases.iter().map(|(number, summary)| {
        let file = summary["reportfile"].as_str().ok_or_else(|| format!("case {number} has no reportfile"))?;
        Case::new(number, summary, &json(&reports.join(file))?)
    });
    let mut cases: Vec<_> = cases.collect::<Result<_, _>>()?;
    cases.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(cases)
}

fn json(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // Payloads that are not UTF-8 appear as halves of surrogate pairs, which JSON does not have.
    serde_json::from_str(&text.replace(r"\ud", r"\\ud")).map_err(|error| format!("{}: {error}", file.display()))
}

impl Fault {
    pub(crate) fn of(case: &Case, what: String) -> Self {
        Self { case: Some(case.name()), what }
    }

    pub(crate) fn of_all(what: String) -> Self {
        Self { case: None, what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.case {
            Some(case) => write!(f, "{case}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Case {
    fn new(number: &str, summary: &Value, details: &Value) -> Result<Self, String> {
        let text = |name: &str| summary[name].as_str().map(str::to_owned).ok_or(format!("case {number} has no {name}"));
        // From the definition of the case, not from what the agent did.
        let codes = details["expectedClose"]["closeCode"].as_array().ok_or(format!("case {number} expects no code"))?;
        Ok(Self {
            number: number.split('.').filter_map(|part| part.parse().ok()).collect(),
            behavior: text("behavior")?,
            behavior_close: text("behaviorClose")?,
            code: summary["remoteCloseCode"].as_i64(),
            expected: codes.iter().filter_map(Value::as_i64).collect(),
        })
    }

    pub(crate) fn name(&self) -> String {
        let parts: Vec<_> = self.number.iter().map(u32::to_string).collect();
        parts.join(".")
    }

    pub(crate) fn section(&self) -> u32 {
        self.number.first().copied().unwrap_or_default()
    }

    /// Whether the server violates the protocol in this case.
    pub(crate) fn is_violation(&self) -> bool {
        // In the valid cases of 7.7 the server sends these codes itself.
        !self.number.starts_with(&[7, 7]) && self.expected.iter().any(|code| VIOLATION_CODES.contains(code))
    }

    /// Whether the client sent the code for the violation. Some cases accept other codes as well.
    pub(crate) fn is_reported(&self) -> bool {
        self.code.is_some_and(|code| VIOLATION_CODES.contains(&code) && self.expected.contains(&code))
    }

    pub(crate) fn grade(&self) -> Grade {
        let grade = |behavior: &str| match behavior {
            "OK" | "INFORMATIONAL" => Grade::Fine,
            "NON-STRICT" => Grade::NonStrict,
            _ => Grade::Failed,
        };
        grade(&self.behavior).max(grade(&self.behavior_close))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A case with the best result and this close code.
    pub(crate) fn case(number: &str, code: Option<i64>, expected: &[i64]) -> Case {
        graded(number, "OK", "OK", code, expected)
    }

    pub(crate) fn graded(number: &str, behavior: &str, close: &str, code: Option<i64>, expected: &[i64]) -> Case {
        let summary = json!({ "behavior": behavior, "behaviorClose": close, "remoteCloseCode": code });
        let details =
            json!({ "expectedClose": { "closeCode": expected, "requireClean": true }, "localCloseCode": 4000 });
        Case::new(number, &summary, &details).unwrap()
    }

    #[test]
    fn a_violation_requires_its_close_code() {
        for (number, code, expected) in [
            ("5.1", 1002, &[1002][..]),
            ("6.3.1", 1007, &[1007]),
            ("7.5.1", 1007, &[1002, 1007]),
            ("7.13.1", 1002, &[1000, 5000, 1002]),
        ] {
            let case = case(number, Some(code), expected);
            assert!(case.is_violation() && case.is_reported(), "{case:?}");
        }
        for (number, code, expected) in [
            // What Chromium does.
            ("6.3.1", Some(1002), &[1007][..]),
            ("5.1", Some(1007), &[1002]),
            ("5.1", Some(1006), &[1002]),
            ("5.1", None, &[1002]),
            // An echo of an invalid code: the suite accepts it, but it does not report the violation.
            ("7.13.1", Some(5000), &[1000, 5000, 1002]),
            ("7.13.1", Some(1000), &[1000, 5000, 1002]),
        ] {
            let case = case(number, code, expected);
            assert!(case.is_violation() && !case.is_reported(), "{case:?}");
        }
    }

    #[test]
    fn a_valid_server_has_no_violation() {
        // In 7.7.3 the code is an echo of the server's own.
        for (number, expected) in [("1.1.1", &[1000][..]), ("7.7.3", &[1000, 1002])] {
            assert!(!case(number, Some(1002), expected).is_violation(), "{number}");
        }
    }

    #[test]
    fn the_worse_of_behavior_and_close_counts() {
        for (behavior, close, grade) in [
            ("OK", "OK", Grade::Fine),
            ("INFORMATIONAL", "INFORMATIONAL", Grade::Fine),
            ("NON-STRICT", "OK", Grade::NonStrict),
            ("NON-STRICT", "FAILED BY CLIENT", Grade::Failed),
            ("OK", "WRONG CODE", Grade::Failed),
            ("OK", "UNCLEAN", Grade::Failed),
            ("FAILED", "OK", Grade::Failed),
            ("UNIMPLEMENTED", "OK", Grade::Failed),
        ] {
            assert_eq!(graded("1.1", behavior, close, None, &[]).grade(), grade, "{behavior}, {close}");
        }
    }

    #[test]
    fn reports_are_read_in_order_and_with_invalid_utf8() {
        let dir = std::env::temp_dir().join(format!("homing-autobahn-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let summary = |file: &str| json!({ "behavior": "OK", "behaviorClose": "OK", "remoteCloseCode": 1007, "reportfile": file });
        let index = json!({ "homing": { "6.10.1": summary("b.json"), "6.4.3": summary("a.json") } });
        fs::write(dir.join("index.json"), index.to_string()).unwrap();
        for name in ["a.json", "b.json"] {
            fs::write(dir.join(name), r#"{"expectedClose": {"closeCode": [1007]}, "received": "\ud800x"}"#).unwrap();
        }
        let read_by = |agent| read(&dir, agent).map(|cases| cases.iter().map(Case::name).collect::<Vec<_>>());
        let (ours, other) = (read_by("homing"), read_by("bare"));
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!(ours.unwrap(), ["6.4.3", "6.10.1"]);
        assert_eq!(other.unwrap_err(), "no reports of the agent bare");
    }

    #[test]
    fn a_report_without_expected_codes_is_an_error() {
        let summary = json!({ "behavior": "OK", "behaviorClose": "OK", "remoteCloseCode": 1000 });
        assert!(Case::new("1.1", &summary, &json!({})).is_err());
    }
}
