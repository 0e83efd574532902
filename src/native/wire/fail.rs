//! Fails a connection whose peer violated the protocol (RFC 6455, section 7.1.7).

use core::future::poll_fn;
use core::task::{Context, Waker};
use core::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connection::Connection;
use crate::close::CloseCode;

/// Sends a Close frame with this code and reason, and closes the connection in the background.
///
/// Dropping a socket with unread data resets it, and the reset can overtake the Close frame. So the remaining data is
/// read and discarded until the peer closes, at most for `close_timeout`. The client does not wait for this.
pub(crate) fn fail_connection(
    mut connection: Connection,
    code: CloseCode,
    reason: &str,
    close_timeout: Duration,
    waker: &Waker,
) {
    // Sent after the message that is being sent. Does nothing if a Close frame was sent before.
    connection.writer.close(Some((code, reason)), false);
    // Written at once, because the runtime may end before the task below runs.
    let _ = connection.poll_flush(&mut Context::from_waker(waker));
    tokio::spawn(tokio::time::timeout(close_timeout, async move {
        poll_fn(|cx| connection.poll_flush(cx)).await;
        let _ = connection.stream.shutdown().await;
        let mut scrap = [0; 4096];
        while let Ok(1..) = connection.stream.read(&mut scrap).await {}
    }));
}
