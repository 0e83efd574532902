//! What arrived, in its order: delivered at once, or held behind a blob that must be read first, or while paused.

use bytes::Bytes;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent};

use super::client::{Kind, News};
use super::glue;
use super::transport::{Link, WebTransport};
use crate::driver::{AttemptId, SocketEvent};
use crate::error::{Error, ErrorKind};
use crate::message::{BinaryType, Message, Text};

/// What can be delivered.
pub(super) enum Item {
    Message(Message),
    /// How the socket ended, and how many bytes it still had.
    End(usize, SocketEvent),
}

impl WebTransport {
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
}

/// Not `into`, which would bring along code for each way that bytes can be held.
fn bytes(buffer: &JsValue) -> Message {
    Message::Binary(Bytes::from_owner(glue::Bytes::copy(buffer).0))
}
