//! What only a native client on real sockets can show: servers that break the protocol, handshakes of all kinds,
//! broken networks, TLS, and other people's servers.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod dial;
mod handshake;
mod life;
mod support;
mod wire;
