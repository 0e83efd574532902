//! The handle of a client.

mod connection;
mod control;
mod weak;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

pub use weak::WeakWebSocket;

use bytes::Bytes;
use homing_machine::{PausedBy, State, Stats};

use crate::builder::Builder;
use crate::driver::{Request, Shared, Waiter};
use crate::error::{SendError, SendErrorKind};
use crate::futures::{Flush, Ready, Unflushed};
use crate::message::{BinaryType, Message, Text};

/// A handle of a client. Made by [`WebSocket::builder`] and [`Builder::connect`].
///
/// Handles are cheap to clone, `Send` and `Sync` on every target, and all clones refer to the same client. No method
/// blocks, and every method may be called in every callback.
///
/// # Life of the client
/// The client outlives its connections: it reconnects until it is closed, gives up, or loses its last handle. Dropping the
/// last handle closes it gracefully, unless [`detach`](Self::detach) was called. [`Events`](crate::Events) keep the client
/// alive as a handle does. So does a clone that one of the client's own callbacks owns, which is a leak: store a
/// [`WeakWebSocket`] there.
///
/// Natively the client is a task of the tokio runtime in which it was connected, and the runtime must outlive it. A program
/// that returns from `main` right after [`send`](Self::send), or that only drops its handle there, loses the queue. Close the
/// client and wait for its end:
///
/// ```no_run
/// # async fn example(ws: homing::WebSocket) -> Result<(), homing::CloseError> {
/// ws.close(1000, "")?;
/// let end = ws.closed().await;
/// let unsent = ws.take_unsent();
/// # drop((end, unsent));
/// # Ok(()) }
/// ```
///
/// # As a sink
/// A handle is also a [`Sink`](futures_sink::Sink) of [`Message`]s: it waits for room in the send buffer before each message.
/// Closing the sink closes the client.
///
/// # Examples
/// ```
/// # use homing::memory::Network;
/// # use std::time::Duration;
/// use homing::{State, WebSocket};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let network = Network::new();
/// # let connect = |builder| network.connect(builder);
/// let ws = connect(WebSocket::builder("wss://example.com/feed"))?;
/// ws.send("queued until the connection is open")?;
/// # network.advance(Duration::ZERO);
/// assert_eq!(ws.state(), State::Open);
/// ws.close(1000, "done")?;
/// # Ok(()) }
/// ```
#[must_use = "a client closes when its last handle is dropped: keep the handle, or call `detach`"]
pub struct WebSocket {
    /// Waits where the handle is used as a sink.
    pub(crate) waiter: Waiter,
    pub(crate) unflushed: Unflushed,
    binary_type: BinaryType,
    /// Keeps the client alive. What callbacks are given does not, but its clones do.
    counted: bool,
}

/// # Sending and receiving
impl WebSocket {
    /// Returns a builder of a client for this URL.
    ///
    /// The scheme is `ws` or `wss`; `http` and `https` mean the same. A fragment is not allowed. In browsers a relative URL
    /// is resolved against the page; natively it is an error. [`Builder::connect`] checks the URL.
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

    /// Queues a message and returns at once.
    ///
    /// Messages leave in the order of these calls: immediately while the client is open, otherwise as soon as it is open
    /// again. Only what is sent inside `on_open` leaves before what was queued earlier (S13), and is not refused by a full
    /// buffer. A message that was not handed to a socket survives a reconnect. One that was handed over is never sent
    /// twice: if its connection breaks first, [`CloseEvent::lost`](crate::CloseEvent::lost) counts it.
    ///
    /// # Errors
    /// Returns the message in a [`SendError`] if
    /// - the send buffer is full ([`SendErrorKind::Full`], see [`Builder::max_send_buffer`]);
    /// - the client is closed, or is closing and will not reconnect ([`SendErrorKind::Closed`]).
    #[inline]
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.shared().send(message.into())
    }

    /// Queues bytes as a text or a binary message, as [`Builder::binary_type`] chooses: text for [`BinaryType::Blob`], binary
    /// for [`BinaryType::ArrayBuffer`], which is the default.
    ///
    /// # Errors
    /// As [`send`](Self::send). For [`BinaryType::Blob`] also [`SendErrorKind::NotUtf8`] if the bytes are not valid UTF-8.
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

    /// Waits until every message queued before this call has left for the operating system or the browser, to its last byte.
    ///
    /// Messages that are queued later, also by other handles, do not delay it. A message that has left can still be lost in the
    /// network or at the peer: only an answer of the peer proves that it arrived.
    ///
    /// Messages leave after a callback returns. To wait inside a callback, spawn a task. A callback that blocks on this
    /// future would block its own client, so polling it on the callback's thread fails instead. A callback that blocks on
    /// another thread which waits for this future cannot be detected and never returns.
    ///
    /// # Errors
    /// - [`FlushError::Ended`] if the client ended first.
    /// - [`FlushError::Lost`] if a connection broke with one of the messages, or if one was taken back.
    /// - [`FlushError::InCallback`] if the future is polled inside a callback of this client and would have to wait.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(ws: homing::WebSocket) -> Result<(), Box<dyn std::error::Error>> {
    /// ws.send("the last message")?;
    /// ws.flush().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// [`FlushError::Ended`]: crate::FlushError::Ended
    /// [`FlushError::Lost`]: crate::FlushError::Lost
    /// [`FlushError::InCallback`]: crate::FlushError::InCallback
    pub fn flush(&self) -> Flush {
        Flush::new(self)
    }

    /// Waits for room in the send buffer.
    ///
    /// Resolves immediately unless the buffer is full. A full buffer has room again when it is half empty. Also resolves when
    /// the client has ended, and inside a callback of this client, where no room can appear before the callback returns.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(ws: homing::WebSocket) -> Result<(), homing::SendError> {
    /// for number in 0..1_000_000 {
    ///     ws.ready().await;
    ///     ws.send(number.to_string())?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn ready(&self) -> Ready {
        Ready::new(self)
    }

    /// Stops the delivery of messages until [`resume`](Self::resume) is called.
    ///
    /// The heartbeat does not time out while paused.
    ///
    /// - Native: the socket is not read, so that TCP slows the peer down. Pings of the peer are not answered meanwhile.
    /// - Browsers cannot stop reading: messages wait in memory, and [`Stats::bytes_held`] counts them.
    pub fn pause(&self) {
        self.shared().request(Request::Pause(PausedBy::User, true));
    }

    /// Resumes the delivery of messages after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.shared().request(Request::Pause(PausedBy::User, false));
    }

    /// Returns a handle that does not keep the client alive, to be stored in callbacks.
    pub fn downgrade(&self) -> WeakWebSocket {
        WeakWebSocket::new(self.shared(), self.binary_type)
    }

    /// Returns what the client is doing. Inside a callback this is the state that the callback reports.
    pub fn state(&self) -> State {
        self.shared().lock().machine.state()
    }

    /// Returns a snapshot of the client's counters, over all of its attempts.
    pub fn stats(&self) -> Stats {
        let now = self.shared().clock.now();
        self.shared().lock().machine.stats(now)
    }

    /// Returns how many bytes of payload have not left yet: those in the queue and those in the socket's own buffer.
    ///
    /// Native: what the operating system has taken does not count. Browsers: `bufferedAmount` (WHATWG) as last asked for, plus
    /// the queue.
    pub fn buffered_amount(&self) -> usize {
        self.shared().lock().machine.buffered()
    }

    /// Returns, in order, the messages that were still queued when the client ended, and removes them from the client.
    ///
    /// Returns an empty vector before the client has ended. A closed client that reconnects sends the messages that were not
    /// taken. If the buffer was full it has room afterwards, without a call of `on_buffer_drain`.
    pub fn take_unsent(&self) -> Vec<Message> {
        let unsent: VecDeque<_> = self.shared().lock().machine.take_unsent();
        unsent.into()
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
