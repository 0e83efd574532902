//! Receiving: delivers messages in their order, at once or from a backlog while a blob is read or the client is paused.

use bytes::Bytes;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent};

use super::events::{EventSink, Kind, News};
use super::glue;
use super::transport::{BrowserTransport, Link};
use crate::driver::SocketEvent;
use crate::error::{Error, ErrorKind};
use crate::message::{Message, Text};

/// How blobs are read. Functions, so that their code is only part of apps that may receive blobs.
pub(super) struct Blobs<S: 'static> {
    /// Starts to read one.
    read: fn(&mut BrowserTransport<S>, &Blob),
    /// Takes the result of its promise.
    settled: fn(&mut BrowserTransport<S>, News),
}

/// `None` if binary messages arrive as bytes.
pub(super) type BlobReader<S> = Option<&'static Blobs<S>>;

impl<S: EventSink> Blobs<S> {
    pub(super) const READ: &'static Self =
        &Self { read: BrowserTransport::read_blob, settled: BrowserTransport::blob_was_read };
}

impl<S: EventSink> BrowserTransport<S> {
    /// Returns the event if it may be delivered at once. If not, it joins the backlog, unless its socket is gone.
    #[inline]
    pub(super) fn admit(&mut self, news: News) -> Option<News> {
        if news.attempt != self.attempt || !matches!(self.link, Link::Up(_)) {
            return None;
        }
        if !self.reading_blob && self.backlog.is_empty() && self.wants(news.kind) {
            return Some(news);
        }
        self.held += length(&news);
        self.backlog.push_back(news);
        None
    }

    #[inline]
    pub(super) fn has_no_backlog(&self) -> bool {
        self.backlog.is_empty()
    }

    /// Takes the first event of the backlog, if it may be delivered now.
    pub(super) fn next_held(&mut self) -> Option<News> {
        if self.reading_blob || !self.wants(self.backlog.front()?.kind) {
            return None;
        }
        let next = self.backlog.pop_front()?;
        self.held -= length(&next);
        Some(next)
    }

    /// Returns whether an event of this kind may be delivered: a paused client receives the end of the socket, if no message
    /// before it waits, but no message, unless it is closing.
    #[inline]
    fn wants(&self, kind: Kind) -> bool {
        self.reading || self.closing || !(self.keeps_end || matches!(kind, Kind::Message | Kind::Read))
    }

    /// Drops the socket at its end. Returns the number of bytes that were still in its buffer, and how it ended.
    pub(super) fn end(&mut self, event: &JsValue) -> Option<(usize, SocketEvent)> {
        let end = match self.failure.take() {
            Some(error) => (0, SocketEvent::Failed(error)),
            None => {
                let Link::Up(socket) = &mut self.link else { return None };
                (socket.buffered_amount(), socket.explain(event, self.socket_poll.has_errored(), self.may_mix))
            }
        };
        self.drop_socket();
        Some(end)
    }

    /// Returns the message of an event. A blob is read first, and comes later as [`Kind::Read`].
    ///
    /// Most messages are of the same type as the one before. To convert what is no text costs more than to ask first
    /// whether it is one.
    #[inline]
    pub(super) fn read(&mut self, event: &JsValue) -> Option<Message> {
        let data = event.unchecked_ref::<MessageEvent>().data();
        let text = if self.was_text || data.is_string() { data.as_string() } else { None };
        self.was_text = text.is_some();
        if let Some(text) = text {
            self.fits(text.len()).then(|| Text::owning(text).into())
        } else if let Some(blobs) = self.blobs {
            (blobs.read)(self, data.unchecked_ref());
            None
        } else {
            self.binary(&data)
        }
    }

    fn binary(&mut self, buffer: &JsValue) -> Option<Message> {
        let bytes = glue::Bytes::copy(buffer).0;
        // `into` would do it too, but would add code for each way that `Bytes` can own its memory.
        self.fits(bytes.len()).then(|| Message::Binary(Bytes::from_owner(bytes)))
    }

    /// Returns whether a message of this length is allowed; fails the attempt if not (S21).
    fn fits(&mut self, length: usize) -> bool {
        let fits = length <= self.max_message_size;
        if !fits {
            self.fail_too_large();
        }
        fits
    }

    /// Starts to read a blob. One at a time: the browser may finish a later one first.
    fn read_blob(&mut self, blob: &Blob) {
        if blob.size() > self.max_message_size as f64 {
            return self.fail_too_large();
        }
        let on_read = self.sink.callback_once(Kind::Read, self.attempt);
        blob.array_buffer().unchecked_ref::<glue::Promise>().then(&on_read, &on_read);
        self.reading_blob = true;
    }

    pub(super) fn blob_settled(&mut self, news: News) {
        if let Some(blobs) = self.blobs {
            (blobs.settled)(self, news);
        }
    }

    /// The promise of a blob's content was settled: by an `ArrayBuffer`, or by an exception.
    fn blob_was_read(&mut self, news: News) {
        if news.attempt != self.attempt || !core::mem::replace(&mut self.reading_blob, false) {
            return;
        }
        if glue::number(&news.value, "byteLength").is_none() {
            return self.fail(Error::new(ErrorKind::Io, "a blob could not be read"));
        }
        // In front: the rest of the backlog arrived later. Not delivered here, as the client may be paused by now.
        self.held += length(&news);
        self.backlog.push_front(news);
    }

    /// Returns the message whose blob was read.
    pub(super) fn blob_message(&mut self, buffer: &JsValue) -> Option<Message> {
        self.binary(buffer)
    }
}

/// Returns the payload of an event: bytes, or UTF-16 code units of a text, as the browser reports its length in these.
fn length(news: &News) -> u64 {
    let payload = match news.kind {
        Kind::Message => glue::member(&news.value, "data"),
        Kind::Read => news.value.clone(),
        _ => return 0,
    };
    let lengths = ["length", "byteLength", "size"].iter().filter_map(|name| glue::number(&payload, name));
    lengths.map(|length| length as u64).sum()
}
