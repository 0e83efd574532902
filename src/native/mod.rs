//! What only exists natively: headers, TLS and socket options, and a way to block on a client.

mod dial;
mod handshake;
mod options;
mod parting;
pub(crate) mod platform;
mod read_ahead;
mod run;
mod socket;
mod stream;
mod target;
mod task;
mod timer;
mod tls;
mod up;

#[cfg(feature = "native-tls")]
pub use native_tls;
pub use options::{BuilderExt, RequestExt};
pub use run::{RunError, run_all};
#[cfg(feature = "__rustls")]
pub use tokio_rustls::rustls;
