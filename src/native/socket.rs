//! The native transport: one tokio-tungstenite socket at a time, polled by the client's task.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;

use bytes::Bytes;
use futures_core::Stream as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message as WireMessage};

use super::dial::Dialler;
use super::handshake::Agreed;
use super::opening::open;
use super::options::Options;
use super::parting;
use super::read_ahead::{IDLE, ReadAhead};
use super::stream::Stream;
use super::target::Target;
use super::up::{Up, Wire};
use crate::builder::Setup;
use crate::close::CloseCode;
use crate::driver::platform::BoxFuture;
use crate::driver::{AttemptId, SocketEvent, Transport};
use crate::error::{ConfigError, Error, ErrorKind};
use crate::handshake::Handshake;
use crate::message::{Message, Text};
use crate::request::{Provider, Source};

pub(super) struct Socket {
    link: Link,
    attempt: AttemptId,
    origin: Origin,
    options: Options,
    dialler: Arc<Dialler>,
    config: WebSocketConfig,
    close_timeout: Duration,
    reading: bool,
    /// The client's task: commands come while nobody polls.
    waker: Waker,
}

enum Link {
    Down,
    Dialling(BoxFuture<Result<(Stream, Arc<Target>), Error>>),
    Greeting(BoxFuture<Result<(Wire, Handshake), Error>>),
    Up(Box<Up>),
}

enum Origin {
    Fixed(Arc<Target>),
    Provider(Box<dyn Provider>),
}

/// What polling the socket brought.
pub(super) enum Step {
    Message(Message),
    Event(SocketEvent),
}

impl Socket {
    pub(super) fn new(setup: &Setup, source: Source) -> Result<Self, ConfigError> {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Arc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        let needs_tls = match &origin {
            Origin::Fixed(target) => target.is_secure(),
            Origin::Provider(_) => true,
        };
        // Writing is left to `flush`, so that a batch leaves with few system calls.
        let config = WebSocketConfig::default()
            .read_buffer_size(IDLE)
            .write_buffer_size(usize::MAX - 1)
            .max_write_buffer_size(usize::MAX)
            .max_message_size(Some(setup.max_message_size))
            .max_frame_size(Some(setup.max_message_size));
        Ok(Self {
            link: Link::Down,
            attempt: AttemptId::default(),
            origin,
            dialler: Arc::new(Dialler::new(&setup.options, needs_tls)?),
            options: setup.options.clone(),
            config,
            close_timeout: setup.config.close_timeout,
            reading: true,
            waker: Waker::noop().clone(),
        })
    }

    /// The attempt that [`poll`](Self::poll) tells of.
    pub(super) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    pub(super) fn set_waker(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
    }

    /// The next thing that happened. Reading one message at a time is no detour: what was read ahead is at hand.
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let Link::Up(up) = &mut self.link else {
            return self.poll_opening(cx).map(Step::Event);
        };
        if up.unflushed || up.error.is_some() {
            if let Poll::Ready(written) = up.poll_written(cx) {
                return Poll::Ready(written.map_or_else(|error| self.fail(error), Step::Event));
            }
        }
        if !self.reading && !up.closing {
            return Poll::Pending;
        }
        // Messages apart from all else, so that moving them costs as little as they are large.
        Poll::Ready(match ready!(Pin::new(&mut up.wire).poll_next(cx)) {
            Some(Ok(WireMessage::Binary(data))) => Step::Message(Message::Binary(data)),
            Some(Ok(WireMessage::Text(text))) => {
                // SAFETY: tungstenite's `Utf8Bytes` is valid UTF-8, which it checked when the message arrived.
                #[allow(unsafe_code)]
                let text = unsafe { Text::from_utf8_unchecked(text.into()) };
                Step::Message(Message::Text(text))
            }
            Some(Ok(control)) => up.control(control, cx).map_or_else(|error| self.fail(error), Step::Event),
            Some(Err(error)) => self.fail(error),
            None => self.fail(tungstenite::Error::ConnectionClosed),
        })
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let outcome = match &mut self.link {
            Link::Dialling(dialling) => match ready!(dialling.as_mut().poll(cx)) {
                Ok((stream, target)) => {
                    self.link = Link::Greeting(Box::pin(greet(stream, target, self.dialler.clone(), self.config)));
                    Ok(SocketEvent::Connected)
                }
                Err(error) => Err(error),
            },
            Link::Greeting(greeting) => match ready!(greeting.as_mut().poll(cx)) {
                Ok((wire, handshake)) => {
                    self.link = Link::Up(Box::new(Up::new(wire)));
                    Ok(SocketEvent::Opened(handshake))
                }
                Err(error) => Err(error),
            },
            Link::Down | Link::Up(_) => return Poll::Pending,
        };
        Poll::Ready(outcome.unwrap_or_else(|error| {
            self.link = Link::Down;
            SocketEvent::Failed(error)
        }))
    }

    /// The connection is over. Whoever broke the protocol is told so (native trap: tungstenite leaves that to us).
    #[cold]
    fn fail(&mut self, error: tungstenite::Error) -> Step {
        let Link::Up(up) = core::mem::replace(&mut self.link, Link::Down) else {
            return Step::Event(SocketEvent::Buffered(0));
        };
        let (kind, code) = match &error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
                let clean = up.peer_close.is_some();
                let (code, reason) = up.peer_close.unwrap_or((CloseCode::ABNORMAL, String::new()));
                return Step::Event(SocketEvent::Closed { code, reason, clean });
            }
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                let error = Error::new(ErrorKind::Io, "closed by the peer without a closing handshake");
                return Step::Event(SocketEvent::Failed(error));
            }
            tungstenite::Error::Io(_) | tungstenite::Error::Tls(_) => (ErrorKind::Io, None),
            tungstenite::Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                (ErrorKind::MessageTooLarge, Some(CloseCode::MESSAGE_TOO_BIG))
            }
            tungstenite::Error::Utf8(_) => (ErrorKind::Protocol, Some(CloseCode::INVALID_PAYLOAD)),
            _ => (ErrorKind::Protocol, Some(CloseCode::PROTOCOL_ERROR)),
        };
        if let Some(code) = code {
            parting::part(up.wire, code, self.close_timeout, &self.waker);
        }
        Step::Event(SocketEvent::Failed(Error::new(kind, error.to_string()).with_source(error)))
    }

    fn up(&mut self) -> Option<(&mut Up, Context<'_>)> {
        match &mut self.link {
            Link::Up(up) => Some((up, Context::from_waker(&self.waker))),
            _ => None,
        }
    }
}

impl Transport for Socket {
    const CAN_PING: bool = true;

    fn dial(&mut self, attempt: AttemptId) {
        self.attempt = attempt;
        self.reading = true;
        let dialler = self.dialler.clone();
        self.link = Link::Dialling(match &mut self.origin {
            Origin::Fixed(target) => {
                let target = target.clone();
                Box::pin(async move { dial(target, dialler).await })
            }
            Origin::Provider(provider) => {
                let target = provider.next(&self.options);
                Box::pin(async move { dial(Arc::new(target.await?), dialler).await })
            }
        });
        self.waker.wake_by_ref();
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        if let Some((up, mut cx)) = self.up() {
            up.send(batch, &mut cx);
        }
    }

    fn flush(&mut self) {
        if let Some((up, mut cx)) = self.up() {
            let _ = up.poll_flush(&mut cx);
        }
    }

    fn ping(&mut self, beat: u64) {
        if let Some((up, _)) = self.up() {
            up.wire.get_mut().settle();
            up.write(WireMessage::Ping(Bytes::copy_from_slice(&beat.to_be_bytes())));
        }
    }

    fn read(&mut self, on: bool) {
        self.reading = on;
        self.waker.wake_by_ref();
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        if let Some((up, mut cx)) = self.up() {
            up.closing = true;
            up.write(WireMessage::Close(Some(CloseFrame { code: code.get().into(), reason: reason.into() })));
            let _ = up.poll_flush(&mut cx);
        }
    }

    fn abort(&mut self) {
        self.link = Link::Down;
    }

    fn buffered_amount(&self) -> usize {
        match &self.link {
            Link::Up(up) => up.buffered,
            _ => 0,
        }
    }
}

async fn dial(target: Arc<Target>, dialler: Arc<Dialler>) -> Result<(Stream, Arc<Target>), Error> {
    match dialler.dial(&target).await {
        Ok(stream) => Ok((stream, target)),
        Err(error) => Err(error.at(&target.shown())),
    }
}

async fn greet(
    stream: Stream,
    target: Arc<Target>,
    dialler: Arc<Dialler>,
    config: WebSocketConfig,
) -> Result<(Wire, Handshake), Error> {
    let Agreed { stream, read, handshake } = open(stream, target, &dialler).await?;
    let wire = WebSocketStream::from_raw_socket(ReadAhead::new(stream, read), Role::Client, Some(config)).await;
    Ok((wire, handshake))
}
