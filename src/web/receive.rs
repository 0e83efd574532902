//! What arrived, in its order: delivered at once, or held behind a blob that must be read first, or while paused.

use bytes::Bytes;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent};

use super::events::{EventSink, Held, Kind, News};
use super::glue;
use super::transport::{BrowserTransport, Link};
use crate::driver::SocketEvent;
use crate::error::{Error, ErrorKind};
use crate::message::{BinaryType, Message, Text};

impl<S: EventSink> BrowserTransport<S> {
    /// Whether what arrived may be delivered at once. Else [`next`](Self::next) will give it, if it is wanted at all.
    #[inline]
    pub(super) fn passes(&mut self, news: News<'_>) -> bool {
        if news.attempt != self.attempt || !matches!(self.link, Link::Up(_)) {
            return false;
        }
        let passes = !self.reads && self.backlog.is_empty() && self.wants(news.kind);
        if !passes {
            self.held += length(news);
            self.backlog.push_back(news.into());
        }
        passes
    }

    #[inline]
    pub(super) fn has_no_backlog(&self) -> bool {
        self.backlog.is_empty()
    }

    /// What comes next, if it may be delivered.
    pub(super) fn next(&mut self) -> Option<Held> {
        if self.reads || !self.wants(self.backlog.front()?.kind) {
            return None;
        }
        let next = self.backlog.pop_front()?;
        self.held -= length(next.news());
        Some(next)
    }

    /// Nothing is wanted while paused but what tells the end, if no message is in front of it.
    #[inline]
    fn wants(&self, kind: Kind) -> bool {
        self.reading || self.closing || !matches!(kind, Kind::Message | Kind::Read)
    }

    /// How the socket ended, and how many bytes it still had.
    pub(super) fn end(&mut self, event: &JsValue) -> Option<(usize, SocketEvent)> {
        let end = match self.failure.take() {
            Some(error) => (0, SocketEvent::Failed(error)),
            None => {
                let Link::Up(socket) = &self.link else { return None };
                (socket.buffered_amount(), socket.explain(event, self.watch.has_errored(), self.may_mix))
            }
        };
        self.part();
        Some(end)
    }

    /// The message that an event brought, unless it is a blob, which is read first.
    ///
    /// Most messages are of the kind of the one before. Asking for a text where there is none costs more than asking
    /// whether there is one.
    #[inline]
    pub(super) fn read(&mut self, event: &JsValue) -> Option<Message> {
        let data = event.unchecked_ref::<MessageEvent>().data();
        let text = if self.was_text || data.is_string() { data.as_string() } else { None };
        self.was_text = text.is_some();
        if let Some(text) = text {
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
        let on_read = self.sink.callback_once(Kind::Read, self.attempt);
        blob.array_buffer().unchecked_ref::<glue::Promise>().then(&on_read, &on_read);
        self.reads = true;
    }

    /// A blob was read, or could not be: then it is no buffer but an exception.
    pub(super) fn blob_was_read(&mut self, news: News<'_>) {
        if news.attempt != self.attempt || !core::mem::replace(&mut self.reads, false) {
            return;
        }
        if glue::number(news.value, "byteLength").is_none() {
            return self.fail(Error::new(ErrorKind::Io, "a blob could not be read"));
        }
        // What waits came later. Somebody may have paused meanwhile.
        self.held += length(news);
        self.backlog.push_front(news.into());
    }

    /// The message that was a blob.
    pub(super) fn of_blob(&mut self, buffer: &JsValue) -> Option<Message> {
        self.check(bytes(buffer))
    }
}

/// How much payload an event brought. Of a text the browser tells how many UTF-16 code units it has.
fn length(news: News<'_>) -> u64 {
    let payload = match news.kind {
        Kind::Message => glue::member(news.value, "data"),
        Kind::Read => news.value.clone(),
        _ => return 0,
    };
    let lengths = ["length", "byteLength", "size"].iter().filter_map(|name| glue::number(&payload, name));
    lengths.map(|length| length as u64).sum()
}

/// Not `into`, which would bring along code for each way that bytes can be held.
fn bytes(buffer: &JsValue) -> Message {
    Message::Binary(Bytes::from_owner(glue::Bytes::copy(buffer).0))
}
