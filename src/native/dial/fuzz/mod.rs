//! Bodies of fuzz targets about proxies, and what others share with them: see `fuzz/`.

mod no_proxy;
#[cfg(feature = "cookies")]
mod noted;
mod peer;
mod proxy;

pub(crate) use no_proxy::no_proxy;
#[cfg(feature = "cookies")]
pub(crate) use noted::Noted;
#[cfg(feature = "deflate")]
pub(crate) use peer::accept;
pub(crate) use peer::{Ending, Peer, Script, run};
pub(crate) use proxy::proxy;

/// Panics if the text has control characters, or ones that reorder or hide other text.
pub(crate) fn assert_printable(text: &str) {
    let is_unsafe =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}');
    assert!(!text.contains(is_unsafe), "{text:?}");
}

/// Panics if an error repeats a word of refused text. Words of errors are without digits.
pub(crate) fn assert_hides(error: &str, text: &str) {
    let is_word = |word: &&str| word.len() > 8 && word.contains(|c: char| c.is_ascii_digit());
    let named = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_word).find(|word| error.contains(*word));
    assert!(named.is_none(), "{error:?} has a part of {text:?}");
}

#[cfg(test)]
mod tests {
    use crate::fuzzing::check;

    #[test]
    fn proxy() {
        check("proxy", super::proxy);
    }

    #[test]
    fn no_proxy() {
        check("no_proxy", super::no_proxy);
    }
}
