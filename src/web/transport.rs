//! The browser's transport: one `WebSocket` of the platform at a time.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::task::{Context, Poll};

use bytes::Bytes;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent};

use super::client::{Client, Kind, News};
use super::glue;
use super::options::Options;
use super::socket::Socket;
use super::target::Target;
use super::watch::Watch;
use crate::builder::Setup;
use crate::close::CloseCode;
use crate::driver::platform::BoxFuture;
use crate::driver::{AttemptId, SocketEvent, Transport};
use crate::error::{Error, ErrorKind, Phase, joined};
use crate::message::{BinaryType, Message, Text};
use crate::request::{Provider, Source};

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
    /// Arrived and could not be delivered at once: behind a blob that must be read first, or while paused.
    backlog: VecDeque<News>,
    /// The first of the backlog is a blob that is being read.
    reads: bool,
    failure: Option<Error>,
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

/// What can be delivered.
pub(super) enum Item {
    Message(Message),
    /// How the socket ended, and how many bytes it still had.
    End(usize, SocketEvent),
}

impl WebTransport {
    pub(super) fn new(setup: &Setup, source: Source, client: &Rc<Client>) -> Self {
        let origin = match source {
            Source::Fixed(target) => Origin::Fixed(Rc::new(target)),
            Source::Provider(provider) => Origin::Provider(provider),
        };
        Self {
            client: client.clone(),
            attempt: AttemptId::default(),
            origin,
            options: setup.options.clone(),
            binary_type: setup.binary_type,
            max_message_size: setup.max_message_size,
            link: Link::Down,
            backlog: VecDeque::new(),
            reads: false,
            failure: None,
            reading: true,
            closing: false,
            watch: Watch::new(client),
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
        match Socket::new(&self.client, self.attempt, target, self.binary_type) {
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
            Ok(handshake) => Some(SocketEvent::Opened(handshake)),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Takes what arrived. Gives it back if it can be delivered at once; else [`next`](Self::next) will.
    pub(super) fn arrived(&mut self, news: News) -> Option<Item> {
        if news.attempt != self.attempt || !matches!(self.link, Link::Up(_)) {
            return None;
        }
        if self.backlog.is_empty() && self.wants(&news) {
            let item = self.open_up(&news);
            if item.is_some() || !self.reads {
                return item;
            }
        }
        self.backlog.push_back(news);
        None
    }

    #[inline]
    pub(super) fn has_no_backlog(&self) -> bool {
        self.backlog.is_empty()
    }

    /// What comes next, if it may be delivered.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Item> {
        if self.backlog.is_empty() || self.reads {
            return None;
        }
        self.next_held()
    }

    fn next_held(&mut self) -> Option<Item> {
        let news = self.backlog.pop_front()?;
        if !self.wants(&news) {
            self.backlog.push_front(news);
            return None;
        }
        let item = self.open_up(&news);
        if self.reads {
            self.backlog.push_front(news);
        }
        item
    }

    /// Nothing is wanted while paused but what tells the end, if no message is in front of it.
    fn wants(&self, news: &News) -> bool {
        self.reading || self.closing || news.kind != Kind::Message
    }

    /// What is in there, if that can be told at once.
    fn open_up(&mut self, news: &News) -> Option<Item> {
        if news.kind == Kind::Message {
            return self.read(&news.value).map(Item::Message);
        }
        let event = match self.failure.take() {
            Some(error) => Item::End(0, SocketEvent::Failed(error)),
            None => {
                let Link::Up(socket) = &self.link else { return None };
                Item::End(socket.buffered_amount(), socket.explain(&news.value, self.watch.has_errored()))
            }
        };
        self.part();
        Some(event)
    }

    /// Text first: it is told from the rest by `typeof`, which is cheap.
    fn read(&mut self, event: &JsValue) -> Option<Message> {
        let data = event.unchecked_ref::<MessageEvent>().data();
        if let Some(text) = data.as_string() {
            self.check(Text::owning(text).into())
        } else if self.binary_type == BinaryType::ArrayBuffer {
            self.check(bytes(&data))
        } else {
            self.read_blob(data.unchecked_ref());
            None
        }
    }

    fn check(&mut self, message: Message) -> Option<Message> {
        if message.len() <= self.max_message_size {
            return Some(message);
        }
        self.refuse();
        None
    }

    /// One at a time: the browser may finish a later one first.
    fn read_blob(&mut self, blob: &Blob) {
        if blob.size() > self.max_message_size as f64 {
            return self.refuse();
        }
        // JavaScript's to drop: the promise calls it even when the attempt is long over.
        let on_read = self.client.callback(Kind::Read, self.attempt).into_js_value();
        blob.array_buffer().unchecked_ref::<glue::Promise>().then(&on_read, &on_read);
        self.reads = true;
    }

    /// A blob was read, or could not be: then it is no buffer but an exception.
    pub(super) fn blob_was_read(&mut self, attempt: AttemptId, buffer: &JsValue) -> Option<Message> {
        if attempt != self.attempt || !core::mem::replace(&mut self.reads, false) {
            return None;
        }
        self.backlog.pop_front();
        if glue::number(buffer, "byteLength").is_none() {
            self.fail(Error::new(ErrorKind::Io, "a blob could not be read"));
            return None;
        }
        self.check(bytes(buffer))
    }

    fn refuse(&mut self) {
        if let Link::Up(socket) = &self.link {
            socket.close(Some(TOO_LARGE), Some("message too large"));
        }
        let limit = glue::decimal(self.max_message_size);
        self.fail(Error::new(ErrorKind::MessageTooLarge, joined(&["more than ", &limit, " bytes"])));
    }

    /// Gives the attempt up. What arrived before is delivered first, unless it is what failed.
    fn fail(&mut self, error: Error) {
        self.part();
        self.failure = Some(error);
        self.backlog.push_back(Kind::Failed.into());
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
        let Link::Up(socket) = &self.link else { return None };
        if self.watch.came() {
            // In place of the close event that should have come.
            self.backlog.push_back(News { kind: Kind::Close, attempt: self.attempt, value: JsValue::TRUE });
            return None;
        }
        let buffered = socket.buffered_amount();
        self.watch.looked(buffered).then_some(SocketEvent::Buffered(buffered))
    }

    fn part(&mut self) {
        self.link = Link::Down;
        self.watch.stop();
    }
}

/// Not `into`, which would bring along code for each way that bytes can be held.
fn bytes(buffer: &JsValue) -> Message {
    Message::Binary(Bytes::from_owner(glue::Bytes::copy(buffer).0))
}

impl Transport for WebTransport {
    const CAN_PING: bool = false;

    fn dial(&mut self, attempt: AttemptId) {
        self.abort();
        self.attempt = attempt;
        self.reading = true;
        self.closing = false;
        match &mut self.origin {
            Origin::Provider(provider) => {
                self.client.wake();
                self.link = Link::Asking(provider.next(&self.options));
            }
            Origin::Fixed(target) => {
                let target = target.clone();
                self.open(&target);
            }
        }
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
                let error = socket.error(ErrorKind::Io, glue::text(&exception, "name") + " when sending");
                return self.fail(error.during(Phase::Sending));
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
            socket.close(Some(code), Some(reason));
        }
    }

    fn abort(&mut self) {
        self.part();
        self.backlog.clear();
        self.reads = false;
        self.failure = None;
    }

    fn buffered_amount(&self) -> usize {
        let bytes = if let Link::Up(socket) = &self.link { socket.buffered_amount() } else { 0 };
        self.watch.note(bytes);
        bytes
    }
}
