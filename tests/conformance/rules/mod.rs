//! The tests, by section of `docs/rules.md`.

pub mod by_hand;
pub mod closing;
pub mod connection;
pub mod handles;
pub mod life;
pub mod liveness;
pub mod logins;
#[cfg(not(target_family = "wasm"))]
pub mod native_only;
pub mod pace;
pub mod payload;
pub mod receiving;
pub mod reconnecting;
pub mod reentrancy;
pub mod reporting;
pub mod sending;
pub mod sessions;

#[cfg(not(target_family = "wasm"))]
pub use crate::env::SOON;
pub use crate::env::{A_WHILE, Env, NEVER, Wire, ms, texts};
pub use crate::log::Log;
