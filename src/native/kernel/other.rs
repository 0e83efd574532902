//! What stands in for [`linux`](super) elsewhere: how much waits in the operating system is neither limited nor known.

use tokio::net::TcpStream;

pub(crate) fn limit_unsent(_: &TcpStream) {}

pub(crate) fn unacknowledged(_: &TcpStream) -> usize {
    0
}
