//! A WebSocket client that reconnects, detects dead peers and queues messages while offline, in the browser and natively.
//!
//! A plain WebSocket is one connection. A homing *client* outlives its connections: each *attempt* dials, performs the
//! opening handshake and carries messages until it closes, and the client dials again by a policy until it is closed on
//! purpose. The same API and the same rules hold on tokio and on `wasm32-unknown-unknown`.
//!
//! ```no_run
//! use homing::{ConfigError, WebSocket};
//!
//! # async fn example() -> Result<(), ConfigError> {
//! let ws = WebSocket::builder("wss://example.com/prices")
//!     .on_open(|ws, _handshake| {
//!         let _ = ws.send("subscribe EURUSD"); // queued or sent; never blocks
//!     })
//!     .on_message(|_ws, message| println!("{message:?}"))
//!     .on_error(|_ws, error| eprintln!("{error}"))
//!     .on_close(|_ws, close| eprintln!("closed: {}, next attempt in {:?}", close.code, close.retry_in))
//!     .connect()?;
//!
//! // Meanwhile `ws` can be cloned and used from any thread or task.
//! let end = ws.closed().await;
//! println!("{}", end.reason);
//! # Ok(()) }
//! ```
//!
//! The dependencies of a native program:
//!
//! ```sh
//! cargo add homing
//! cargo add tokio -F macros,rt-multi-thread
//! cargo add futures-util # only to read events as a stream: `StreamExt::next`; `futures` exports it as well
//! ```
//!
//! Natively `connect` needs a tokio runtime on the current thread. A program without one calls
//! [`native::BuilderExt::run`](https://docs.rs/homing/latest/homing/native/trait.BuilderExt.html#tymethod.run), which blocks
//! until the client ends.
//!
//! # Three ways to receive events
//!
//! | | Use it for |
//! |---|---|
//! | closures: [`Builder::on_open`], [`on_message`](Builder::on_message), ... | a few events, little state |
//! | a type that implements [`Handler`]: [`Builder::handler`] | state of its own; [`on_event`](Handler::on_event) receives every event in one method |
//! | a stream of [`Event`]s: [`Builder::connect_stream`] | `async` code that reads at its own pace |
//!
//! Closures and handlers are called for each message as it arrives, without a queue. The stream has a
//! [bounded buffer](Builder::max_receive_buffer): a slow reader pauses the client.
//!
//! ```no_run
//! use futures::StreamExt;
//! use homing::{Event, WebSocket};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let (ws, mut events) = WebSocket::builder("wss://example.com/prices").connect_stream()?;
//! ws.send("subscribe EURUSD")?;
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::Message(message) => println!("{message:?}"),
//!         Event::Close(close) => eprintln!("closed, next attempt in {:?}", close.retry_in),
//!         Event::End(end) => return Err(end.reason.to_string().into()),
//!         _ => {}
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # Sending
//!
//! [`WebSocket::send`] queues a message and returns at once, unless the client is closed or about to be. The queue survives
//! reconnects and is bounded by [`max_send_buffer`](Builder::max_send_buffer): a message too many is returned in the
//! [`SendError`].
//! [`ready`](WebSocket::ready) waits for room, [`flush`](WebSocket::flush) until everything queued has left, and
//! [`take_unsent`](WebSocket::take_unsent) returns what was still queued when the client ended. A message that a socket has
//! taken is never sent twice; [`CloseEvent::lost`] counts those that a broken connection took before their last byte had left.
//!
//! A message that has left this machine can still be lost in the network or at a dead server. Then `lost` is 0 and `flush`
//! succeeds: only an answer of the peer proves that a message arrived.
//!
//! # After each reconnect
//!
//! The server knows nothing of a client that has reconnected. What [`on_open`](Builder::on_open) sends leaves before the
//! queue, which is enough to subscribe. A login whose answer matters is a [set-up](Builder::setup): an async function that
//! sends and receives on each new connection before the client is open and anything queued leaves.
//!
//! ```
//! use homing::{Session, SetupError, WebSocket};
//!
//! let builder = WebSocket::builder("wss://example.com/feed").setup(|mut session: Session| async move {
//!     session.send("login 0123")?;
//!     match session.receive().await?.as_text() {
//!         Some("welcome") => Ok(()),
//!         _ => Err(SetupError::new("login refused").fatal()), // without `fatal`, the client retries
//!     }
//! });
//! ```
//!
//! # Ending a program
//!
//! Natively the client is a task of the runtime. A program that returns from `main` right after `send` shuts the runtime down
//! and loses the queue. Close the client and wait for its end first:
//!
//! ```no_run
//! # async fn example(ws: homing::WebSocket) -> Result<(), homing::CloseError> {
//! ws.close(1000, "")?; // an open connection sends the queue before it closes
//! let end = ws.closed().await;
//! let unsent = ws.take_unsent();
//! println!("{}, {} messages not sent", end.reason, unsent.len());
//! # Ok(()) }
//! ```
//!
//! `close` does not wait for a connection: while there is none, the client ends at once and its queue is returned by
//! `take_unsent`. The example `shutdown.rs` is a whole program.
//!
//! # Targets
//!
//! An option that cannot work on a target does not exist there, or `connect` returns an error. Two have no effect in
//! browsers: `on_connect` is never called there, and `max_retry_after` has nothing to limit.
//!
//! | | Native (Linux, macOS, Windows) | Browsers, workers, Node |
//! |---|---|---|
//! | Target | every `unix` or `windows` target with tokio | `wasm32-unknown-unknown` |
//! | Socket | TCP, TLS, proxies, Unix sockets, streams of your own | the platform's `WebSocket` |
//! | More options | `native::BuilderExt` | `web::BuilderExt` |
//! | Runs on | a task of the current tokio runtime | the events of the thread that called `connect` |
//! | Callbacks and futures given to the builder | `Send` | any |
//! | Request headers, status and headers of the response | yes | no |
//! | `on_connect` | yes | no |
//! | Facts about a connection: addresses, TLS, timings | `native::HandshakeExt` | no |
//! | [`Heartbeat`] | Ping every 20 s by default | needs a message; none by default |
//! | Cause of a failure | [`ErrorKind`] | [`ErrorKind::Opaque`]; close code 1006 |
//! | [`pause`](WebSocket::pause) | the socket is not read, TCP slows the peer | messages wait in memory |
//! | Network or page changes | no | dials within 500 ms when the network returns or the page becomes visible |
//!
//! # Features
//!
//! All features are about native targets, except `tracing`.
//!
//! | Feature | |
//! |---|---|
//! | `rustls-ring` (default) | TLS by rustls with ring |
//! | `rustls-aws-lc-rs` | TLS by rustls with aws-lc-rs, and post-quantum key exchange |
//! | `rustls-webpki-roots` (default) | rustls trusts Mozilla's roots, compiled in |
//! | `rustls-native-roots` | rustls trusts the roots of the operating system |
//! | `rustls-platform-verifier` | the operating system verifies certificates for rustls |
//! | `native-tls` | TLS by the operating system's library |
//! | `deflate` | compression of messages (permessage-deflate, RFC 7692) |
//! | `cookies` | a cookie jar that is kept across attempts |
//! | `tracing` | a span for each attempt, and events for what happens to it |
//!
//! rustls needs one feature for its cryptography and one for its trust; the
//! [guide to TLS](https://github.com/homing-ws/homing/blob/main/docs/guides/tls.md) helps to choose. Without a TLS feature,
//! `connect` returns an error for a `wss` URL.
//!
//! # Errors
//!
//! - [`ConfigError`]: an option has a value that cannot work. `connect` returns it before anything is dialled.
//! - [`Error`]: an attempt failed. The error is passed to [`on_error`](Handler::on_error), and the client
//!   retries by its [`Reconnect`] policy. [`Error::kind`] distinguishes DNS, TLS, a refused handshake and others.
//!   [`Builder::retry_if`] lists the failures that are not retried, and shows how to give up after others.
//! - [`SetupError`]: the [set-up](Builder::setup) of a connection failed, which fails the attempt.
//! - [`SendError`], [`FlushError`], [`PingError`], [`CloseError`]: a call of a handle failed, and why.
//! - [`End`]: why a client ended. [`closed`](WebSocket::closed), [`opened`](WebSocket::opened) and
//!   [`on_end`](Handler::on_end) report it.
//!
//! No error, log or `Debug` output contains credentials, query strings, header values or subprotocols.
//!
//! # Modules
//!
//! - [`native`](https://docs.rs/homing/latest/homing/native/) and
//!   [`web`](https://docs.rs/homing/latest/wasm32-unknown-unknown/homing/web/): the options and functions of one target, and
//!   how it differs. Each exists on its own target only. `web` has an example for a page.
//! - [`memory`]: a network in memory and virtual time, to test handlers without sockets, sleeps or a runtime.
//! - [`driver`]: the traits of a transport and a timer, to run a client over a transport of your own.
//!
//! The rules that every target follows, numbered S1 to S30, with the sections of RFC 6455 and the WHATWG standard, are in
//! [docs/rules.md](https://github.com/homing-ws/homing/blob/main/docs/rules.md). Comments and tests refer to these numbers.
// clippy.toml has the lists.
#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod builder;
mod client;
mod close;
pub mod driver;
mod error;
mod event;
mod futures;
#[cfg(all(any(test, fuzzing), not(all(target_family = "wasm", target_os = "unknown"))))]
#[doc(hidden)]
pub mod fuzzing;
mod handler;
mod handshake;
pub mod memory;
mod message;
mod request;
mod session;
mod stream;
mod sync;
mod unread;

pub use builder::{Builder, Heartbeat, Reconnect};
pub use client::{WeakWebSocket, WebSocket};
#[doc(inline)]
pub use close::{CloseCode, CloseEvent, End, EndReason, Initiator};
pub use driver::platform::public::*;
pub use error::{CloseError, ConfigError, Error, ErrorKind, FlushError, PingError, SendError, SendErrorKind};
pub use event::Event;
pub use futures::{Closed, Flush, Opened, Ping, Ready, SinkError};
pub use handler::Handler;
pub use handshake::{Handshake, Headers};
#[doc(inline)]
pub use homing_machine::{State, Stats};
pub use message::{BinaryType, Message, Text};
pub use request::{ProviderError, Request};
pub use session::{Session, SessionError, SetupError};
pub use stream::Events;

/// Compiles and runs the examples of README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the examples of the guide to TLS.
#[cfg(all(doctest, feature = "rustls-ring"))]
#[doc = include_str!("../docs/guides/tls.md")]
struct TlsGuide;
