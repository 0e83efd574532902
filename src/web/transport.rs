//! The browser's transport: one `WebSocket` of the platform at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::task::{Context, Poll};

use homing_machine::{Delivery, InFlight};
use wasm_bindgen::JsValue;

use super::events::{EventSink, Held, Kind};
use super::glue;
use super::options::Options;
use super::poll::SocketPoll;
use super::socket::Socket;
use super::sync::BoxFuture;
use super::target::Target;
use crate::builder::Setup;
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, SocketEvent, Transport};
use crate::error::{Error, ErrorKind, Phase, joined};
use crate::message::{BinaryType, Message};
use crate::request::{Provider, Source};

/// What the peer is told of a message that is too large: 1009 is not for pages to send.
const TOO_LARGE: CloseCode = CloseCode::new(4009);

pub(super) struct BrowserTransport<S> {
    pub(super) sink: S,
    pub(super) attempt: AttemptId,
    origin: Origin,
    options: Options,
    pub(super) binary_type: BinaryType,
    pub(super) max_message_size: usize,
    pub(super) link: Link,
    /// Arrived and could not be delivered at once: behind a blob that must be read first, or while paused.
    /// A blob that was read is in front.
    pub(super) backlog: VecDeque<Held>,
    /// Payload in the backlog, and how much of it the machine knows of.
    pub(super) held: u64,
    told_held: u64,
    /// A blob is being read, which arrived before all that is in the backlog.
    pub(super) reads: bool,
    /// The last message was a text.
    pub(super) was_text: bool,
    pub(super) failure: Option<Error>,
    /// The user lets this page connect to ws from https: it has been open.
    pub(super) may_mix: bool,
    pub(super) reading: bool,
    pub(super) closing: bool,
    pub(super) watch: SocketPoll,
    /// What the socket was given, to tell messages from bytes.
    in_flight: InFlight,
    delivery: Delivery,
}

enum Origin {
    Fixed(Rc<Target>),
    Provider(Box<dyn Provider>),
}

pub(super) enum Link {
    Down,
    Asking(BoxFuture<Result<Target, Error>>),
    Up(Socket),
}

impl<S: EventSink> BrowserTransport<S> {
    pub(super) fn new(setup: &Setup, source: Source, sink: S) -> Self {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Rc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Self {
            attempt: AttemptId::default(),
            origin,
            options: setup.options.clone(),
            binary_type: setup.binary_type,
            max_message_size: setup.max_message_size,
            link: Link::Down,
            backlog: VecDeque::new(),
            held: 0,
            told_held: 0,
            reads: false,
            was_text: true,
            failure: None,
            may_mix: false,
            reading: true,
            closing: false,
            watch: SocketPoll::new(sink.callback(Kind::Poll, AttemptId::default())),
            sink,
            in_flight: InFlight::default(),
            delivery: Delivery::default(),
        }
    }

    pub(super) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Asks the request provider, if it is the one that is waited for.
    pub(super) fn ask(&mut self, cx: &mut Context<'_>) {
        let Link::Asking(next) = &mut self.link else { return };
        let Poll::Ready(target) = next.as_mut().poll(cx) else { return };
        match target {
            Ok(target) => self.open(&Rc::new(target)),
            Err(error) => self.fail(error),
        }
    }

    fn open(&mut self, target: &Rc<Target>) {
        match Socket::new(&self.sink, self.attempt, target, self.binary_type) {
            Ok(socket) => self.link = Link::Up(socket),
            Err(exception) => {
                // Its message is not repeated: it has the whole URL in it.
                let name = glue::text(&exception, "name");
                let error = match name.as_str() {
                    "SecurityError" if target.is_mixed => target.forbidden(),
                    _ => Error::new(ErrorKind::Opaque, name + " when it was dialled"),
                };
                self.fail(error.at(&target.shown));
            }
        }
    }

    /// The handshake succeeded.
    pub(super) fn opened(&mut self, attempt: AttemptId) -> Option<SocketEvent> {
        let Link::Up(socket) = &mut self.link else { return None };
        if attempt != self.attempt {
            return None;
        }
        match socket.opened() {
            Ok(handshake) => {
                self.may_mix |= socket.is_mixed();
                Some(SocketEvent::Opened(handshake))
            }
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    pub(super) fn refuse(&mut self) {
        if let Link::Up(socket) = &self.link {
            socket.close(Some(TOO_LARGE), Some("message too large"));
        }
        let limit = glue::decimal(self.max_message_size);
        self.fail(Error::new(ErrorKind::MessageTooLarge, joined(&["more than ", &limit, " bytes"])));
    }

    /// Gives the attempt up. What arrived before is delivered first, unless it is what failed.
    pub(super) fn fail(&mut self, error: Error) {
        self.part();
        self.failure = Some(error);
        self.hold(Kind::Failed, JsValue::UNDEFINED);
    }

    fn hold(&mut self, kind: Kind, value: JsValue) {
        self.backlog.push_back(Held { kind, attempt: self.attempt, value });
    }

    pub(super) fn watch(&mut self) -> &mut SocketPoll {
        &mut self.watch
    }

    /// An error event came.
    pub(super) fn errored(&mut self, attempt: AttemptId) {
        if attempt == self.attempt && matches!(self.link, Link::Up(_)) {
            self.watch.close_event();
        }
    }

    /// The watch asks for a look. Returns what became of the buffer, where that is news.
    pub(super) fn look(&mut self) -> Option<SocketEvent> {
        let Link::Up(socket) = &self.link else { return None };
        if self.watch.came() {
            // In place of the close event that should have come.
            self.hold(Kind::Close, JsValue::TRUE);
            return None;
        }
        let bytes = socket.buffered_amount();
        self.watch.looked(bytes).then(|| self.left(bytes))
    }

    /// How much payload waits in the backlog, if that has changed.
    pub(super) fn held(&mut self) -> Option<SocketEvent> {
        let changed = core::mem::replace(&mut self.told_held, self.held) != self.held;
        changed.then_some(SocketEvent::Held(self.held))
    }

    /// The browser holds this much. Whether its own socket was full it does not tell.
    pub(super) fn left(&mut self, bytes: usize) -> SocketEvent {
        let held = Buffered { messages: self.in_flight.held(bytes), bytes };
        SocketEvent::Left { held, was_full: false }
    }

    /// Hands a message to the browser. Returns whether it was taken; the attempt has failed otherwise.
    fn give(&mut self, message: &Message) -> bool {
        let Link::Up(socket) = &self.link else { return false };
        let Err(exception) = socket.send(message) else { return true };
        let error = socket.error(ErrorKind::Io, glue::text(&exception, "name") + " when sending");
        self.fail(error.during(Phase::Sending));
        false
    }

    /// How much the browser has passed on to the operating system.
    fn delivered(&self) -> u64 {
        self.in_flight.taken().saturating_sub(self.bytes() as u64)
    }

    fn bytes(&self) -> usize {
        if let Link::Up(socket) = &self.link { socket.buffered_amount() } else { 0 }
    }

    pub(super) fn part(&mut self) {
        self.link = Link::Down;
        self.watch.stop();
    }
}

impl<S: EventSink> Transport for BrowserTransport<S> {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        self.abort();
        self.attempt = attempt;
        self.reading = true;
        self.closing = false;
        self.in_flight = InFlight::default();
        self.delivery = Delivery::default();
        match &mut self.origin {
            Origin::Provider(provider) => {
                self.sink.wake();
                self.link = Link::Asking(provider.next(&self.options));
            }
            Origin::Fixed(target) => {
                let target = target.clone();
                self.open(&target);
            }
        }
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        // A socket that closes would take messages and drop them.
        if !matches!(&self.link, Link::Up(socket) if socket.is_open()) {
            return;
        }
        while let Some(message) = batch.pop_front() {
            if !self.give(&message) {
                batch.push_front(message);
                return;
            }
            self.in_flight.message(message.len());
        }
    }

    fn flush(&mut self) {}

    fn ping(&mut self, _: u64) {}

    fn heartbeat(&mut self, message: Message) {
        if self.give(&message) {
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
        self.part();
        self.backlog.clear();
        (self.held, self.told_held) = (0, 0);
        self.reads = false;
        self.failure = None;
    }

    fn buffered(&mut self) -> Buffered {
        let bytes = self.bytes();
        self.watch.note(bytes);
        Buffered { messages: self.in_flight.held(bytes), bytes }
    }

    fn mark(&mut self) {
        self.delivery.mark(self.in_flight.taken(), self.delivered());
    }

    fn progress(&mut self) -> bool {
        self.delivery.progress(self.delivered())
    }
}
