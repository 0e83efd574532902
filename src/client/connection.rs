//! Waiting for a connection, and asking whether it is alive (S28, S30).

use super::WebSocket;
use crate::futures::{Opened, Ping};

/// # The connection
impl WebSocket {
    /// Waits until the client is open. Resolves immediately if it is.
    ///
    /// A client that ends first makes the future fail, also if it has ended already. After [`reconnect`](Self::reconnect) of a
    /// closed client, a new call waits again. A future that was made before resolves to what happened first.
    ///
    /// By default a client retries without end, and the future waits as long.
    /// [`Reconnect::max_initial_attempts`](crate::Reconnect::max_initial_attempts) makes a server that cannot be reached an
    /// error of the program's start, while a connection that is lost later is retried.
    ///
    /// Do not block on this future inside a callback of the same client: the client opens only after the callback returns.
    ///
    /// # Errors
    /// The [`End`](crate::End) of the client. Its [`error`](crate::End::error) is that of the last attempt.
    ///
    /// # Examples
    /// ```no_run
    /// use homing::{Reconnect, WebSocket};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let ws = WebSocket::builder("wss://example.com/feed")
    ///     .reconnect(Reconnect::default().max_initial_attempts(3))
    ///     .connect()?;
    /// ws.opened().await?;
    /// # Ok(()) }
    /// ```
    pub fn opened(&self) -> Opened {
        Opened::new(self)
    }

    /// Sends a heartbeat now, and waits for its round-trip time.
    ///
    /// For programs that learn that something may have happened to the connection, for example from the operating system that
    /// the network has changed: if the connection is dead, this finds out within the heartbeat's timeout, instead of at the
    /// next heartbeat.
    ///
    /// - Native: a Ping frame (RFC 6455, section 5.5.2), or the message of [`Heartbeat::message`](crate::Heartbeat::message).
    /// - Browsers cannot send Ping frames: the [heartbeat's](crate::Builder::heartbeat) message.
    ///
    /// The heartbeat is sent when this is called, also if the future is dropped. Calls before it has left share one.
    ///
    /// # What counts as the answer
    /// For a Ping frame, the Pong with its payload or that of a later heartbeat. For a message, a message that
    /// [`heartbeat_reply`](crate::Builder::heartbeat_reply) recognizes; without a predicate, the next message of any kind, which
    /// is delivered as well.
    ///
    /// The answer also calls [`on_latency`](crate::Handler::on_latency) and counts in [`stats`](Self::stats). Natively it is not
    /// read while the client is [paused](Self::pause): the time until `resume` is part of the round trip.
    ///
    /// # Timeout
    /// That of the heartbeat: if not a single byte arrives in time, the attempt fails with
    /// [`HeartbeatTimeout`](crate::ErrorKind::HeartbeatTimeout) and is retried by the policy. Without a heartbeat, Ping frames
    /// are sent every 20 s with a timeout of 20 s until one is answered. A peer that sends other data but never answers keeps
    /// the future waiting until the attempt ends.
    ///
    /// Do not block on this future inside a callback of the same client: nothing is sent before the callback returns.
    ///
    /// # Errors
    /// - [`PingError::NotOpen`] at once if the client is not open. A client that is [waiting](crate::State::Waiting) can be made to
    ///   [reconnect](Self::reconnect) now.
    /// - [`PingError::Lost`] if the connection ends, or begins to close, before the answer arrives.
    /// - [`PingError::Unsupported`] at once in a browser if the client has no heartbeat message.
    ///
    /// # Examples
    /// ```no_run
    /// use homing::{PingError, State, WebSocket};
    ///
    /// # async fn example(ws: WebSocket) {
    /// // The operating system reports that the network has changed.
    /// match ws.ping().await {
    ///     Ok(round_trip) => println!("still connected, round trip {round_trip:?}"),
    ///     // Without the rest of the delay.
    ///     Err(PingError::NotOpen) if ws.state() == State::Waiting => ws.reconnect(),
    ///     Err(error) => println!("{error}"), // the client reconnects unless it is closed
    /// }
    /// # }
    /// ```
    ///
    /// [`PingError::NotOpen`]: crate::PingError::NotOpen
    /// [`PingError::Lost`]: crate::PingError::Lost
    /// [`PingError::Unsupported`]: crate::PingError::Unsupported
    pub fn ping(&self) -> Ping {
        Ping::new(self)
    }
}
