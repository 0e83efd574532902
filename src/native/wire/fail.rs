//! Fails a connection whose peer violated the protocol (RFC 6455, section 7.1.7).

use core::future::poll_fn;
use core::task::{Context, Waker};
use core::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::AbortHandle;

use super::connection::Connection;
use crate::close::CloseCode;

/// Sends a Close frame with this code and reason, and closes the connection in the background.
///
/// Dropping a socket with unread data resets it, and the reset can overtake the Close frame. So the remaining data is
/// read and discarded until the peer closes, at most for `close_timeout`. The client does not wait for this. Returns a
/// handle of the task that does.
pub(crate) fn fail_connection(
    connection: Connection,
    code: CloseCode,
    reason: &str,
    close_timeout: Duration,
    waker: &Waker,
) -> AbortHandle {
    // All else is freed at once, above all a message of which a part has arrived.
    let Connection { mut stream, mut writer, .. } = connection;
    // Sent after the message that is being sent. Does nothing if a Close frame was sent before.
    writer.close(Some((code, reason)), false);
    // Written at once, because the runtime may end before the task below runs.
    let _ = writer.poll_flush(&mut stream, &mut Context::from_waker(waker));
    let closing = tokio::spawn(tokio::time::timeout(close_timeout, async move {
        poll_fn(|cx| writer.poll_flush(&mut stream, cx)).await;
        let _ = stream.shutdown().await;
        drop(writer);
        let mut scrap = [0; 4096];
        while let Ok(1..) = stream.read(&mut scrap).await {}
    }));
    closing.abort_handle()
}
