//! The browser's transport: one `WebSocket` of the platform at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::task::{Context, Poll};

use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

use super::backlog::{Backlog, Held};
use super::client::Client;
use super::options::Options;
use super::socket::{End, Socket};
use super::target::{Target, resolve};
use super::watch::Watch;
use crate::builder::Setup;
use crate::close::CloseCode;
use crate::driver::platform::BoxFuture;
use crate::driver::{AttemptId, SocketEvent, Transport};
use crate::error::{ConfigError, Error, ErrorKind};
use crate::message::{BinaryType, Message};
use crate::request::{Provider, Request, Source};

/// What the peer is told of a message that is too large: 1009 is not for pages to send.
const TOO_LARGE: CloseCode = CloseCode::new(4009);

pub(super) struct WebTransport {
    client: Rc<Client>,
    attempt: AttemptId,
    origin: Origin,
    options: Options,
    binary_type: BinaryType,
    max_message_size: usize,
    link: Link,
    backlog: Backlog,
    reading: bool,
    closing: bool,
    watch: Watch,
}

enum Origin {
    Fixed(Rc<Target>),
    Provider(Box<dyn Provider>),
}

enum Link {
    Down,
    Asking(BoxFuture<Result<Target, Error>>),
    Up(Socket),
}

impl WebTransport {
    pub(super) fn new(setup: &mut Setup, client: &Rc<Client>) -> Result<Self, ConfigError> {
        let origin = match core::mem::replace(&mut setup.source, Source::Fixed(Request::new(""))) {
            Source::Fixed(request) => Origin::Fixed(Rc::new(resolve(&request, &setup.options)?)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Ok(Self {
            client: client.clone(),
            attempt: AttemptId::default(),
            origin,
            options: setup.options.clone(),
            binary_type: setup.binary_type,
            max_message_size: setup.max_message_size,
            link: Link::Down,
            backlog: Backlog::default(),
            reading: true,
            closing: false,
            watch: Watch::new(client),
        })
    }

    pub(super) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Asks the request provider, if it is the one that is waited for.
    pub(super) fn ask(&mut self, cx: &mut Context<'_>) {
        let Link::Asking(next) = &mut self.link else { return };
        let Poll::Ready(target) = next.as_mut().poll(cx) else { return };
        match target {
            Ok(target) => self.link = self.open(&Rc::new(target)),
            Err(error) => {
                self.link = Link::Down;
                self.fail(error);
            }
        }
    }

    fn open(&mut self, target: &Rc<Target>) -> Link {
        match Socket::new(&self.client, self.attempt, target, self.binary_type) {
            Ok(socket) => Link::Up(socket),
            Err(exception) => {
                // Its message is not repeated: it has the whole URL in it.
                let name = exception.unchecked_ref::<DomException>().name();
                let error = match name.as_str() {
                    "SecurityError" if target.is_mixed => target.forbidden(),
                    _ => Error::new(ErrorKind::Opaque, name + " when it was dialled"),
                };
                self.fail(error.at(&target.shown()));
                Link::Down
            }
        }
    }

    /// The handshake succeeded.
    pub(super) fn opened(&mut self, attempt: AttemptId) -> Option<SocketEvent> {
        let Link::Up(socket) = &mut self.link else { return None };
        if attempt != self.attempt {
            return None;
        }
        Some(match socket.opened() {
            Ok(handshake) => SocketEvent::Opened(handshake),
            Err(error) => {
                self.part();
                SocketEvent::Failed(error)
            }
        })
    }

    /// Takes what arrived. Gives it back if it can be delivered at once; else [`next`](Self::next) will.
    #[inline]
    pub(super) fn admit(&mut self, attempt: AttemptId, held: Held) -> Option<Held> {
        if attempt != self.attempt || !matches!(self.link, Link::Up(_)) {
            return None;
        }
        match held {
            Held::Message(message) if message.len() <= self.max_message_size => {
                if self.backlog.is_empty() && self.reading {
                    return Some(Held::Message(message));
                }
                self.backlog.push(Held::Message(message));
            }
            Held::Blob(blob) if blob.size() <= self.max_message_size as f64 => self.backlog.push(Held::Blob(blob)),
            Held::Message(_) | Held::Blob(_) => self.refuse(),
            Held::End(end) => self.ended(end),
            Held::Event(event) => self.backlog.push(Held::Event(event)),
        }
        None
    }

    fn refuse(&mut self) {
        if let Link::Up(socket) = &self.link {
            socket.close(TOO_LARGE, "message too large");
        }
        self.part();
        self.fail(Error::new(
            ErrorKind::MessageTooLarge,
            ["more than ", &self.max_message_size.to_string(), " bytes"].concat(),
        ));
    }

    fn ended(&mut self, end: End) {
        if let Link::Up(socket) = &self.link {
            // What is in there now never left.
            let buffered = SocketEvent::Buffered(socket.buffered_amount());
            self.backlog.push(Held::Event(buffered));
            let (closing, end) = socket.explain(end);
            if let Some(closing) = closing {
                self.backlog.push(Held::Event(closing));
            }
            self.backlog.push(Held::Event(end));
            self.part();
        }
    }

    /// What comes next, if it may be delivered.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Held> {
        // Nothing is wanted while paused but what tells the end, if no message is in front of it.
        self.backlog.next(self.reading || self.closing, &self.client, self.attempt)
    }

    /// A blob was read, or could not be.
    pub(super) fn blob_was_read(&mut self, attempt: AttemptId, buffer: Option<&JsValue>) {
        if attempt == self.attempt && !self.backlog.was_read(buffer) {
            self.abort();
            self.fail(Error::new(ErrorKind::Io, "a blob could not be read"));
        }
    }

    pub(super) fn watch(&mut self) -> &mut Watch {
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
        if self.watch.came() {
            self.ended(End::missing());
            return None;
        }
        let Link::Up(socket) = &self.link else { return None };
        let buffered = socket.buffered_amount();
        self.watch.looked(buffered).then_some(SocketEvent::Buffered(buffered))
    }

    fn fail(&mut self, error: Error) {
        self.backlog.push(Held::Event(SocketEvent::Failed(error)));
    }

    fn part(&mut self) {
        if let Link::Up(socket) = core::mem::replace(&mut self.link, Link::Down) {
            socket.part();
        }
        self.watch.stop();
    }
}

impl Transport for WebTransport {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        self.abort();
        self.attempt = attempt;
        self.reading = true;
        self.closing = false;
        self.link = match &mut self.origin {
            Origin::Provider(provider) => {
                self.client.wake();
                Link::Asking(provider.next(&self.options))
            }
            Origin::Fixed(target) => {
                let target = target.clone();
                self.open(&target)
            }
        };
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        let Link::Up(socket) = &self.link else { return };
        // A socket that closes would take messages and drop them.
        if !socket.is_open() {
            return;
        }
        while let Some(message) = batch.pop_front() {
            if let Err(exception) = socket.send(&message) {
                batch.push_front(message);
                let name = exception.unchecked_ref::<DomException>().name();
                let error = socket.error(ErrorKind::Io, name + " when sending");
                self.part();
                return self.fail(error);
            }
        }
    }

    fn flush(&mut self) {}

    fn ping(&mut self, _: u64) {}

    fn read(&mut self, on: bool) {
        self.reading = on;
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        self.closing = true;
        if let Link::Up(socket) = &self.link {
            socket.close(code, reason);
        }
    }

    fn abort(&mut self) {
        self.part();
        self.backlog.clear();
    }

    fn buffered_amount(&self) -> usize {
        let bytes = if let Link::Up(socket) = &self.link { socket.buffered_amount() } else { 0 };
        self.watch.note(bytes);
        bytes
    }
}
