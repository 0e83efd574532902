//! The clients. A module has one of them.

#[cfg(feature = "ewebsock")]
mod ewebsock;
#[cfg(feature = "gloo-net")]
mod gloo_net;
#[cfg(feature = "homing")]
mod homing;
#[cfg(feature = "tokio-tungstenite-wasm")]
mod tokio_tungstenite_wasm;
#[cfg(feature = "web-sys")]
mod web_sys;
#[cfg(feature = "ws_stream_wasm")]
mod ws_stream_wasm;

#[cfg(feature = "ewebsock")]
pub(crate) use ewebsock::Chosen;
#[cfg(feature = "gloo-net")]
pub(crate) use gloo_net::Chosen;
#[cfg(feature = "homing")]
pub(crate) use homing::Chosen;
#[cfg(feature = "tokio-tungstenite-wasm")]
pub(crate) use tokio_tungstenite_wasm::Chosen;
#[cfg(feature = "web-sys")]
pub(crate) use web_sys::Chosen;
#[cfg(feature = "ws_stream_wasm")]
pub(crate) use ws_stream_wasm::Chosen;
