//! Tests of the native client on real sockets: dialling, handshakes, servers that violate the protocol, failing networks,
//! TLS, and servers of other libraries.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod dial;
mod handshake;
mod life;
mod support;
mod wire;
