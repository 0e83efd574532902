//! The set-up of connections.

use core::time::Duration;

use homing_machine::micros;

use super::{Builder, not_zero};
use crate::driver::platform::MaybeSend;
use crate::session::{Session, SetupError, UserSetup};

/// # Set-up
impl Builder {
    /// Sets an async function that prepares each connection before the client is open: it logs in, subscribes, or resumes,
    /// after every opening handshake. Default: none.
    ///
    /// The function is given a [`Session`], which sends and receives directly, past the queue and the callbacks. While it runs,
    /// the client is [`Connecting`](crate::State::Connecting): nothing queued leaves, nothing is passed to `on_message`, and
    /// there are no heartbeats.
    ///
    /// - If it returns `Ok`, the client is open: `on_open` is called, what `on_open` sends leaves, then what was queued.
    ///   Messages that the session did not receive are passed to `on_message`.
    /// - If it returns an error, the attempt fails with [`ErrorKind::Setup`](crate::ErrorKind::Setup), and is retried by the
    ///   policy. [`SetupError`] chooses the close code, and whether the client ends instead.
    /// - If the client is closed or reconnected, or the connection breaks, the function's future is dropped.
    ///
    /// It runs in the client's task, as callbacks do: it should not block, and it may use the handles of the client. A panic
    /// ends the client with [`EndReason::Panicked`](crate::EndReason::Panicked). Natively it must be `Send`.
    ///
    /// ```
    /// use homing::{Message, Session, SetupError, WebSocket};
    ///
    /// # async fn fresh_token() -> Result<String, std::num::ParseIntError> { Ok("0123".into()) }
    /// let builder = WebSocket::builder("wss://example.com/feed")
    ///     .setup(|mut session: Session| async move {
    ///         session.send(format!("login {}", fresh_token().await?))?;
    ///         match session.receive().await? {
    ///             Message::Text(answer) if answer == "welcome" => Ok(()),
    ///             _ => Err(SetupError::new("login refused").close(4401, "login refused")?),
    ///         }
    ///     })
    ///     .on_message(|_, message| println!("{message:?}"));
    /// ```
    pub fn setup<F, A>(mut self, setup: F) -> Self
    where
        F: FnMut(Session) -> A + MaybeSend + 'static,
        A: Future<Output = Result<(), SetupError>> + MaybeSend + 'static,
    {
        self.settings.setup = Some(Box::new(UserSetup::new(setup)));
        self
    }

    /// Sets how long the [set-up](Self::setup) of a connection may take, counted from its opening handshake. Default: 10 s.
    /// Zero is an error.
    pub fn setup_timeout(mut self, timeout: Duration) -> Self {
        self.settings.setup_timeout = timeout;
        self.checked("setup_timeout", not_zero(micros(timeout) > 0.0))
    }
}
