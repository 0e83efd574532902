//! The opening handshake (RFC 6455, section 4): the HTTP exchange, its checks, redirects and cookies.

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
