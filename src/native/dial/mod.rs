//! From a target to a byte stream: names, TCP, proxies and TLS.

pub(crate) mod connector;
pub(crate) mod dialler;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub(crate) mod lookup;
pub(crate) mod no_proxy;
pub(crate) mod proxy;
pub(crate) mod proxy_choice;
mod socks;
pub(crate) mod stream;
pub(crate) mod tcp;
pub(crate) mod tls;
