//! The runtime that a client needs, and blocking on clients for programs without one.

use core::time::Duration;
use std::io;
use std::panic::{UnwindSafe, catch_unwind};

use tokio::runtime::Handle;

use crate::builder::Builder;
use crate::client::WebSocket;
use crate::close::End;
use crate::error::ConfigError;
use crate::native::options::{Options, UNIX_SOCKET};

const NONE: &str = "no tokio runtime is entered here: see BuilderExt::run";
const NO_TIMERS: &str = "this tokio runtime has no timers: build it with enable_all, or enable_time and enable_io";
const NO_IO: &str = "this tokio runtime has no I/O: build it with enable_all, or enable_time and enable_io";

/// Why [`run`](crate::native::BuilderExt::run) did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An option has a value that cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No runtime could be made.
    #[error("no runtime: {0}")]
    Runtime(#[from] io::Error),
}

pub(crate) fn run(builder: Builder) -> Result<End, RunError> {
    let mut ends = run_all([builder])?;
    // One client went in, so one end came out.
    ends.pop().ok_or_else(|| io::Error::other("no client").into())
}

/// Connects all of these clients on this thread, and blocks until all of them have ended.
///
/// # Errors
/// An option of one of them has a value that cannot work (none is dialled for long then: those before it are
/// aborted), or no runtime can be made, as inside another one.
pub fn run_all(builders: impl IntoIterator<Item = Builder>) -> Result<Vec<End>, RunError> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(io::Error::other("this thread is inside a tokio runtime already: use `connect`").into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients = builders.into_iter().map(Builder::connect).collect::<Result<Vec<_>, _>>()?;
        let mut ends = Vec::with_capacity(clients.len());
        for client in &clients {
            ends.push(end_of(client).await);
        }
        Ok(ends)
    })
}

/// A client that began anew in `on_end` has not ended.
async fn end_of(client: &WebSocket) -> End {
    loop {
        let end = client.closed().await;
        if client.state() == crate::State::Closed {
            return end;
        }
    }
}

/// The runtime that is entered here, with all that a client needs. Streams of the user's own need no I/O of it.
pub(crate) fn current_runtime(options: &Options) -> Result<Handle, ConfigError> {
    let refused = |why| ConfigError::new("connect", why);
    let runtime = Handle::try_current().map_err(|_| refused(NONE))?;
    if !works(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Err(refused(NO_TIMERS));
    }
    let needs_io = options.connector.as_ref().is_none_or(|(option, _)| *option == UNIX_SOCKET);
    if needs_io && !works(use_io) {
        return Err(refused(NO_IO));
    }
    Ok(runtime)
}

/// Tokio cannot be asked (tokio-rs/tokio#8361): it panics, and only where something is missing. That the panic hook prints
/// its message then is no loss, as the program is to be mended.
fn works(attempt: impl FnOnce() + UnwindSafe) -> bool {
    catch_unwind(attempt).is_ok()
}

/// Registers a socket that leads nowhere. Where there is none to be had, something else will fail.
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
