//! The session that a set-up is given, and its error (S27).

mod error;
mod link;
mod running;

use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;

pub use error::{SessionError, SetupError};
pub(crate) use link::Link;
pub(crate) use running::{Host, SetUp, UserSetup};

use crate::driver::Shared;
use crate::error::SendError;
use crate::handshake::Handshake;
use crate::message::Message;

/// The connection that a [set-up](crate::Builder::setup) prepares. It sends and receives directly, past the queue and the
/// callbacks of the client.
///
/// A session belongs to one connection. It is over when its set-up has returned, or when its connection is gone; after that
/// [`send`](Self::send) and [`receive`](Self::receive) fail.
///
/// ```
/// use homing::{Message, Session, SetupError};
///
/// async fn log_in(session: &mut Session, token: &str) -> Result<(), SetupError> {
///     session.send(token.to_owned())?;
///     match session.receive().await? {
///         Message::Text(answer) if answer == "welcome" => Ok(()),
///         _ => Err(SetupError::new("the server does not accept the token")),
///     }
/// }
/// ```
pub struct Session {
    link: Link,
    shared: Arc<Shared>,
    handshake: Handshake,
}

impl Session {
    /// Sends a message before everything that the client has queued.
    ///
    /// It leaves when the set-up waits for something, or returns. It does not count as queued:
    /// [`CloseEvent::lost`](crate::CloseEvent::lost) and [`WebSocket::flush`](crate::WebSocket::flush) ignore it, and after a
    /// failure it is not sent again. The next set-up sends its own messages.
    ///
    /// # Errors
    /// Returns the message in a [`SendError`] if
    /// - [`max_send_buffer`](crate::Builder::max_send_buffer) bytes or more wait to leave ([`Full`](crate::SendErrorKind::Full)):
    ///   [`flush`](Self::flush) waits for them;
    /// - the session is over ([`SessionOver`](crate::SendErrorKind::SessionOver)).
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        match self.link.send(message) {
            Ok(()) => {
                self.shared.nudge();
                Ok(())
            }
            Err((kind, message)) => Err(SendError { kind, message }),
        }
    }

    /// Waits for the next message of this connection. Messages that were not received when the set-up returns are passed to
    /// `on_message`, after `on_open` and in their order.
    ///
    /// Cancel safe: if the future is dropped, no message is lost.
    ///
    /// # Errors
    /// Fails if the session is over.
    pub async fn receive(&mut self) -> Result<Message, SessionError> {
        let (message, makes_room) = poll_fn(|cx| self.link.poll_receive(cx)).await?;
        if makes_room {
            self.shared.nudge();
        }
        Ok(message)
    }

    /// Waits until the socket has taken all messages that the session has sent.
    ///
    /// # Errors
    /// Fails if the session is over.
    pub async fn flush(&mut self) -> Result<(), SessionError> {
        poll_fn(|cx| self.link.poll_flush(cx)).await
    }

    /// Returns the response of the opening handshake, which `on_open` is given as well.
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("is_over", &self.link.is_over()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
