//! The clients. Each does the same by its own API, as an app would.

pub(crate) mod homing;
pub(crate) mod tungstenite;

use std::sync::Arc;

use bytes::Bytes;
use tokio_rustls::rustls::ClientConfig;

/// A connection, with TCP_NODELAY.
pub(crate) struct Target {
    /// `127.0.0.1` and a port.
    pub(crate) address: String,
    pub(crate) path: String,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// With permessage-deflate, whose context both sides keep.
    pub(crate) deflate: bool,
}

impl Target {
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/{}", self.address, self.path)
    }
}

/// A connection of a client.
#[allow(async_fn_in_trait)]
pub(crate) trait Client: Sized {
    /// Whether it has permessage-deflate.
    const DEFLATES: bool;

    /// Opens a connection.
    async fn connect(target: &Target) -> Self;

    /// Waits until so many messages of this length have arrived.
    async fn receive(&mut self, count: usize, length: usize);

    /// Sends this so many times, as text or binary, and waits until they have been passed to the operating system.
    async fn send(&mut self, count: usize, text: bool, payload: &Bytes);

    /// So many times, sends this as a binary message and waits until it has come back.
    async fn round_trips(&mut self, count: usize, payload: &Bytes) {
        for _ in 0..count {
            self.send(1, false, payload).await;
            self.receive(1, payload.len()).await;
        }
    }

    /// Closes the connection with a closing handshake.
    async fn close(self);
}
