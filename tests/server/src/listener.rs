//! Binding and accepting.

use socket2::{Domain, Socket as RawSocket, Type};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) async fn accept(listener: Option<&TcpListener>) -> tokio::net::TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Temporary, such as too many open files.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Binds a socket that never listens. While the server is stopped, it keeps other programs, and this process's own
/// outgoing connections, off the port: a client that dials a free port of its own machine can meet itself there.
/// Only Linux lets a second socket listen on such a port.
pub(crate) fn reserve(addr: SocketAddr) -> io::Result<(Option<RawSocket>, SocketAddr)> {
    let socket = bind(addr)?;
    let addr = socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("no IP address"))?;
    Ok((cfg!(target_os = "linux").then_some(socket), addr))
}

pub(crate) fn bind(addr: SocketAddr) -> io::Result<RawSocket> {
    let socket = RawSocket::new(Domain::for_address(addr), Type::STREAM, None)?;
    // On Windows this option would let two servers share the port.
    if !cfg!(windows) {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&addr.into())?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
