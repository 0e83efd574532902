//! Events as a stream.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard};

use futures_core::Stream;

use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::platform;
use crate::error::Error;
use crate::handler::Handler;
use crate::handshake::Handshake;
use crate::machine::{Event, PausedBy, Request};
use crate::message::Message;

/// A reader this many messages behind pauses the client, one at a quarter of it resumes it.
const PAUSE_AT: usize = 1024;

/// Everything a client tells, in order, as a [`Stream`] of [`Event`]s. Made by
/// [`connect_stream`](crate::Builder::connect_stream).
///
/// It ends after [`Event::End`] once every handle is dropped; a client that begins anew goes on. A slow reader pauses
/// the client after 1,024 messages: natively the peer feels that, a browser holds further messages in memory.
/// Dropping it lets everything further go unread.
#[must_use = "a client whose events are not read is paused after 1,024 messages"]
pub struct Events(Arc<Mutex<Buffer>>);

struct Feeder(Arc<Mutex<Buffer>>);

#[derive(Default)]
struct Buffer {
    events: VecDeque<Event>,
    waker: Option<Waker>,
    /// Set while paused for this reader's sake.
    paused: Option<WebSocket>,
    reader_gone: bool,
    feeder_gone: bool,
}

pub(crate) fn events() -> (impl Handler, Events) {
    let buffer = Arc::new(Mutex::new(Buffer::default()));
    (Feeder(buffer.clone()), Events(buffer))
}

fn lock(buffer: &Mutex<Buffer>) -> MutexGuard<'_, Buffer> {
    platform::lock(buffer)
}

impl Feeder {
    fn push(&self, ws: &WebSocket, event: Event) {
        let mut buffer = lock(&self.0);
        if buffer.reader_gone {
            return;
        }
        buffer.events.push_back(event);
        let pause = buffer.events.len() >= PAUSE_AT && buffer.paused.is_none();
        if pause {
            buffer.paused = Some(ws.uncounted());
        }
        let waker = buffer.waker.take();
        drop(buffer);
        if pause {
            ws.shared().request(Request::Pause(PausedBy::Stream, true));
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Handler for Feeder {
    fn on_connect(&mut self, ws: &WebSocket) {
        self.push(ws, Event::Connect);
    }
    fn on_open(&mut self, ws: &WebSocket, handshake: &Handshake) {
        self.push(ws, Event::Open(handshake.clone()));
    }
    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        self.push(ws, Event::Message(message));
    }
    fn on_error(&mut self, ws: &WebSocket, error: &Error) {
        self.push(ws, Event::Error(error.clone()));
    }
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {
        self.push(ws, Event::Close(event.clone()));
    }
    fn on_buffer_full(&mut self, ws: &WebSocket) {
        self.push(ws, Event::BufferFull);
    }
    fn on_buffer_drain(&mut self, ws: &WebSocket) {
        self.push(ws, Event::BufferDrain);
    }
    fn on_latency(&mut self, ws: &WebSocket, round_trip: Duration) {
        self.push(ws, Event::Latency(round_trip));
    }
    fn on_end(&mut self, ws: &WebSocket, end: &End) {
        self.push(ws, Event::End(end.clone()));
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        let mut buffer = lock(&self.0);
        buffer.feeder_gone = true;
        let waker = buffer.waker.take();
        drop(buffer);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut buffer = lock(&self.0);
        let Some(event) = buffer.events.pop_front() else {
            if buffer.feeder_gone {
                return Poll::Ready(None);
            }
            buffer.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let resumed = (buffer.events.len() <= PAUSE_AT / 4).then(|| buffer.paused.take()).flatten();
        drop(buffer);
        if let Some(ws) = resumed {
            ws.shared().request(Request::Pause(PausedBy::Stream, false));
        }
        Poll::Ready(Some(event))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut buffer = lock(&self.0);
        buffer.reader_gone = true;
        buffer.events.clear();
        let resumed = buffer.paused.take();
        drop(buffer);
        if let Some(ws) = resumed {
            ws.shared().request(Request::Pause(PausedBy::Stream, false));
        }
    }
}

impl core::fmt::Debug for Events {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Events").field("unread", &lock(&self.0).events.len()).finish()
    }
}
