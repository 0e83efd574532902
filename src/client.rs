//! The handle of a client.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use bytes::Bytes;

use crate::builder::Builder;
use crate::close::CloseCode;
use crate::driver::{Shared, Waiter};
use crate::error::{CloseError, SendError, SendErrorKind};
use crate::machine::{PausedBy, Request, State};
use crate::message::{BinaryType, Message, Text};
use crate::stats::Stats;
use crate::waiting::{Closed, Flush, Ready, Unflushed};
use crate::weak::WeakWebSocket;

/// A WebSocket client that comes back: a handle, cheap to clone, usable from everywhere.
///
/// The client outlives its connections. Dropping the last handle closes it gracefully; [`detach`](Self::detach) lets
/// it run on. [`Events`](crate::Events) keep it alive as a handle does, and so does a clone that one of its own callbacks
/// owns: keep a [`WeakWebSocket`] there. No method blocks, and every one may be called in every callback.
///
/// It is also a [`Sink`](futures_sink::Sink) of messages, which waits for room in the send buffer.
#[must_use = "a client closes when its last handle is dropped: keep the handle, or call `detach`"]
pub struct WebSocket {
    /// Waits where the handle is used as a sink.
    pub(crate) waiter: Waiter,
    pub(crate) unflushed: Unflushed,
    binary_type: BinaryType,
    /// Keeps the client alive. What callbacks are given does not, but its clones do.
    counted: bool,
}

impl WebSocket {
    /// Configures a client for a `ws` or `wss` URL; `http` and `https` are read as these.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder::new(url)
    }

    pub(crate) fn new(shared: Arc<Shared>, binary_type: BinaryType) -> Self {
        shared.add_handle();
        Self { waiter: Waiter::new(shared), unflushed: Unflushed::default(), binary_type, counted: true }
    }

    /// `None` if nothing keeps the client alive.
    pub(crate) fn upgraded(shared: Arc<Shared>, binary_type: BinaryType) -> Option<Self> {
        let is_alive = shared.revive_handle();
        is_alive.then(|| Self {
            waiter: Waiter::new(shared),
            unflushed: Unflushed::default(),
            binary_type,
            counted: true,
        })
    }

    pub(crate) fn uncounted(&self) -> Self {
        Self {
            waiter: self.waiter.clone(),
            unflushed: Unflushed::default(),
            binary_type: self.binary_type,
            counted: false,
        }
    }

    #[inline]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.waiter.shared
    }

    /// Queues a message. It leaves in order, at once if the client is open and else when it is open again.
    ///
    /// # Errors
    /// The message comes back if the send buffer is full, or if the client is closed or closing for good.
    #[inline]
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.shared().send(message.into())
    }

    /// Queues bytes as the frame type that [`binary_type`](Builder::binary_type) names: text for
    /// [`BinaryType::Blob`], binary for [`BinaryType::ArrayBuffer`].
    ///
    /// # Errors
    /// As [`send`](Self::send); also where bytes that should leave as text are not valid UTF-8.
    pub fn send_payload(&self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        let payload = payload.into();
        match self.binary_type {
            BinaryType::ArrayBuffer => self.send(payload),
            BinaryType::Blob => match Text::try_from(payload.clone()) {
                Ok(text) => self.send(text),
                Err(_) => Err(SendError { kind: SendErrorKind::NotUtf8, message: Message::Binary(payload) }),
            },
        }
    }

    /// Waits until everything queued before has left for the operating system (or browser). What is sent later, also by
    /// other handles, does not hold it up.
    ///
    /// Messages leave when callbacks have returned. To wait for that from inside a callback, spawn a task: blocking there on
    /// this future, by an executor of its own, would hold up the client for ever. On the callback's thread that is an error;
    /// a callback that waits for another thread which waits for this cannot be helped.
    ///
    /// # Errors
    /// [`FlushError::Ended`] if the client ended first, [`FlushError::Lost`] if some of it went down with its connection,
    /// [`FlushError::InCallback`] if it is polled inside a callback of this client and would have to wait.
    ///
    /// [`FlushError::Ended`]: crate::FlushError::Ended
    /// [`FlushError::Lost`]: crate::FlushError::Lost
    /// [`FlushError::InCallback`]: crate::FlushError::InCallback
    pub fn flush(&self) -> Flush {
        Flush::new(self)
    }

    /// Waits for room in the send buffer: half of it, once it was full. Resolves at once while there is room, and
    /// when the client has ended; also inside a callback of this client, where there will be none until it returns.
    pub fn ready(&self) -> Ready {
        Ready::new(self)
    }

    /// Closes the client: what is queued leaves, then the Close frame, then at most `close_timeout` passes until the
    /// peer's. While connecting the attempt is abandoned; while waiting the reconnect is cancelled.
    ///
    /// A closed client does not reconnect, and no callback can undo it: only a call of [`reconnect`](Self::reconnect) from
    /// outside its callbacks does.
    ///
    /// # Errors
    /// Only code 1000 and 3000 to 4999 and at most 123 bytes of reason may be sent. Nothing happens then.
    pub fn close(&self, code: impl Into<CloseCode>, reason: impl Into<String>) -> Result<(), CloseError> {
        let (code, reason) = (code.into(), reason.into());
        if !code.may_be_sent() {
            return Err(CloseError::Code(code.get()));
        }
        if reason.len() > 123 {
            return Err(CloseError::Reason(reason.len()));
        }
        self.shared().request(Request::Close { code, reason });
        Ok(())
    }

    /// Ends the client at once: no closing handshake, nothing more leaves. It can be undone as [`close`](Self::close) can.
    pub fn abort(&self) {
        self.shared().request(Request::Abort);
    }

    /// Connects anew, now. Works in every state: an open attempt is closed first (1000), a waiting client does not
    /// wait any longer, a closed one begins anew. In `on_close` it replaces what the policy chose.
    ///
    /// No program can dial in a loop by this, as one does that reconnects in `on_close` whenever its peer is down:
    ///
    /// - Inside a callback, after an attempt that failed or was not open for
    ///   [`stable_after`](Builder::stable_after), it waits as long as the [policy](Builder::reconnect) does, and longer each
    ///   time. Where the policy has no attempts left its delays are used all the same; [`Reconnect::never`] counts as 1 s.
    /// - Outside callbacks, where the attempt that it dialled last has failed, it waits until the policy's first delay has
    ///   passed since then, but no longer than 1 s.
    /// - Inside a callback it does nothing after [`close`](Self::close), [`abort`](Self::abort), the cancelling of a reconnect
    ///   and the drop of the last handle.
    ///
    /// What happens on the thread that runs a callback, before it returns, is inside it.
    ///
    /// [`Reconnect::never`]: crate::Reconnect::never
    pub fn reconnect(&self) {
        self.reconnect_after(Duration::ZERO);
    }

    /// As [`reconnect`](Self::reconnect), after a delay, which is extended where `reconnect` would wait longer.
    pub fn reconnect_after(&self, delay: Duration) {
        self.shared().reconnect(delay);
    }

    /// Cancels a reconnect that is waited for; the client ends, as by [`close`](Self::close). Does nothing while connected.
    pub fn cancel_reconnect(&self) {
        self.shared().request(Request::CancelReconnect);
    }

    /// Stops delivering messages.
    ///
    /// Natively the socket is not read meanwhile, so that the peer feels it; nor are its pings seen. A browser cannot
    /// stop reading: messages are held in memory there. Liveness is not judged while paused.
    pub fn pause(&self) {
        self.shared().request(Request::Pause(PausedBy::User, true));
    }

    /// Delivers messages again.
    pub fn resume(&self) {
        self.shared().request(Request::Pause(PausedBy::User, false));
    }

    /// Returns a handle that does not keep the client alive, for callbacks to keep.
    pub fn downgrade(&self) -> WeakWebSocket {
        WeakWebSocket::new(self.shared(), self.binary_type)
    }

    /// Lets the client run on when its last handle is dropped.
    pub fn detach(&self) {
        self.shared().detach();
    }

    /// What the client is doing.
    pub fn state(&self) -> State {
        self.shared().lock().machine.state()
    }

    /// What the client has counted.
    pub fn stats(&self) -> Stats {
        let now = self.shared().clock.now();
        self.shared().lock().machine.stats(now)
    }

    /// How many bytes of payload wait: in the queue and, where the platform tells, in the socket's own buffer.
    pub fn buffered_amount(&self) -> usize {
        self.shared().lock().machine.buffered()
    }

    /// Hands back what was still queued when the client ended, in order. Empty while the client lives: a closed
    /// client that reconnects sends it after all.
    pub fn take_unsent(&self) -> Vec<Message> {
        let unsent: VecDeque<_> = self.shared().lock().machine.take_unsent();
        unsent.into()
    }

    /// Waits for the end of the client. Resolves at once if it has ended; every clone gets the same value.
    ///
    /// Never block on it inside a callback of this client (by an executor of its own, say): the client ends when the
    /// callback has returned, so that neither would happen.
    pub fn closed(&self) -> Closed {
        Closed::new(self)
    }
}

impl Clone for WebSocket {
    fn clone(&self) -> Self {
        Self::new(self.shared().clone(), self.binary_type)
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        if self.counted {
            self.shared().drop_handle();
        }
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("state", &self.state()).finish_non_exhaustive()
    }
}
