//! Closing and reconnecting by hand (S8a, S10).

use alloc::string::String;
use core::time::Duration;

use super::WebSocket;
use crate::close::CloseCode;
use crate::driver::Request;
use crate::error::CloseError;
use crate::futures::Closed;

/// # Closing and reconnecting
impl WebSocket {
    /// Closes the client with a close code and a reason.
    ///
    /// - While `Open`: the queued messages leave, then the Close frame (RFC 6455, section 7.1.2). The client waits for the
    ///   peer's Close frame for at most [`close_timeout`](crate::Builder::close_timeout).
    /// - While `Connecting`: the attempt is abandoned.
    /// - While `Waiting`: the reconnect is cancelled.
    /// - While `Closing` or `Closed`: no further attempt follows. The code and reason of the first call remain.
    ///
    /// The timeout counts from the last progress, so a long queue may take longer: [`abort`](Self::abort) ends that. Without a
    /// connection the queue does not leave, and [`take_unsent`](Self::take_unsent) returns it.
    ///
    /// A closed client does not reconnect, and no callback can change that. Only a call of [`reconnect`](Self::reconnect)
    /// outside its callbacks opens it again.
    ///
    /// # Errors
    /// Returns an error, and does not close, if the code is neither 1000 nor from 3000 to 4999, or if the reason is longer
    /// than 123 bytes of UTF-8. These are the limits of browsers (WHATWG, `close()`), and hold natively as well.
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl Into<String>) -> Result<(), CloseError> {
        let (code, reason) = (code.into(), reason.into());
        CloseError::check(code, &reason)?;
        self.shared().request(Request::Close { code, reason });
        Ok(())
    }

    /// Closes the client immediately, without a closing handshake. Queued messages do not leave:
    /// [`take_unsent`](Self::take_unsent) returns them.
    ///
    /// As after [`close`](Self::close), only [`reconnect`](Self::reconnect) outside the callbacks opens the client again.
    pub fn abort(&self) {
        self.shared().request(Request::Abort);
    }

    /// Starts a new attempt now, in every state.
    ///
    /// - `Connecting`: the attempt is abandoned.
    /// - `Open`: the connection is closed first, with code 1000.
    /// - `Waiting`: the rest of the delay is skipped.
    /// - `Closing`: another attempt follows, and what is queued no longer leaves before the Close frame.
    /// - `Closed`: the client starts over, and the count of attempts is reset.
    /// - Inside `on_close`: replaces the decision of the [policy](crate::Builder::reconnect), also if that was to stop.
    ///
    /// # Minimum delays
    /// A program that calls this whenever its peer is down does not dial in a busy loop:
    ///
    /// - Inside a callback, after an attempt that failed or was open for less than
    ///   [`stable_after`](crate::Builder::stable_after), the delay is that of the policy, which grows each time. This holds also
    ///   if the policy has no attempts left. [`Reconnect::never`] counts as 1 s.
    /// - Outside callbacks, if the last attempt that this method dialled has failed, the client waits until the policy's
    ///   first delay has passed since then, but at most 1 s.
    /// - Inside a callback nothing happens after [`close`](Self::close), [`abort`](Self::abort),
    ///   [`cancel_reconnect`](Self::cancel_reconnect) or the drop of the last handle.
    ///
    /// A call is inside a callback if it happens on the callback's thread before the callback returns.
    ///
    /// [`Reconnect::never`]: crate::Reconnect::never
    pub fn reconnect(&self) {
        self.reconnect_after(Duration::ZERO);
    }

    /// As [`reconnect`](Self::reconnect), after a delay. The delay is extended if `reconnect` would wait longer.
    pub fn reconnect_after(&self, delay: Duration) {
        self.shared().reconnect(delay);
    }

    /// Cancels the scheduled reconnect of a `Waiting` client, which ends as by [`close`](Self::close). The same holds for one that
    /// is `Closing` because of [`reconnect`](Self::reconnect), and inside `on_error` and `on_close`. Does nothing otherwise: what
    /// follows a Close frame of the peer is decided in `on_close`.
    pub fn cancel_reconnect(&self) {
        self.shared().request(Request::CancelReconnect);
    }

    /// Waits for the end of the client and returns its reason. Resolves immediately if the client has ended; every clone
    /// returns the same value.
    ///
    /// Do not block on this future inside a callback of the same client: the client ends only after the callback returns.
    pub fn closed(&self) -> Closed {
        Closed::new(self)
    }

    /// Lets the client continue after its last handle is dropped. It then ends by its policy, or is closed by a
    /// [`WeakWebSocket`](crate::WeakWebSocket) or by the handle that its callbacks receive.
    pub fn detach(&self) {
        self.shared().detach();
    }
}
