//! The platform of browsers, workers and Node, and the options that only exist there: see [`BuilderExt`].
//!
//! [`Builder`](crate::Builder) and [`WebSocket`](crate::WebSocket) are the same as natively. A client here wraps the
//! platform's own `WebSocket` class, which hides and forbids some things. This is different:
//!
//! - **URLs** may be relative. They are resolved against the page, or against the URL of the worker; Node has neither.
//! - **Errors** are [`Opaque`](crate::ErrorKind::Opaque), with close code 1006, if the handshake or the connection fails.
//!   The platform hides the cause, the HTTP status and the headers.
//! - **Request headers** cannot be set. A token can be sent in the query, in a subprotocol or in the first message.
//! - **Credentials** in a URL are up to the browser: it sends them if the server asks for them by status 401.
//! - **Heartbeats** need a [message](crate::Heartbeat::message), as Ping frames cannot be sent. There is no heartbeat by
//!   default.
//! - **Pausing** does not slow the peer down, as the platform reads on. A paused client holds what arrives in memory;
//!   [`Stats::bytes_held`](crate::Stats::bytes_held) counts it.
//! - **Messages that are too large** have arrived in full when their size is known. The close code for the peer is 4009, as
//!   a page may not send 1009.
//! - **Network and page** start reconnects: a waiting client dials within 500 ms when the network returns or the page
//!   becomes visible. A page in the back/forward cache has no connection, and dials when it is shown again.
//!
//! # Quick start
//!
//! In a library with `crate-type = ["cdylib"]`, and with `wasm-bindgen` as a dependency:
//!
//! ```ignore
//! use homing::WebSocket;
//! use wasm_bindgen::prelude::*;
//!
//! #[wasm_bindgen]
//! extern "C" {
//!     #[wasm_bindgen(js_namespace = console)]
//!     fn log(line: &str);
//! }
//!
//! #[wasm_bindgen(start)]
//! fn main() -> Result<(), JsError> {
//!     let ws = WebSocket::builder("/prices") // relative to the page
//!         .on_message(|_ws, message| log(&format!("{message:?}")))
//!         .connect()?;
//!     ws.detach();
//!     Ok(())
//! }
//! ```
//!
//! `main` returns while the client runs, and dropping the last handle would close it: move the handle into a closure of the
//! page, or [`detach`](crate::WebSocket::detach) it. The version of `wasm-bindgen-cli` must be the one of `wasm-bindgen` in
//! `Cargo.lock`. [examples/web/README.md](https://github.com/homing-ws/homing/blob/main/examples/web/README.md) shows how to
//! build a page.
//!
//! # Threads
//!
//! Everything runs on the thread that called `connect`, in callbacks of its event loop. In a program with several threads
//! and shared memory (`-C target-feature=+atomics`), a handle can be used on any of them: it wakes that thread.
//!
//! # Size
//!
//! A minimal app with the whole client is 27.2 kB, compressed (7.3 kB with the browser's own class): 24.5 kB of wasm and
//! 2.6 kB of JavaScript. This needs the following profile, `wasm-opt -Oz --converge --strip-target-features` after
//! `wasm-bindgen`, and minified JavaScript:
//!
//! ```toml
//! [profile.release]
//! opt-level = "z"
//! lto = true
//! codegen-units = 1
//! panic = "abort"
//! ```
//!
//! Code of request providers, futures, blobs and the worker is only part of apps that use them.

mod event_loop;
mod events;
mod facts;
mod glue;
mod loop_waker;
mod options;
mod page;
pub(crate) mod platform;
mod poll;
mod protocols;
mod receive;
mod registry;
mod socket;
mod sync;
mod target;
#[cfg(target_feature = "atomics")]
mod thread_waker;
mod timer;
mod transport;
mod worker;

pub use options::BuilderExt;
