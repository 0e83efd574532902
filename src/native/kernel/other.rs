//! Stands in for `linux.rs` on other systems: buffered bytes are neither limited nor known.

use core::time::Duration;

use tokio::net::TcpStream;

/// Nothing has to be limited.
pub(crate) const UNSENT: usize = 0;

pub(crate) fn limit_unsent(_: &TcpStream) {}

pub(crate) fn unacknowledged(_: &TcpStream) -> usize {
    0
}

pub(crate) fn silence_tolerance(_: &TcpStream) -> Option<Duration> {
    None
}
