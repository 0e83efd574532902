//! The opening handshake (RFC 6455, section 4): the HTTP exchange, its checks, redirects and cookies.

mod body;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub(crate) mod http1;
pub(crate) mod redirect;
pub(crate) mod retry_after;
pub(crate) mod upgrade;

cfg_if::cfg_if! {
    if #[cfg(feature = "cookies")] {
        pub(crate) mod cookies;
    } else {
        #[path = "no_cookies.rs"]
        pub(crate) mod cookies;
    }
}

use crate::handshake::Headers;

/// Returns the values of a header.
pub(crate) fn values<'a>(headers: &'a Headers, name: &'static str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
