//! What only exists natively: headers, TLS and socket options, and a way to block on a client.

mod connector;
#[cfg(feature = "cookies")]
mod cookies;
#[cfg(not(feature = "cookies"))]
#[path = "no_cookies.rs"]
mod cookies;
mod dial;
mod handshake;
mod opening;
mod options;
mod parting;
pub(crate) mod platform;
mod proxies;
mod proxy;
mod read_ahead;
mod redirect;
mod retry_after;
mod run;
mod socket;
mod stream;
mod target;
mod task;
mod tcp;
mod timer;
mod tls;
mod up;

pub use connector::Destination;
#[cfg(feature = "cookies")]
pub use cookies::CookieJar;
#[cfg(feature = "native-tls")]
pub use native_tls;
pub use options::{BuilderExt, RequestExt};
pub use run::{RunError, run_all};
#[cfg(feature = "__rustls")]
pub use tokio_rustls::rustls;
