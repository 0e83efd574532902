//! The one place that chooses a platform, and the only file of the library that may name `target_os`.
//!
//! Each platform module exports the same names:
//!
//! - `MaybeSend`: the bound on everything that runs in the client's task; `Send` where the task may change threads.
//! - `BoxFuture`: a boxed future with that bound.
//! - `Options`: the options that only this platform has, part of every [`Builder`](crate::Builder).
//! - `Facts`: the part of a [`Handshake`](crate::Handshake) that is known on this platform only.
//! - `Offering`: what a request with subprotocols has besides their names.
//! - `Target`, `resolve`: a checked request, and the function that checks one.
//! - `default_heartbeat`: the heartbeat of a client that sets none.
//! - `seed`: a random seed for jitter.
//! - `lock`: takes a lock that is held only briefly, and never while user code runs.
//! - `connect`: starts a client from a checked configuration.
//! - `public`: the module that users see at the crate's root, `native` or `web`.
//!
//! The native platform has three more choices: `kernel`, TCP socket functions of the operating system, `verifier`, its
//! verifier of certificates, and `identity`, a client certificate for its TLS library.

use cfg_if::cfg_if;

cfg_if! {
    if #[cfg(all(target_family = "wasm", target_os = "unknown"))] {
        #[path = "../web/mod.rs"]
        pub mod web;
        pub(crate) use web::platform::*;
        pub(crate) mod public {
            pub use super::web;
        }
    } else if #[cfg(any(unix, windows))] {
        #[path = "../native/mod.rs"]
        pub mod native;
        cfg_if! {
            if #[cfg(any(target_os = "linux", target_os = "android"))] {
                #[path = "../native/kernel/linux.rs"]
                pub(crate) mod kernel;
            } else {
                #[path = "../native/kernel/other.rs"]
                pub(crate) mod kernel;
            }
        }
        #[cfg(feature = "native-tls")]
        cfg_if! {
            if #[cfg(any(target_os = "ios", target_os = "tvos", target_os = "visionos", target_os = "watchos"))] {
                #[path = "../native/dial/tls/identity_ios.rs"]
                mod identity;
            } else {
                #[path = "../native/dial/tls/identity.rs"]
                mod identity;
            }
        }
        #[cfg(feature = "native-tls")]
        pub(crate) use identity::identity;
        #[cfg(feature = "rustls-platform-verifier")]
        cfg_if! {
            if #[cfg(target_os = "android")] {
                #[path = "../native/dial/tls/with_rustls/platform_verifier_android.rs"]
                pub(crate) mod verifier;
            } else {
                #[path = "../native/dial/tls/with_rustls/platform_verifier.rs"]
                pub(crate) mod verifier;
            }
        }
        pub(crate) use native::platform::*;
        pub(crate) mod public {
            pub use super::native;
        }
    } else {
        compile_error!("homing runs natively and on wasm32-unknown-unknown in browsers, workers and Node");
    }
}
