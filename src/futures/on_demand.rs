//! The futures that resolve to a value: the first open (S28), and pings (S30).

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use crate::client::WebSocket;
use crate::close::End;
use crate::driver::Awaited;
use crate::error::PingError;

/// A future that resolves when the client is open (S28). Made by [`WebSocket::opened`].
///
/// Its error is the [`End`] of a client that ended first.
///
/// It does not keep the client alive, and can be polled on any task or thread.
#[must_use = "futures do nothing unless awaited"]
pub struct Opened(Awaited<Result<(), End>>);

impl Opened {
    pub(crate) fn new(ws: &WebSocket) -> Self {
        Self(ws.shared().opened())
    }
}

impl Future for Opened {
    type Output = Result<(), End>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}

/// A future that resolves to the round-trip time of a heartbeat (S30). Made by [`WebSocket::ping`].
///
/// The heartbeat is sent whether or not the future is polled. The future does not keep the client alive, and can be polled on
/// any task or thread.
#[must_use = "without the result, nothing shows whether the peer answered"]
pub struct Ping(Awaited<Result<Duration, PingError>>);

impl Ping {
    pub(crate) fn new(ws: &WebSocket) -> Self {
        Self(ws.shared().ping())
    }
}

impl Future for Ping {
    type Output = Result<Duration, PingError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}
