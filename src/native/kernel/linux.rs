//! What Linux does and tells of a TCP socket beyond what every system does.

use std::os::fd::AsRawFd as _;

use socket2::SockRef;
use tokio::net::TcpStream;

/// How much may wait in the operating system that was not sent yet, in bytes (`TCP_NOTSENT_LOWAT`).
///
/// Without a limit it takes megabytes. On a slow link those hold up every Ping, Pong and Close frame behind them, and
/// "has left" would mean little. What is under way to the peer is not limited by it, so neither is the rate.
const UNSENT: u32 = 128 * 1024;

/// Keeps little in the operating system that was not sent yet.
pub(crate) fn limit_unsent(stream: &TcpStream) {
    // An old kernel that does not know of it sends all the same.
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
}

/// How many bytes the operating system has taken that the peer's has not acknowledged.
pub(crate) fn unacknowledged(stream: &TcpStream) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is borrowed from an open socket, and this request (SIOCOUTQ in tcp(7)) writes one `int` to
    // where its argument points, which is one. No safe function of the standard library, tokio, socket2 or rustix
    // makes it.
    #[allow(unsafe_code)]
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if result == 0 { usize::try_from(bytes).unwrap_or_default() } else { 0 }
}
