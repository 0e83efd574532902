//! The runtime that a client needs, and blocking on clients for programs without one.

use core::cell::Cell;
use core::time::Duration;
use std::io;
use std::panic::{UnwindSafe, catch_unwind};

use tokio::runtime::{Handle, Id};

use crate::State;
use crate::builder::Builder;
use crate::client::WebSocket;
use crate::close::End;
use crate::error::ConfigError;
use crate::native::options::{Options, UNIX_SOCKET};

const NONE: &str = "no tokio runtime is entered here: see BuilderExt::run";
const NO_TIMERS: &str = "this tokio runtime has no timers: build it with enable_all, or enable_time and enable_io";
const NO_IO: &str = "this tokio runtime has no I/O: build it with enable_all, or enable_time and enable_io";

/// The error of [`run`](crate::native::BuilderExt::run) and [`run_all`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An option is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The runtime could not be made.
    #[error("runtime could not be made: {0}")]
    Runtime(#[from] io::Error),
}

pub(crate) fn run(builder: Builder) -> Result<End, RunError> {
    let mut ends = run_all([builder])?;
    // Never empty: there is one end for each client.
    ends.pop().ok_or_else(|| io::Error::other("no client").into())
}

/// Connects all these clients on this thread, and blocks until all of them have ended. Returns their ends in the same
/// order. Tasks that callbacks have spawned are not waited for.
///
/// ```no_run
/// use homing::{WebSocket, native::run_all};
///
/// # fn main() -> Result<(), homing::native::RunError> {
/// let feeds = ["wss://example.com/a", "wss://example.com/b"];
/// let ends = run_all(feeds.map(|url| WebSocket::builder(url).on_message(|_, message| println!("{message:?}"))))?;
/// assert_eq!(ends.len(), 2);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Fails if an option of one client is invalid (those before it are aborted), or if no runtime can be made, for example
/// inside another one.
pub fn run_all(builders: impl IntoIterator<Item = Builder>) -> Result<Vec<End>, RunError> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(io::Error::other("this thread is inside a tokio runtime already: use `connect`").into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ends = runtime.block_on(async {
        let clients = builders.into_iter().map(Builder::connect).collect::<Result<Vec<_>, _>>()?;
        loop {
            let mut ends = Vec::with_capacity(clients.len());
            for client in &clients {
                ends.push(end_of(client).await);
            }
            // One may have been reconnected while another was waited for.
            if clients.iter().all(|client| client.state() == State::Closed) {
                return Ok(ends);
            }
        }
    });
    // A lookup that hangs would be waited for.
    runtime.shutdown_background();
    ends
}

/// Waits for the end. A client that was reconnected in `on_end` has not ended.
async fn end_of(client: &WebSocket) -> End {
    loop {
        let end = client.closed().await;
        if client.state() == State::Closed {
            return end;
        }
    }
}

std::thread_local! {
    /// The latest runtime on this thread that was found to have timers and I/O. A check takes four system calls.
    static COMPLETE: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Returns the runtime that is entered here.
///
/// # Errors
/// No runtime is entered, or it lacks timers, or it lacks I/O and the client needs it (with a `connector` it does not).
pub(crate) fn current_runtime(options: &Options) -> Result<Handle, ConfigError> {
    let refused = |why| ConfigError::new("connect", why);
    let runtime = Handle::try_current().map_err(|_| refused(NONE))?;
    if COMPLETE.get() == Some(runtime.id()) {
        return Ok(runtime);
    }
    if !works(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Err(refused(NO_TIMERS));
    }
    let needs_io = options.connector.as_ref().is_none_or(|(option, _)| *option == UNIX_SOCKET);
    if needs_io {
        if !works(use_io) {
            return Err(refused(NO_IO));
        }
        COMPLETE.set(Some(runtime.id()));
    }
    Ok(runtime)
}

/// Tokio has no function that reports what a runtime lacks (tokio-rs/tokio#8361), it panics. The panic hook prints its
/// message then, which does no harm: the program needs to be corrected.
fn works(attempt: impl FnOnce() + UnwindSafe) -> bool {
    catch_unwind(attempt).is_ok()
}

/// Registers an unconnected socket. If no socket can be made, the attempt will report it.
#[cfg(unix)]
fn use_io() {
    drop(tokio::net::UnixDatagram::unbound());
}

#[cfg(not(unix))]
fn use_io() {
    let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    if let Ok(socket) = socket.and_then(|socket| socket.set_nonblocking(true).map(|()| socket)) {
        drop(tokio::net::UdpSocket::from_std(socket));
    }
}
