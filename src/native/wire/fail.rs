//! Telling the peer that it broke the protocol, and leaving so that it learns of it.

use core::future::poll_fn;
use core::task::{Context, Waker};
use core::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connection::Connection;
use crate::close::CloseCode;

/// Sends a Close frame and lets go of the connection.
///
/// Dropping a socket with unread data resets it, which can overtake the Close frame: so the rest is read, for as long
/// as a closing handshake may take, while the client goes on.
pub(crate) fn fail_connection(mut connection: Connection, code: CloseCode, close_timeout: Duration, waker: &Waker) {
    // Behind the message that is being sent. Does nothing where a Close frame is on its way already, which then has to do.
    connection.writer.close(Some((code, "")), false);
    // At once, as the runtime may end before the task below gets its turn.
    let _ = connection.poll_flush(&mut Context::from_waker(waker));
    tokio::spawn(tokio::time::timeout(close_timeout, async move {
        poll_fn(|cx| connection.poll_flush(cx)).await;
        let _ = connection.stream.shutdown().await;
        let mut scrap = [0; 4096];
        while let Ok(1..) = connection.stream.read(&mut scrap).await {}
    }));
}
