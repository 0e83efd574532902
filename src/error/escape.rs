//! Escaping of text that a peer sent.

use core::fmt::{self, Write as _};

/// Displays text with control and format characters escaped, as in `\u{9b}`. A terminal would execute the former, and the
/// latter can reorder or hide the text around them.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

/// As `Display`, because the `Debug` output of an error contains its source in this form.
impl<T: fmt::Display> fmt::Debug for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            self.0.write_str(rest.get(..at).unwrap_or_default())?;
            for c in found.escape_unicode() {
                self.0.write_char(c)?;
            }
            rest = rest.get(at + found.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// Returns whether this is a control or format character (Unicode's Cc, Cf, Zl, Zp). Does not use `char::escape_debug`,
/// whose tables are larger than a small web app.
fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn s26_control_characters_are_escaped() {
        for (given, expected) in [
            ("", ""),
            ("plain, grüße, 日本, \"quoted\", a\\b", "plain, grüße, 日本, \"quoted\", a\\b"),
            ("a\nb\r\t\0", "a\\u{a}b\\u{d}\\u{9}\\u{0}"),
            ("\u{1b}[31m\u{9b}31m\u{7f}", "\\u{1b}[31m\\u{9b}31m\\u{7f}"),
            ("a\u{202e}b\u{2066}c\u{200b}\u{feff}", "a\\u{202e}b\\u{2066}c\\u{200b}\\u{feff}"),
            ("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}"),
        ] {
            assert_eq!(Escaped(given).to_string(), expected);
        }
    }

    /// Everything that is escaped here is escaped by the standard library as well, in the `Debug` output of text.
    #[test]
    fn s26_debug_of_text_escapes_the_same() {
        for c in ('\0'..=char::MAX).filter(|c| is_unsafe(*c)) {
            assert!(c.escape_debug().count() > 1, "{:x}", c as u32);
        }
    }
}
