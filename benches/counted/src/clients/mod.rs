//! The clients. Each does the same by its own API, as an app would.

pub(crate) mod homing;
pub(crate) mod tungstenite;

/// A connection of a client, with TCP_NODELAY.
#[allow(async_fn_in_trait)]
pub(crate) trait Client: Sized {
    /// Opens a connection.
    async fn connect(url: &str) -> Self;

    /// Waits until so many messages of this length have arrived.
    async fn receive(&mut self, count: usize, length: usize);

    /// Sends so many binary messages of this length, and waits until they have been passed to the operating system.
    async fn send(&mut self, count: usize, length: usize);

    /// So many times, sends a binary message of this length and waits until it has come back.
    async fn round_trips(&mut self, count: usize, length: usize) {
        for _ in 0..count {
            self.send(1, length).await;
            self.receive(1, length).await;
        }
    }

    /// Closes the connection with a closing handshake.
    async fn close(self);
}
