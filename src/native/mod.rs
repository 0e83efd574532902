//! What only exists natively: headers, TLS and socket options, and a way to block on a client.

mod builder_ext;
mod connector;
mod dial;
mod exchange;
mod frames;
mod handshake;
mod incoming;
mod lookup;
mod opening;
mod options;
mod outgoing;
mod parting;
pub(crate) mod platform;
mod proxies;
mod proxy;
mod redirect;
mod retry_after;
mod run;
mod runtime;
mod socket;
mod stream;
mod target;
mod task;
mod tcp;
mod timer;
mod tls;
mod up;

pub use builder_ext::{BuilderExt, RequestExt};
pub use connector::Destination;

cfg_if::cfg_if! {
    if #[cfg(feature = "cookies")] {
        mod cookies;
        pub use cookies::CookieJar;
    } else {
        #[path = "no_cookies.rs"]
        mod cookies;
    }
}
cfg_if::cfg_if! {
    if #[cfg(feature = "deflate")] {
        mod deflate;
        mod extension;
        pub use deflate::Deflate;
    } else {
        #[path = "no_deflate.rs"]
        mod deflate;
    }
}

#[cfg(feature = "native-tls")]
pub use native_tls;
pub use run::{RunError, run_all};
#[cfg(feature = "__rustls")]
pub use tokio_rustls::rustls;
