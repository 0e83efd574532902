//! The native transport: one connection at a time, polled by the client's task.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;

use tokio::time::Instant;

use crate::builder::Setup;
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, SocketEvent, Transport};
use crate::error::{ConfigError, Error, ErrorKind};
use crate::handshake::Handshake;
use crate::message::Message;
use crate::native::dial::dialler::Dialler;
use crate::native::dial::stream::Stream;
use crate::native::handshake::upgrade::Agreed;
use crate::native::open::open;
use crate::native::options::Options;
use crate::native::sync::BoxFuture;
use crate::native::target::Target;
use crate::native::wire::connection::Up;
use crate::native::wire::deflate::{Deflate, Deflater, Inflate};
use crate::native::wire::fail;
use crate::native::wire::frames::Fault;
use crate::native::wire::read::{Arrived, Incoming};
use crate::native::wire::write::Heartbeat;
use crate::request::{Provider, Source};

/// How many Pings are answered before others get their turn.
const PINGS: usize = 256;

pub(crate) struct Socket {
    link: Link,
    attempt: AttemptId,
    origin: Origin,
    options: Options,
    dialler: Arc<Dialler>,
    max_message_size: usize,
    close_timeout: Duration,
    reading: bool,
    /// The client's task: commands come while nobody polls.
    waker: Waker,
}

enum Link {
    Down,
    Dialling(BoxFuture<Result<(Stream, Arc<Target>), Error>>, Instant),
    Greeting(BoxFuture<Result<(Box<Up>, Handshake), Error>>),
    Up(Box<Up>),
}

enum Origin {
    Fixed(Arc<Target>),
    Provider(Box<dyn Provider>),
}

/// What polling the socket brought.
pub(crate) enum Step {
    Message(Message),
    Event(SocketEvent),
}

impl Socket {
    pub(crate) fn new(setup: &Setup, source: Source) -> Result<Self, ConfigError> {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Arc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Ok(Self {
            link: Link::Down,
            attempt: AttemptId::default(),
            origin,
            dialler: Arc::new(Dialler::new(&setup.options, setup.config.open_timeout)?),
            options: setup.options.clone(),
            max_message_size: setup.max_message_size,
            close_timeout: setup.config.close_timeout,
            reading: true,
            waker: Waker::noop().clone(),
        })
    }

    /// Whether bytes have arrived since this was asked last.
    pub(crate) fn has_arrived(&mut self) -> bool {
        self.up().is_some_and(|(up, _)| up.incoming.has_arrived())
    }

    /// Sends the Pongs that wait for more of them, now that others get their turn.
    pub(crate) fn uncork(&mut self) {
        if let Some((up, mut cx)) = self.up().filter(|(up, _)| up.outgoing.is_corked()) {
            let _ = up.poll_flush(&mut cx);
        }
    }

    /// Whether there is memory that [`tidy`](Self::tidy) may give back.
    pub(crate) fn is_large(&self) -> bool {
        matches!(&self.link, Link::Up(up) if up.is_large())
    }

    /// Called now and then: gives back the memory for which there was no use since the last time.
    pub(crate) fn tidy(&mut self) {
        if let Some((up, _)) = self.up() {
            up.tidy();
        }
    }

    /// The attempt that [`poll`](Self::poll) tells of.
    pub(crate) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    pub(crate) fn set_waker(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
    }

    /// The next thing that happened. Reading one message at a time is no detour: what was read ahead is at hand.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let Link::Up(up) = &mut self.link else {
            return self.poll_opening(cx).map(Step::Event);
        };
        if up.outgoing.owes_report {
            if let Poll::Ready(event) = up.poll_left(cx) {
                return Poll::Ready(Step::Event(event));
            }
        }
        // While paused a connection that broke is not given up: what had arrived could not be delivered any more.
        if !self.reading && !up.closing {
            return Poll::Pending;
        }
        if up.peer_close.is_some() {
            ready!(up.poll_end(cx));
            return Poll::Ready(self.closed());
        }
        if let Some(fault) = up.fault.take() {
            return Poll::Ready(self.fail(fault));
        }
        for _ in 0..PINGS {
            // Messages apart from all else, so that moving them costs as little as they are large.
            return Poll::Ready(match up.poll_arrived(cx) {
                Poll::Ready(Ok(Arrived::Message(message))) => Step::Message(message),
                Poll::Ready(Ok(Arrived::Ping(payload))) => {
                    up.pinged(payload, cx);
                    continue;
                }
                Poll::Ready(Ok(Arrived::Pong(payload))) => Step::Event(up.ponged(&payload)),
                Poll::Ready(Ok(Arrived::Close(told))) => Step::Event(up.closed(told, cx)),
                // Reported at the next poll: what was asked for when the messages before it arrived is sent first.
                Poll::Ready(Err(fault)) => {
                    up.fault = Some(fault);
                    Step::Event(SocketEvent::Received { messages: 0, bytes: 0 })
                }
                Poll::Pending if up.outgoing.error.is_some() => {
                    ready!(up.poll_patience(cx));
                    return Poll::Ready(self.broken());
                }
                Poll::Pending => {
                    if up.outgoing.is_corked() {
                        let _ = up.poll_flush(cx);
                    }
                    return Poll::Pending;
                }
            });
        }
        Poll::Ready(Step::Event(SocketEvent::Received { messages: 0, bytes: 0 }))
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let outcome = match &mut self.link {
            Link::Dialling(dialling, began) => match ready!(dialling.as_mut().poll(cx)) {
                Ok((stream, target)) => {
                    let offer = self.options.deflate.clone();
                    let greeting = greet(stream, target, self.dialler.clone(), offer, self.max_message_size, *began);
                    self.link = Link::Greeting(Box::pin(greeting));
                    Ok(SocketEvent::Connected)
                }
                Err(error) => Err(error),
            },
            Link::Greeting(greeting) => match ready!(greeting.as_mut().poll(cx)) {
                Ok((up, handshake)) => {
                    self.link = Link::Up(up);
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

    /// Nothing more is read, and whoever broke the protocol is told so.
    #[cold]
    fn fail(&mut self, fault: Fault) -> Step {
        let Link::Up(up) = core::mem::replace(&mut self.link, Link::Down) else {
            return Step::Event(SocketEvent::Received { messages: 0, bytes: 0 });
        };
        let (error, code) = match fault {
            Fault::Io(error) => (Error::new(ErrorKind::Io, error.to_string()).with_source(error), None),
            Fault::Ended => (Error::new(ErrorKind::Io, "closed by the peer without a closing handshake"), None),
            Fault::Protocol(rule) => (Error::new(ErrorKind::Protocol, rule), Some(CloseCode::PROTOCOL_ERROR)),
            Fault::NotUtf8 => (Error::new(ErrorKind::Protocol, "text is not UTF-8"), Some(CloseCode::INVALID_PAYLOAD)),
            Fault::TooLarge(limit) => (
                Error::new(ErrorKind::MessageTooLarge, format!("a message is larger than {limit} bytes")),
                Some(CloseCode::MESSAGE_TOO_BIG),
            ),
        };
        if let Some(code) = code {
            fail::part(*up, code, self.close_timeout, &self.waker);
        }
        Step::Event(SocketEvent::Failed(error))
    }

    /// Writing failed.
    #[cold]
    fn broken(&mut self) -> Step {
        let error = match core::mem::replace(&mut self.link, Link::Down) {
            Link::Up(up) => up.outgoing.error,
            _ => None,
        };
        let error = error.unwrap_or_else(|| std::io::ErrorKind::BrokenPipe.into());
        Step::Event(SocketEvent::Failed(Error::new(ErrorKind::Io, error.to_string()).with_source(error)))
    }

    /// The closing handshake is done, and TCP has ended.
    #[cold]
    fn closed(&mut self) -> Step {
        let told = match core::mem::replace(&mut self.link, Link::Down) {
            Link::Up(up) => up.peer_close,
            _ => None,
        };
        let clean = told.is_some();
        let (code, reason) = told.unwrap_or((CloseCode::ABNORMAL, String::new()));
        Step::Event(SocketEvent::Closed { code, reason, clean })
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
        let dialling: BoxFuture<_> = match &mut self.origin {
            Origin::Fixed(target) => {
                let target = target.clone();
                Box::pin(async move { dial(target, dialler).await })
            }
            Origin::Provider(provider) => {
                let target = provider.next(&self.options);
                Box::pin(async move { dial(Arc::new(target.await?), dialler).await })
            }
        };
        self.link = Link::Dialling(dialling, Instant::now());
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
            up.tidy();
            up.outgoing.heartbeat(Heartbeat::Ping(beat));
        }
    }

    fn heartbeat(&mut self, message: Message) {
        if let Some((up, _)) = self.up() {
            up.tidy();
            up.outgoing.heartbeat(Heartbeat::Message(message));
        }
    }

    fn read(&mut self, on: bool) {
        self.reading = on;
        self.waker.wake_by_ref();
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        if let Some((up, mut cx)) = self.up() {
            up.close(code, reason, &mut cx);
        }
    }

    fn abort(&mut self) {
        self.link = Link::Down;
    }

    fn buffered(&mut self) -> Buffered {
        self.up().map_or_else(Buffered::default, |(up, _)| up.buffered())
    }

    fn mark(&mut self) {
        if let Some((up, _)) = self.up() {
            up.mark();
        }
    }

    fn progress(&mut self) -> bool {
        self.up().is_some_and(|(up, _)| up.progress())
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
    offer: Option<Deflate>,
    max_message_size: usize,
    began: Instant,
) -> Result<(Box<Up>, Handshake), Error> {
    let Agreed { stream, read, handshake, deflate } = open(stream, target, &dialler, offer.as_ref(), began).await?;
    let incoming = Incoming::new(&read, max_message_size, deflate.as_ref().map(Inflate::new));
    let deflater = deflate.as_ref().zip(offer.as_ref()).map(|(agreed, wanted)| Deflater::new(agreed, wanted));
    Ok((Box::new(Up::new(stream, incoming, deflater)), handshake))
}
