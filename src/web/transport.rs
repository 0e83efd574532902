//! The browser's transport: one `WebSocket` of the platform at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::task::{Context, Poll};

use homing_machine::{Delivery, InFlight};
use wasm_bindgen::JsValue;

use super::events::{EventSink, Kind, News};
use super::glue;
use super::options::Options;
use super::poll::SocketPoll;
use super::receive::BlobReader;
use super::socket::Socket;
use super::sync::BoxFuture;
use super::target::Target;
use crate::builder::Settings;
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, SocketEvent, Transport};
use crate::error::{Error, ErrorKind, Phase, joined};
use crate::message::Message;
use crate::request::{Provider, Source};

/// The close code for a message that is too large. A page may not send 1009.
const TOO_LARGE: CloseCode = CloseCode::new(4009);

pub(super) struct BrowserTransport<S: 'static> {
    pub(super) sink: S,
    pub(super) attempt: AttemptId,
    origin: Origin,
    options: Options,
    pub(super) blobs: BlobReader<S>,
    pub(super) max_message_size: usize,
    pub(super) link: Link,
    /// Events that could not be delivered when they arrived: while a blob is read, or while the client is paused. A blob
    /// that was read is in front.
    pub(super) backlog: VecDeque<News>,
    /// Payload in the backlog, and how much of it was last reported to the machine.
    pub(super) held: u64,
    reported_held: u64,
    /// A blob is being read, which arrived before everything in the backlog.
    pub(super) reading_blob: bool,
    /// The last message was text.
    pub(super) was_text: bool,
    /// Why the attempt fails, until that is delivered.
    pub(super) failure: Option<Error>,
    /// If the page was loaded over https, the browser lets it connect to ws: such a connection has been open.
    pub(super) may_mix: bool,
    /// Not paused.
    pub(super) reading: bool,
    pub(super) closing: bool,
    /// The end of the socket is not delivered while paused, as messages that a set-up left are not either.
    pub(super) keeps_end: bool,
    pub(super) socket_poll: SocketPoll,
    /// The sizes of messages in the socket, to count messages where the browser only counts bytes.
    in_flight: InFlight,
    delivery: Delivery,
}

enum Origin {
    Fixed(Rc<Target>),
    Provider(Box<dyn Provider>),
}

pub(super) enum Link {
    Down,
    AwaitingRequest(BoxFuture<Result<Target, Error>>),
    Up(Socket),
}

impl<S: EventSink> BrowserTransport<S> {
    /// `function`: the client's [`Callback`](glue::Callback).
    pub(super) fn new(settings: &Settings, source: Source, blobs: BlobReader<S>, sink: S, function: JsValue) -> Self {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Rc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Self {
            attempt: AttemptId::default(),
            origin,
            options: settings.options.clone(),
            blobs,
            max_message_size: settings.max_message_size,
            link: Link::Down,
            backlog: VecDeque::new(),
            held: 0,
            reported_held: 0,
            reading_blob: false,
            was_text: true,
            failure: None,
            may_mix: false,
            reading: true,
            closing: false,
            keeps_end: false,
            socket_poll: SocketPoll::new(function),
            sink,
            in_flight: InFlight::default(),
            delivery: Delivery::default(),
        }
    }

    /// Polls the request provider's future, if the attempt waits for it, and dials when it is ready.
    pub(super) fn poll_provider(&mut self, cx: &mut Context<'_>) {
        let Link::AwaitingRequest(next) = &mut self.link else { return };
        let Poll::Ready(target) = next.as_mut().poll(cx) else { return };
        match target {
            Ok(target) => self.open(&Rc::new(target)),
            Err(error) => self.fail(error),
        }
    }

    fn open(&mut self, target: &Rc<Target>) {
        match Socket::new(self.socket_poll.function(), target, self.blobs.is_some()) {
            Ok(socket) => self.link = Link::Up(socket),
            Err(exception) => {
                // Not its message, which contains the whole URL (S26).
                let name = glue::text(&exception, "name");
                let error = match name.as_str() {
                    "SecurityError" if target.is_mixed() => target.forbidden(),
                    _ => Error::new(ErrorKind::Opaque, name + " thrown by the WebSocket constructor"),
                };
                self.fail(error.at(&target.shown));
            }
        }
    }

    /// The socket's `open` event.
    pub(super) fn opened(&mut self, attempt: AttemptId) -> Option<SocketEvent> {
        let Link::Up(socket) = &mut self.link else { return None };
        if attempt != self.attempt {
            return None;
        }
        match socket.opened() {
            Ok(handshake) => {
                self.may_mix |= socket.is_insecure();
                Some(SocketEvent::Opened(handshake))
            }
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Closes the socket and fails the attempt, because of a message that is larger than allowed.
    pub(super) fn fail_too_large(&mut self) {
        if let Link::Up(socket) = &self.link {
            socket.close(Some(TOO_LARGE), Some("message too large"));
        }
        self.backlog.clear(); // What arrived behind it.
        self.held = 0;
        let limit = glue::decimal(self.max_message_size);
        self.fail(Error::new(ErrorKind::MessageTooLarge, joined(&["more than ", &limit, " bytes"])));
    }

    /// Fails the attempt. Messages that arrived before are delivered first.
    pub(super) fn fail(&mut self, error: Error) {
        self.drop_socket();
        self.failure = Some(error);
        self.hold(Kind::Failed, JsValue::UNDEFINED);
    }

    fn hold(&mut self, kind: Kind, value: JsValue) {
        self.backlog.push_back(News { kind, attempt: self.attempt, value });
    }

    /// The socket's `error` event.
    pub(super) fn errored(&mut self, attempt: AttemptId) {
        if attempt == self.attempt && matches!(self.link, Link::Up(_)) {
            self.socket_poll.expect_close();
        }
    }

    /// Polls the socket, when it is time to. Returns how full its buffer is, if that has changed.
    pub(super) fn poll_socket(&mut self) -> Option<SocketEvent> {
        let Link::Up(socket) = &self.link else { return None };
        if self.socket_poll.fired() {
            // Instead of the close event that is missing.
            self.hold(Kind::Close, JsValue::TRUE);
            return None;
        }
        let bytes = socket.buffered_amount();
        self.socket_poll.update(bytes).then(|| self.left(bytes))
    }

    /// Returns how much payload the backlog holds, if that has changed since it was last reported.
    pub(super) fn held_changed(&mut self) -> Option<SocketEvent> {
        let changed = core::mem::replace(&mut self.reported_held, self.held) != self.held;
        changed.then_some(SocketEvent::Held(self.held))
    }

    /// Makes an event of the number of bytes in the socket's buffer. Whether the buffer was full, the browser hides.
    pub(super) fn left(&mut self, bytes: usize) -> SocketEvent {
        let held = Buffered { messages: self.in_flight.held(bytes), bytes };
        SocketEvent::Left { held, was_full: false }
    }

    /// Hands a message to the browser. Returns whether it took the message; if not, the attempt has failed.
    fn send_message(&mut self, message: &Message) -> bool {
        let Link::Up(socket) = &self.link else { return false };
        let Err(exception) = socket.send(message) else { return true };
        let error = socket.error(ErrorKind::Io, glue::text(&exception, "name") + " thrown by send");
        self.fail(error.during(Phase::Sending));
        false
    }

    /// Returns the number of bytes that the browser has passed on to the operating system.
    fn delivered(&self) -> u64 {
        self.in_flight.taken().saturating_sub(self.buffered_bytes() as u64)
    }

    /// Returns the number of bytes in the socket's buffer.
    fn buffered_bytes(&self) -> usize {
        if let Link::Up(socket) = &self.link { socket.buffered_amount() } else { 0 }
    }

    pub(super) fn drop_socket(&mut self) {
        self.link = Link::Down;
        self.socket_poll.stop();
    }
}

impl<S: EventSink> Transport for BrowserTransport<S> {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        self.abort();
        self.attempt = attempt;
        self.sink.attempt().set(attempt);
        self.reading = true;
        self.closing = false;
        self.in_flight = InFlight::default();
        self.delivery = Delivery::default();
        match &mut self.origin {
            Origin::Provider(provider) => {
                self.sink.wake();
                self.link = Link::AwaitingRequest(provider.next(&self.options));
            }
            Origin::Fixed(target) => {
                let target = target.clone();
                self.open(&target);
            }
        }
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        // A closing socket would take messages and discard them.
        if !matches!(&self.link, Link::Up(socket) if socket.is_open()) {
            return;
        }
        while let Some(message) = batch.pop_front() {
            if !self.send_message(&message) {
                batch.push_front(message);
                return;
            }
            self.in_flight.message(message.len());
        }
    }

    fn flush(&mut self) {}

    fn ping(&mut self, _: u64) {}

    fn heartbeat(&mut self, message: Message) {
        if self.send_message(&message) {
            self.in_flight.other(message.len());
        }
    }

    fn read(&mut self, on: bool) {
        self.reading = on;
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        self.closing = true;
        if let Link::Up(socket) = &self.link {
            socket.close(Some(code), Some(reason));
        }
    }

    fn abort(&mut self) {
        self.drop_socket();
        self.backlog.clear();
        (self.held, self.reported_held) = (0, 0);
        self.reading_blob = false;
        self.failure = None;
    }

    fn buffered(&mut self) -> Buffered {
        let bytes = self.buffered_bytes();
        self.socket_poll.set_reported(bytes);
        Buffered { messages: self.in_flight.held(bytes), bytes }
    }

    fn mark(&mut self) -> bool {
        self.delivery.mark(self.in_flight.taken(), self.delivered())
    }

    fn progress(&mut self) -> bool {
        self.delivery.progress(self.delivered())
    }
}
