//! The opening handshake, its refusals, redirects, and what it must not reveal.

#[cfg(feature = "cookies")]
pub(crate) mod cookies;
pub(crate) mod early_responses;
pub(crate) mod gateways;
pub(crate) mod handshakes;
pub(crate) mod header_names;
pub(crate) mod redirects;
pub(crate) mod refusals;
pub(crate) mod secrets;
