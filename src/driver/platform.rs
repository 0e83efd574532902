//! The one place that chooses a platform.
//!
//! Each platform module exports the same names:
//!
//! - `MaybeSend`: the bound on everything that runs on the pump's side, `Send` where the pump may change threads.
//! - `BoxFuture`: a boxed future with that bound.
//! - `Options`: what can only be configured there, part of every [`Builder`](crate::Builder).
//! - `Target`, `resolve`: a checked URL, and how one is made from text.
//! - `default_heartbeat`: what a client does about liveness when nobody says.
//! - `seed`: a random seed for jitter.
//! - `lock`: takes a lock that is never held for long, nor while foreign code runs.
//! - `connect`: starts a client from a checked configuration.
//! - `public`: what users see at the crate's root.
//!
//! Natively there is one more choice: `kernel`, for what some operating systems can do with a TCP socket.

use cfg_if::cfg_if;

cfg_if! {
    if #[cfg(all(target_family = "wasm", target_os = "unknown"))] {
        #[path = "../web/mod.rs"]
        pub mod web;
        pub(crate) use web::platform::*;
        /// What only exists on this platform.
        pub mod public {
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
        pub(crate) use native::platform::*;
        /// What only exists on this platform.
        pub mod public {
            pub use super::native;
        }
    } else {
        compile_error!("homing runs natively and on wasm32-unknown-unknown in browsers, workers and Node");
    }
}
