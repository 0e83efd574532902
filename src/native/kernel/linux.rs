//! TCP socket functions of Linux and Android.

use core::time::Duration;
use std::os::fd::AsRawFd as _;

use socket2::SockRef;
use tokio::net::TcpStream;

/// Limits the unsent bytes that the operating system buffers (`TCP_NOTSENT_LOWAT`).
pub(crate) fn limit_unsent(stream: &TcpStream, bytes: u32) {
    // Kernels without this option work without the limit.
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(bytes);
}

/// Returns the limit of unsent bytes. `None` if it is not known.
#[cfg(test)]
pub(crate) fn unsent_limit(stream: &TcpStream) -> Option<u32> {
    SockRef::from(stream).tcp_notsent_lowat().ok()
}

/// Returns the number of bytes that the operating system holds and the peer has not acknowledged.
pub(crate) fn unacknowledged(stream: &TcpStream) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is borrowed from an open socket, and this request (SIOCOUTQ in tcp(7)) writes one `int` to
    // where its argument points, which is one. No safe function of the standard library, tokio, socket2 or rustix
    // makes it.
    #[allow(unsafe_code)]
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if result == 0 { usize::try_from(bytes).unwrap_or_default() } else { 0 }
}

/// Returns for how long the peer may be silent on a healthy link, by TCP's measurements. `None` if the system does not
/// report them.
///
/// An answer takes one round trip, plus two if a packet is lost and detected as such, or one retransmission timeout. The
/// timeout is taken without its exponential backoff, which keeps growing on a dead link.
pub(crate) fn silence_tolerance(stream: &TcpStream) -> Option<Duration> {
    /// Positions in `struct tcp_info` of `linux/tcp.h`, in units of `u32`. Not every C library declares all its fields.
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

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (stream, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn s10_unsent_bytes_are_limited() {
        let (stream, _peer) = connected().await;
        assert!(unsent_limit(&stream).is_some_and(|limit| limit != 10_000));
        limit_unsent(&stream, 10_000);
        assert_eq!(unsent_limit(&stream), Some(10_000));
    }

    /// The peer's system takes what fits in its window, and what is left counts.
    #[tokio::test]
    async fn s17_bytes_that_the_peer_does_not_take_are_unacknowledged() {
        let (stream, _peer) = connected().await;
        assert_eq!(unacknowledged(&stream), 0);
        stream.writable().await.unwrap();
        let mut written = 0;
        while let Ok(length) = stream.try_write(&[0; 64 * 1024]) {
            written += length;
        }
        assert!((1..=written).contains(&unacknowledged(&stream)), "{} of {written}", unacknowledged(&stream));
    }

    #[tokio::test]
    async fn s17_the_loopback_link_tolerates_little_silence() {
        let (stream, _peer) = connected().await;
        let patience = silence_tolerance(&stream).expect("Linux reports it");
        assert!(patience > Duration::ZERO && patience < Duration::from_secs(2), "{patience:?}");
    }
}
