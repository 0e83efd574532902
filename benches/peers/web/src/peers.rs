//! The client. A module has one of them.

#[cfg_attr(feature = "ewebsock", path = "peers/ewebsock.rs")]
#[cfg_attr(feature = "gloo-net", path = "peers/gloo_net.rs")]
#[cfg_attr(feature = "homing", path = "peers/homing.rs")]
#[cfg_attr(feature = "tokio-tungstenite-wasm", path = "peers/tokio_tungstenite_wasm.rs")]
#[cfg_attr(feature = "web-sys", path = "peers/web_sys.rs")]
#[cfg_attr(feature = "ws_stream_wasm", path = "peers/ws_stream_wasm.rs")]
mod peer;

pub(crate) use peer::Chosen;
