//! Stands in for `linux.rs` on other systems: buffered bytes are neither limited nor known.

use core::time::Duration;

use tokio::net::TcpStream;

pub(crate) fn limit_unsent(_: &TcpStream, _: u32) {}

#[cfg(test)]
pub(crate) fn unsent_limit(_: &TcpStream) -> Option<u32> {
    None
}

pub(crate) fn unacknowledged(_: &TcpStream) -> usize {
    0
}

pub(crate) fn silence_tolerance(_: &TcpStream) -> Option<Duration> {
    None
}
