//! Telling a peer that broke the protocol, and leaving so that it hears it.

use core::pin::Pin;
use core::task::{Context, Waker};
use core::time::Duration;

use futures_sink::Sink;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::up::Wire;
use crate::close::CloseCode;

/// Sends a Close frame and lets go of the connection.
///
/// Dropping a socket with unread data resets it, which can overtake the Close frame: so the rest is read, for as long
/// as a closing handshake may take, while the client goes on.
pub(super) fn part(mut wire: Wire, code: CloseCode, patience: Duration, waker: &Waker) {
    let frame = CloseFrame { code: code.get().into(), reason: Default::default() };
    // Refused where a Close frame is on its way already, which then has to do.
    let _ = Pin::new(&mut wire).start_send(Message::Close(Some(frame)));
    // At once, as the runtime may end before the task below gets its turn.
    let _ = Pin::new(&mut wire).poll_flush(&mut Context::from_waker(waker));
    tokio::spawn(tokio::time::timeout(patience, async move {
        let _ = core::future::poll_fn(|cx| Pin::new(&mut wire).poll_flush(cx)).await;
        let stream = wire.get_mut();
        let _ = stream.shutdown().await;
        let mut scrap = [0; 4096];
        while let Ok(1..) = stream.read(&mut scrap).await {}
    }));
}
