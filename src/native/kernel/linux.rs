//! What Linux does and tells of a TCP socket beyond what every system does.

use core::time::Duration;
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

/// For how long silence of the peer proves nothing, by what TCP has measured of the link. `None` where the system does not
/// tell.
///
/// An answer takes one round trip, and another two where a packet is lost and found out to be; or as long as TCP itself
/// waits before it sends a packet again, without its doubling that once a link is dead goes on and on.
pub(crate) fn silence_tolerance(stream: &TcpStream) -> Option<Duration> {
    /// Where `struct tcp_info` of `linux/tcp.h` has these, counted in `u32`s. Not every C library declares it as far.
    const BACKOFF: usize = 1;
    const RTO: usize = 2;
    const RTT: usize = 17;
    let mut info = [0_u32; RTT + 1];
    let mut length = core::mem::size_of_val(&info) as libc::socklen_t;
    // SAFETY: the descriptor is borrowed from an open socket, and this option writes at most `length` bytes to where its
    // argument points, which is an array of that many. No safe function of the standard library, tokio, socket2 or
    // rustix reads it.
    #[allow(unsafe_code)]
    let result = unsafe {
        let info = (&raw mut info).cast();
        libc::getsockopt(stream.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, info, &raw mut length)
    };
    if result != 0 || length as usize != core::mem::size_of_val(&info) {
        return None;
    }
    // The first of four bytes.
    let [backoff, ..] = info[BACKOFF].to_ne_bytes();
    let resent_after = info[RTO].checked_shr(backoff.into()).unwrap_or_default();
    Some(Duration::from_micros(resent_after.into()).max(3 * Duration::from_micros(info[RTT].into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s17_a_link_within_a_machine_asks_for_no_patience() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let patience = silence_tolerance(&stream).expect("Linux tells");
        assert!(patience > Duration::ZERO && patience < Duration::from_secs(2), "{patience:?}");
    }
}
