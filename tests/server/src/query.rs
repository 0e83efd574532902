//! The request target: a path and its percent-decoded query parameters.

use std::str::FromStr;
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Target {
    pub(crate) path: String,
    params: Vec<(String, String)>,
}

impl Target {
    pub(crate) fn parse(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let params = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Target { path: decode(path), params: params.collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Returns `None` if the parameter is absent or not a number.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    pub(crate) fn millis(&self, name: &str) -> Duration {
        Duration::from_millis(self.number(name).unwrap_or(0))
    }

    /// Whether the parameter is present and neither `0` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "0" | "false"))
    }
}

/// Decodes `%XX` to the byte and `+` to a space, as in forms. A `%` without two digits is kept.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = match byte {
            b'%' => tail.get(..2).and_then(|pair| crate::frame::unhex(std::str::from_utf8(pair).ok()?)),
            _ => None,
        };
        match escaped.as_deref() {
            Some(&[value]) => {
                out.push(value);
                rest = &tail[2..];
            }
            _ => {
                out.push(if byte == b'+' { b' ' } else { byte });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_parameters() {
        let target = Target::parse("/close?code=4001&reason=a%20b+c%26%C3%A9&empty&header=A:1&header=B:2&odd=5%zz%4");
        assert_eq!(target.path, "/close");
        assert_eq!(target.number::<u16>("code"), Some(4001));
        assert_eq!(target.get("reason"), Some("a b c&é"));
        assert_eq!(target.get("odd"), Some("5%zz%4"));
        assert_eq!(target.all("header").collect::<Vec<_>>(), ["A:1", "B:2"]);
        assert!(target.flag("empty") && !target.flag("absent"));
    }
}
