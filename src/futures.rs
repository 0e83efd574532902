//! The futures of a handle, and the handle as a sink.

mod on_demand;

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_sink::Sink;
use homing_machine::Mark;

use crate::client::WebSocket;
use crate::close::{CloseCode, End};
use crate::driver::{Request, Wait, Waiter};
use crate::error::{FlushError, SendError};
use crate::message::Message;

pub use on_demand::{Opened, Ping};

/// A future that resolves when the send buffer has room (S14). Made by [`WebSocket::ready`].
///
/// It does not keep the client alive, and can be polled on any task or thread.
#[must_use = "futures do nothing unless awaited"]
#[derive(Clone)]
pub struct Ready(Waiter);

impl Ready {
    pub(crate) fn new(ws: &WebSocket) -> Self {
        Self(Waiter::new(ws.shared().clone()))
    }
}

impl Future for Ready {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(Wait::Ready, cx).map(|_| ())
    }
}

/// A future that resolves when everything queued before has left (S15). Made by [`WebSocket::flush`].
///
/// Its error is a [`FlushError`]. Polling it inside a callback of the same client fails if it would have to wait.
///
/// It does not keep the client alive, and can be polled on any task or thread.
#[must_use = "futures do nothing unless awaited"]
#[derive(Clone)]
pub struct Flush {
    waiter: Waiter,
    /// `None` if everything had left already.
    mark: Option<Mark>,
}

impl Flush {
    pub(crate) fn new(ws: &WebSocket) -> Self {
        let shared = ws.shared().clone();
        let core = shared.lock();
        let mark = core.machine.mark();
        let mark = (!core.machine.has_left(mark)).then_some(mark);
        drop(core);
        Self { waiter: Waiter::new(shared), mark }
    }
}

impl Future for Flush {
    type Output = Result<(), FlushError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mark) = self.mark else { return Poll::Ready(Ok(())) };
        self.waiter.poll(Wait::Flushed(mark), cx)
    }
}

/// A future that resolves to the [`End`] of the client (S4). Made by [`WebSocket::closed`].
///
/// ```no_run
/// # async fn example(ws: homing::WebSocket) {
/// let end = ws.closed().await;
/// println!("{}, {} messages not sent", end.reason, end.unsent);
/// # }
/// ```
///
/// It does not keep the client alive, and can be polled on any task or thread. If the client was reconnected after the end,
/// the future still resolves, to the latest end.
#[must_use = "futures do nothing unless awaited"]
#[derive(Clone)]
pub struct Closed {
    waiter: Waiter,
    ends: u64,
}

impl Closed {
    pub(crate) fn new(ws: &WebSocket) -> Self {
        let shared = ws.shared().clone();
        let core = shared.lock();
        let ends = core.machine.ends() - u64::from(core.machine.is_over());
        drop(core);
        Self { waiter: Waiter::new(shared), ends }
    }
}

impl Future for Closed {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let wait = Wait::Ended(self.ends);
        let _ = ready!(self.waiter.poll(wait, cx));
        match self.waiter.shared.lock().end() {
            Some(end) => Poll::Ready(end.clone()),
            // Unreachable: an end that was counted is kept.
            None => Poll::Pending,
        }
    }
}

macro_rules! opaque_debug {
    ($($type:ident),*) => {
        $(impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        })*
    };
}

opaque_debug!(Ready, Flush, Closed, Opened, Ping);

/// The part of the queue that a sink has to flush.
#[derive(Default)]
pub(crate) struct Unflushed {
    /// The mark behind the messages that the sink has sent since its last flush.
    sent: Option<Mark>,
    /// The end of the current flush, so that messages of other handles do not delay it.
    end: Option<Mark>,
    /// How often the client had ended when the sink was first asked to close it.
    closing: Option<u64>,
}

/// Waits for room in the send buffer before each message. Flushing waits until everything queued before has left; a flush
/// that was dropped is continued by the next one. Closing the sink closes the client with code 1000, as
/// [`close`](WebSocket::close) does, and waits for its end. It fails if something that the sink has sent since its last flush
/// was lost, or had not left. A close that was dropped is continued by the next one.
///
/// ```no_run
/// use futures::{SinkExt, stream};
/// use homing::{Message, SinkError, WebSocket};
///
/// # async fn example(mut ws: WebSocket) -> Result<(), SinkError> {
/// let numbers = (1..=1_000_000).map(|number| Ok(Message::text(number.to_string())));
/// ws.send_all(&mut stream::iter(numbers)).await?; // never more than the send buffer in memory
/// # Ok(()) }
/// ```
///
/// Inside a callback of the same client nothing can be waited for, see [`WebSocket::flush`]. There a full buffer refuses the
/// message, and flushing and closing fail with [`FlushError::InCallback`] if they would have to wait. The client closes
/// nevertheless.
impl Sink<Message> for WebSocket {
    type Error = SinkError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        self.waiter.poll(Wait::Ready, cx).map(|_| Ok(()))
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), SinkError> {
        let Self { waiter, unflushed: Unflushed { sent, end, closing }, .. } = &mut *self;
        *closing = None;
        // A flush that was not waited for goes on with the next one, which reports what is lost meanwhile.
        let sent = sent.get_or_insert_with(|| end.take().unwrap_or_else(|| waiter.shared.lock().machine.mark()));
        waiter.shared.send(message)?;
        waiter.shared.lock().machine.extend(sent);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        let Self { waiter, unflushed, .. } = &mut *self;
        unflushed.closing = None;
        let end = match unflushed.end {
            Some(end) => end,
            None => {
                let machine = &waiter.shared.lock().machine;
                if unflushed.sent.take().is_some_and(|sent| machine.is_lost(sent)) {
                    return Poll::Ready(Err(FlushError::Lost.into()));
                }
                *unflushed.end.insert(machine.mark())
            }
        };
        let flushed = waiter.poll(Wait::Flushed(end), cx);
        if flushed.is_ready() {
            unflushed.end = None;
        }
        flushed.map_err(SinkError::from)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SinkError>> {
        // Asked once, so that it does not undo what other handles do later.
        let ends = match self.unflushed.closing {
            Some(ends) => ends,
            None => {
                self.shared().request(Request::Close { code: CloseCode::NORMAL, reason: Default::default() });
                let ends = self.closed().ends;
                let Unflushed { sent, end, closing } = &mut self.unflushed;
                *sent = sent.or(end.take());
                *closing.insert(ends)
            }
        };
        let is_pending = self.waiter.poll(Wait::Ended(ends), cx).is_pending();
        if is_pending && !self.shared().callback().is_running_here() {
            return Poll::Pending;
        }
        self.unflushed.closing = None;
        if is_pending {
            return Poll::Ready(Err(FlushError::InCallback.into()));
        }
        let unflushed = self.unflushed.sent.take();
        let machine = &self.shared().lock().machine;
        Poll::Ready(match unflushed {
            Some(mark) if machine.is_lost(mark) => Err(FlushError::Lost.into()),
            Some(mark) if !machine.has_left(mark) => Err(FlushError::Ended.into()),
            _ => Ok(()),
        })
    }
}

/// The error of a client that is used as a [`Sink`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The message was not queued. The error contains it.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Not every message has left.
    #[error(transparent)]
    Flush(#[from] FlushError),
}
