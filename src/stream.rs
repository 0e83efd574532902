//! The events of a client as a stream.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use futures_core::Stream;
use homing_machine::PausedBy;

use crate::client::WebSocket;
use crate::driver::{Keeper, Request, Shared};
use crate::event::Event;
use crate::handler::Handler;
use crate::sync::{Mutex, lock};
use crate::unread;

/// A [`Stream`] of every [`Event`] of a client, in order. Made by
/// [`Builder::connect_stream`](crate::Builder::connect_stream).
///
/// # Slow readers
/// The client is paused when 1,024 events are unread, or messages with
/// [`max_receive_buffer`](crate::Builder::max_receive_buffer) bytes of payload, whichever comes first. It resumes when a
/// quarter of both limits is left. The message that reaches the limit is kept, whatever its size, so that memory is bounded
/// by the limit and one message ([`max_message_size`](crate::Builder::max_message_size)).
///
/// A paused client still reconnects and sends. Of unread attempts without messages that follow each other, only the last one
/// is kept then. A [`BufferFull`](Event::BufferFull) with the [`BufferDrain`](Event::BufferDrain) behind it is dropped: wait for
/// room by [`ready`](WebSocket::ready).
///
/// - Native: a paused client does not read its socket, and TCP slows the peer down.
/// - Browsers cannot stop reading: the messages wait in memory, outside of this buffer.
///
/// # Life of the client
/// The stream keeps its client alive, as a handle does: a program may drop the [`WebSocket`] and continue to read. Dropping
/// the stream discards all further events; the client then lives as long as it has handles.
///
/// The stream ends after [`Event::End`] once every handle is dropped. While a handle exists, it may
/// [reconnect](WebSocket::reconnect) the client, and the stream waits for that. Programs that do not reconnect should stop
/// reading at `Event::End`. After a panic or the shutdown of the runtime the stream ends without it.
///
/// # Examples
/// ```no_run
/// use futures::StreamExt;
/// use homing::{Event, WebSocket};
///
/// # async fn example() -> Result<(), homing::ConfigError> {
/// let (ws, mut events) = WebSocket::builder("wss://example.com/feed").connect_stream()?;
/// while let Some(event) = events.next().await {
///     match event {
///         Event::Message(message) => println!("{message:?}"),
///         Event::End(_) => break,
///         _ => {}
///     }
/// }
/// # drop(ws);
/// # Ok(()) }
/// ```
#[must_use = "a client whose events are not read is paused"]
pub struct Events {
    buffer: Arc<Mutex<Buffer>>,
    /// Keeps the client alive.
    client: Keeper,
}

/// The events of a client that is not connected yet.
pub(crate) struct Unconnected(Arc<Mutex<Buffer>>);

/// The handler that writes into the buffer.
struct Feeder(Arc<Mutex<Buffer>>);

#[derive(Default)]
struct Buffer {
    events: VecDeque<Event>,
    /// The payload of the messages in `events`.
    bytes: usize,
    max_bytes: usize,
    waker: Option<Waker>,
    paused: bool,
    reader_gone: bool,
    feeder_gone: bool,
}

/// Returns a handler, and the events that it receives once its client is connected.
pub(crate) fn events(max_bytes: usize) -> (impl Handler, Unconnected) {
    let buffer = Arc::new(Mutex::new(Buffer { max_bytes, ..Buffer::default() }));
    (Feeder(buffer.clone()), Unconnected(buffer))
}

impl Buffer {
    /// Takes out what the last event makes unnecessary: a paused client goes on dialling and sending, and its unread events
    /// must not take memory without end.
    fn skip(&mut self) -> VecDeque<Event> {
        let before = self.events.len() - 1;
        match (self.events.back(), before.checked_sub(1).and_then(|before| self.events.get(before))) {
            (Some(Event::Close(_)), _) => self.skip_attempt(),
            (Some(Event::BufferDrain), Some(Event::BufferFull)) => self.events.split_off(before - 1),
            _ => VecDeque::new(),
        }
    }

    /// Takes out the attempt before the last one, if it is unread and neither has messages. An end of the client stays, and
    /// so does whether the send buffer is full.
    fn skip_attempt(&mut self) -> VecDeque<Event> {
        let before = |end, is: fn(&Event) -> bool| self.events.range(..end).rposition(is);
        let last = self.events.len() - 1;
        let attempt = before(last, |event| matches!(event, Event::Close(_))).and_then(|close| {
            Some(before(close, |event| matches!(event, Event::Close(_) | Event::End(_)))? + 1..=close)
        });
        let Some(attempt) = attempt else { return VecDeque::new() };
        if self.events.range(*attempt.start()..).any(|event| matches!(event, Event::Message(_))) {
            return VecDeque::new();
        }
        let first = *attempt.start();
        let mut skipped: VecDeque<_> = self.events.drain(attempt).collect();
        let is_edge = |event: &Event| matches!(event, Event::BufferFull | Event::BufferDrain);
        // They take turns: each undoes the one before it.
        if skipped.iter().filter(|event| is_edge(event)).count() % 2 == 1 {
            let edge = skipped.iter().rposition(is_edge).and_then(|edge| skipped.remove(edge));
            edge.into_iter().for_each(|edge| self.events.insert(first, edge));
        }
        skipped
    }
}

impl Unconnected {
    pub(crate) fn of(self, ws: &WebSocket) -> Events {
        Events { buffer: self.0, client: Keeper::new(ws.shared().clone()) }
    }
}

fn payload(event: &Event) -> usize {
    if let Event::Message(message) = event { message.len() } else { 0 }
}

/// Requests the state that `paused` holds. Client and reader may do so at the same time, and the last request must be the
/// right one: both check the flag again afterwards.
fn pause_or_resume(buffer: &Mutex<Buffer>, shared: &Shared) {
    loop {
        let paused = lock(buffer).paused;
        shared.request(Request::Pause(PausedBy::Stream, paused));
        if lock(buffer).paused == paused {
            break;
        }
    }
}

impl Handler for Feeder {
    fn on_event(&mut self, ws: &WebSocket, event: Event) {
        let mut buffer = lock(&self.0);
        if buffer.reader_gone {
            return;
        }
        buffer.bytes += payload(&event);
        buffer.events.push_back(event);
        let is_full = unread::is_full(buffer.events.len(), buffer.bytes, buffer.max_bytes);
        // Dropped after the lock.
        let _skipped = if is_full { buffer.skip() } else { VecDeque::new() };
        let pauses = is_full && !core::mem::replace(&mut buffer.paused, true);
        let waker = buffer.waker.take();
        drop(buffer);
        if pauses {
            pause_or_resume(&self.0, ws.shared());
        }
        if let Some(waker) = waker {
            waker.wake();
        }
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
        // Declared before the lock, so that the waker is dropped after it.
        let _unneeded;
        let mut buffer = lock(&self.buffer);
        let Some(event) = buffer.events.pop_front() else {
            if buffer.feeder_gone {
                return Poll::Ready(None);
            }
            _unneeded = buffer.waker.replace(cx.waker().clone());
            return Poll::Pending;
        };
        buffer.bytes -= payload(&event);
        let has_room = unread::has_room(buffer.events.len(), buffer.bytes, buffer.max_bytes);
        let resumes = has_room && core::mem::take(&mut buffer.paused);
        drop(buffer);
        if resumes {
            pause_or_resume(&self.buffer, self.client.shared());
        }
        Poll::Ready(Some(event))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut buffer = lock(&self.buffer);
        buffer.reader_gone = true;
        buffer.bytes = 0;
        let _unread = core::mem::take(&mut buffer.events);
        let _waker = buffer.waker.take();
        let resumes = core::mem::take(&mut buffer.paused);
        drop(buffer);
        if resumes {
            pause_or_resume(&self.buffer, self.client.shared());
        }
    }
}

impl core::fmt::Debug for Events {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (events, bytes) = {
            let buffer = lock(&self.buffer);
            (buffer.events.len(), buffer.bytes)
        };
        f.debug_struct("Events").field("unread", &events).field("unread_bytes", &bytes).finish()
    }
}

#[cfg(test)]
mod tests;
