//! What only a native client on real sockets can show: servers that break the protocol, handshakes of all kinds,
//! broken networks, TLS, and other people's servers.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

mod callbacks;
#[cfg(feature = "cookies")]
mod cookies;
#[cfg(feature = "deflate")]
mod deflate;
mod dialling;
mod dialling_table;
mod extremes;
mod faults;
mod gateways;
mod handshakes;
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
mod identities;
mod interop;
mod last_words;
mod lifecycle;
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
mod nginx;
mod odd_proxies;
#[cfg(feature = "__rustls")]
mod odd_tls;
mod peers;
#[cfg(feature = "__rustls")]
mod pinning;
mod proxies;
mod proxy_servers;
mod redirects;
mod refusals;
mod resets;
mod roads;
mod runtimes;
mod secrets;
mod slow;
mod spelling;
mod spread;
mod streams;
mod support;
mod tls;
#[cfg(feature = "tracing")]
mod tracing;
mod violations;
