//! The native transport: one connection at a time, polled by the client's task.

mod commands;

use alloc::sync::Arc;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;

use bytes::Bytes;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::builder::Settings;
use crate::client::WebSocket;
use crate::close::CloseCode;
use crate::driver::{AttemptId, SocketEvent};
use crate::error::{ConfigError, Error, ErrorKind};
use crate::handshake::Handshake;
use crate::message::Message;
use crate::native::dial::dialler::{Dialled, Dialler};
use crate::native::open::open;
use crate::native::options::Options;
use crate::native::sync::{BoxFuture, lock};
use crate::native::target::Target;
use crate::native::wire::connection::Connection;
use crate::native::wire::fail;
use crate::native::wire::frames::Fault;
use crate::native::wire::read::Received;
use crate::request::{Provider, Source};

/// The most Pings and Pongs that are handled before other work is done.
const CONTROLS: usize = 256;
/// The most failed connections that a client closes in the background.
const FAILED: usize = 4;

/// Carries out the commands of the pump on one connection at a time.
pub(crate) struct NativeTransport {
    link: Link,
    attempt: AttemptId,
    origin: Origin,
    options: Options,
    dialler: Arc<Dialler>,
    max_message_size: usize,
    close_timeout: Duration,
    reading: bool,
    /// Failed connections that are being closed.
    failed: Vec<AbortHandle>,
    /// Wakes the client's task. Commands arrive outside of its polls.
    waker: Waker,
}

/// The state of the latest attempt.
enum Link {
    Closed,
    Dialling(BoxFuture<Result<(Dialled, Arc<Target>), Error>>, Instant),
    Handshaking(BoxFuture<Result<(Box<Connection>, Handshake), Error>>),
    Open(Box<Connection>),
}

/// Where the targets of attempts come from.
enum Origin {
    Fixed(Arc<Target>),
    Provider(Box<dyn Provider>),
}

/// The result of a poll.
pub(crate) enum Step {
    Message(Message),
    /// A control frame that has a callback.
    Control(Control),
    Event(SocketEvent),
}

/// A control frame with its payload.
pub(crate) enum Control {
    Ping(Bytes),
    /// With the number of the heartbeat that it answers.
    Pong(Bytes, Option<u64>),
}

impl Control {
    /// Returns the event that follows the callback.
    pub(crate) fn event(&self) -> Option<SocketEvent> {
        match self {
            Self::Ping(_) => None,
            Self::Pong(_, beat) => beat.map(|beat| SocketEvent::Answered(Some(beat))),
        }
    }
}

impl NativeTransport {
    pub(crate) fn new(settings: &Settings, source: Source) -> Result<Self, ConfigError> {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Arc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Ok(Self {
            link: Link::Closed,
            attempt: AttemptId::default(),
            origin,
            dialler: Arc::new(Dialler::new(&settings.options, settings.config.open_timeout)?),
            options: settings.options.parsed(),
            max_message_size: settings.max_message_size,
            close_timeout: settings.config.close_timeout,
            reading: true,
            failed: Vec::new(),
            waker: Waker::noop().clone(),
        })
    }

    /// Whether bytes have arrived since the last call.
    pub(crate) fn take_arrived(&mut self) -> bool {
        self.connection().is_some_and(|(connection, _)| connection.reader.take_arrived())
    }

    /// Writes the Pongs that were collected while there was more to read.
    pub(crate) fn uncork(&mut self) {
        if let Some((connection, mut cx)) = self.connection().filter(|(connection, _)| connection.writer.is_corked()) {
            let _ = connection.poll_flush(&mut cx);
        }
    }

    /// Whether [`tidy`](Self::tidy) may free memory soon.
    pub(crate) fn is_large(&self) -> bool {
        matches!(&self.link, Link::Open(connection) if connection.is_large())
    }

    /// Frees the memory that was not needed since the last call.
    pub(crate) fn tidy(&mut self) {
        if let Some((connection, _)) = self.connection() {
            connection.tidy();
        }
    }

    /// Calls the callback for a control frame.
    pub(crate) fn report(&mut self, control: Control, ws: &WebSocket) {
        let (callback, payload) = match control {
            Control::Ping(payload) => (&self.options.on_ping, payload),
            Control::Pong(payload, _) => (&self.options.on_pong, payload),
        };
        if let Some(callback) = callback {
            lock(callback)(ws, payload);
        }
    }

    /// Whether writing has failed since the last [`poll`](Self::poll), which has to wait for what still arrives.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(&self.link, Link::Open(connection) if connection.has_failed() && (self.reading || connection.closing))
    }

    /// The attempt that the results of [`poll`](Self::poll) belong to.
    pub(crate) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Returns whether the task has a new waker.
    pub(crate) fn set_waker(&mut self, waker: &Waker) -> bool {
        let is_new = !self.waker.will_wake(waker);
        if is_new {
            self.waker = waker.clone();
        }
        is_new
    }

    /// Returns the next message or event. One message at a time costs nothing: the reader has read ahead.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let Link::Open(connection) = &mut self.link else {
            return self.poll_opening(cx).map(Step::Event);
        };
        if connection.writer.owes_report {
            if let Poll::Ready(event) = connection.poll_left(cx) {
                return Poll::Ready(Step::Event(event));
            }
        }
        // A broken connection is kept while paused, so that the data that had arrived can still be delivered.
        if !self.reading && !connection.closing {
            return Poll::Pending;
        }
        if connection.peer_close.is_some() {
            ready!(connection.poll_end(cx));
            return Poll::Ready(self.close_finished());
        }
        if let Some(fault) = connection.fault.take() {
            return Poll::Ready(self.fail(fault));
        }
        for _ in 0..CONTROLS {
            // Messages have a variant of their own, so that moving them copies few bytes.
            return Poll::Ready(match connection.poll_received(cx) {
                Poll::Ready(Ok(Received::Message(message))) => Step::Message(message),
                Poll::Ready(Ok(Received::Ping(payload))) => {
                    // A copy, as the callback may keep it, and with it the buffer.
                    let reported = self.options.on_ping.is_some().then(|| Bytes::copy_from_slice(&payload));
                    connection.on_ping(payload, cx);
                    match reported {
                        Some(payload) => Step::Control(Control::Ping(payload)),
                        None => continue,
                    }
                }
                Poll::Ready(Ok(Received::Pong(payload))) => match (&self.options.on_pong, connection.on_pong(&payload))
                {
                    (Some(_), beat) => Step::Control(Control::Pong(Bytes::copy_from_slice(&payload), beat)),
                    (None, Some(beat)) => Step::Event(SocketEvent::Answered(Some(beat))),
                    (None, None) => continue,
                },
                Poll::Ready(Ok(Received::Close(frame))) => Step::Event(connection.on_close(frame, cx)),
                // Reported at the next poll, so that what the handler sent because of earlier messages leaves first.
                Poll::Ready(Err(fault)) => {
                    connection.fault = Some(fault);
                    Step::Event(SocketEvent::Received { messages: 0, bytes: 0 })
                }
                Poll::Pending => {
                    if connection.writer.is_corked() {
                        let _ = connection.poll_flush(cx);
                    }
                    if connection.writer.error.is_none() {
                        return Poll::Pending;
                    }
                    ready!(connection.poll_read_grace(cx));
                    return Poll::Ready(self.write_failed());
                }
            });
        }
        Poll::Ready(Step::Event(SocketEvent::Received { messages: 0, bytes: 0 }))
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let outcome = match &mut self.link {
            Link::Dialling(dialling, began) => match ready!(dialling.as_mut().poll(cx)) {
                Ok((dialled, target)) => {
                    let offer = self.options.deflate.clone();
                    let handshaking = open(dialled, target, self.dialler.clone(), offer, self.max_message_size, *began);
                    self.link = Link::Handshaking(Box::pin(handshaking));
                    Ok(SocketEvent::Connected)
                }
                Err(error) => Err(error),
            },
            Link::Handshaking(handshaking) => match ready!(handshaking.as_mut().poll(cx)) {
                Ok((connection, handshake)) => {
                    self.link = Link::Open(connection);
                    Ok(SocketEvent::Opened(handshake))
                }
                Err(error) => Err(error),
            },
            Link::Closed | Link::Open(_) => return Poll::Pending,
        };
        Poll::Ready(outcome.unwrap_or_else(|error| {
            self.link = Link::Closed;
            SocketEvent::Failed(error)
        }))
    }

    /// Fails the connection because of an error of reading (RFC 6455, section 7.1.7).
    #[cold]
    fn fail(&mut self, fault: Fault) -> Step {
        let Link::Open(connection) = core::mem::replace(&mut self.link, Link::Closed) else {
            return Step::Event(SocketEvent::Received { messages: 0, bytes: 0 });
        };
        let (error, code) = fault.into_error();
        if let Some(code) = code {
            self.fail_connection(*connection, code, "");
        }
        Step::Event(SocketEvent::Failed(error))
    }

    /// Sends a Close frame and closes the connection in the background. Peers that hold such connections open get no more
    /// than [`FAILED`] of them: the oldest is dropped.
    #[cold]
    fn fail_connection(&mut self, connection: Connection, code: CloseCode, reason: &str) {
        self.failed.retain(|closing| !closing.is_finished());
        if self.failed.len() == FAILED {
            self.failed.remove(0).abort();
        }
        self.failed.push(fail::fail_connection(connection, code, reason, self.close_timeout, &self.waker));
    }

    /// Ends the connection because writing failed.
    #[cold]
    fn write_failed(&mut self) -> Step {
        let error = match core::mem::replace(&mut self.link, Link::Closed) {
            Link::Open(connection) => connection.writer.error,
            _ => None,
        };
        let error = error.unwrap_or_else(|| std::io::ErrorKind::BrokenPipe.into());
        Step::Event(SocketEvent::Failed(Error::new(ErrorKind::Io, error.to_string()).with_source(error)))
    }

    /// Ends the connection after the closing handshake, once the stream has ended.
    #[cold]
    fn close_finished(&mut self) -> Step {
        let frame = match core::mem::replace(&mut self.link, Link::Closed) {
            Link::Open(connection) => connection.peer_close,
            _ => None,
        };
        let clean = frame.is_some();
        let (code, reason) = frame.unwrap_or((CloseCode::ABNORMAL, String::new()));
        Step::Event(SocketEvent::Closed { code, reason, clean })
    }

    fn connection(&mut self) -> Option<(&mut Connection, Context<'_>)> {
        match &mut self.link {
            Link::Open(connection) => Some((connection, Context::from_waker(&self.waker))),
            _ => None,
        }
    }
}
