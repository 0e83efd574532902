//! Whether the runtime around a `connect` can drive a client.

use core::time::Duration;
use std::panic::{UnwindSafe, catch_unwind};

use tokio::runtime::Handle;

use crate::error::ConfigError;
use crate::native::options::{Options, UNIX_SOCKET};

const NONE: &str = "no tokio runtime is entered here: see BuilderExt::run";
const NO_TIMERS: &str = "this tokio runtime has no timers: build it with enable_all, or enable_time and enable_io";
const NO_IO: &str = "this tokio runtime has no I/O: build it with enable_all, or enable_time and enable_io";

/// The runtime that is entered here, with all that a client needs. Streams of the user's own need no I/O of it.
pub(crate) fn current(options: &Options) -> Result<Handle, ConfigError> {
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
