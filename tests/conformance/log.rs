//! Records the events of a client, in order.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use homing::{CloseEvent, End, Error, Event, Handler, Handshake, Message, WebSocket};

use crate::PATIENCE;
use crate::env::Env;

#[derive(Clone)]
pub struct Log {
    env: Env,
    inner: Arc<Mutex<Inner>>,
    /// A callback is running, to detect callbacks that overlap.
    busy: Arc<AtomicBool>,
    greets: bool,
}

#[derive(Default)]
struct Inner {
    events: Vec<Event>,
    waker: Option<Waker>,
    overlapped: bool,
}

impl Log {
    pub fn new(env: Env) -> Self {
        Self { env, inner: Arc::default(), busy: Arc::default(), greets: false }
    }

    /// Sends a message in each `on_open`. With `?after=1` the server waits for it before it drops the connection: Firefox does
    /// not report the open of a connection that is already gone.
    pub fn greet_on_open(self) -> Self {
        Self { greets: true, ..self }
    }

    /// Returns a handler that only records.
    pub fn handler(&self) -> Recorder<impl FnMut(&WebSocket, &Event) + Send + 'static> {
        self.then(|_, _| {})
    }

    /// Returns a handler that records each event and then calls `then`.
    pub fn then<F: FnMut(&WebSocket, &Event) + Send + 'static>(&self, then: F) -> Recorder<F> {
        Recorder { log: self.clone(), then }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!inner.overlapped, "S5: callbacks nested or overlapped: {:?}", inner.events);
        inner
    }

    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Returns all events in short, as `open, hello, close 1000, end`. Without `on_connect`, which browsers do not have.
    pub fn summary(&self) -> String {
        let words: Vec<_> = self.lock().events.iter().filter_map(word).collect();
        words.join(", ")
    }

    /// Waits until the events satisfy a condition. Panics with `what` after [`PATIENCE`].
    pub async fn until(&self, what: &str, mut wanted: impl FnMut(&[Event]) -> bool) {
        let met = poll_fn(|cx| {
            let mut inner = self.lock();
            if wanted(&inner.events) {
                return Poll::Ready(());
            }
            inner.waker = Some(cx.waker().clone());
            Poll::Pending
        });
        if self.env.timeout(PATIENCE, met).await.is_none() {
            panic!("{what}: not within {PATIENCE:?}, but: {}", self.summary());
        }
    }

    /// Waits for this number of events of a kind, and returns the last of them.
    async fn nth<T>(&self, what: &str, count: usize, pick: impl Fn(&Event) -> Option<T>) -> T {
        self.until(&format!("{what} {count}"), |events| events.iter().filter_map(&pick).count() >= count).await;
        self.lock().events.iter().filter_map(&pick).nth(count - 1).expect("waited for")
    }

    pub async fn opened(&self, count: usize) -> Handshake {
        self.nth("open", count, |event| if let Event::Open(it) = event { Some(it.clone()) } else { None }).await
    }

    pub async fn failed(&self, count: usize) -> Error {
        self.nth("error", count, |event| if let Event::Error(it) = event { Some(it.clone()) } else { None }).await
    }

    pub async fn closed(&self, count: usize) -> CloseEvent {
        self.nth("close", count, |event| if let Event::Close(it) = event { Some(it.clone()) } else { None }).await
    }

    pub async fn ended(&self, count: usize) -> End {
        self.nth("end", count, |event| if let Event::End(it) = event { Some(it.clone()) } else { None }).await
    }

    pub async fn messages(&self, count: usize) -> Vec<Message> {
        let pick = |event: &Event| if let Event::Message(it) = event { Some(it.clone()) } else { None };
        self.nth("message", count, pick).await;
        self.lock().events.iter().filter_map(pick).collect()
    }

    pub async fn texts(&self, count: usize) -> Vec<String> {
        let messages = self.messages(count).await;
        messages.iter().map(|message| message.as_text().unwrap_or("(binary)").to_owned()).collect()
    }

    /// Returns how often a word occurs in the summary.
    pub fn count(&self, counted: &str) -> usize {
        self.lock().events.iter().filter_map(word).filter(|word| word == counted).count()
    }
}

fn word(event: &Event) -> Option<String> {
    Some(match event {
        Event::Open(_) => "open".into(),
        Event::Message(Message::Text(text)) => text.as_str().into(),
        Event::Message(Message::Binary(data)) => format!("{data:?}"),
        Event::Error(_) => "error".into(),
        Event::Close(event) => format!("close {}", event.code),
        Event::BufferFull => "full".into(),
        Event::BufferDrain => "drain".into(),
        Event::Latency(_) => "latency".into(),
        Event::End(_) => "end".into(),
        _ => return None,
    })
}

pub struct Recorder<F> {
    log: Log,
    then: F,
}

impl<F: FnMut(&WebSocket, &Event) + Send + 'static> Handler for Recorder<F> {
    /// Wakes waiting tests last, after `then` has run.
    fn on_event(&mut self, ws: &WebSocket, event: Event) {
        let overlapped = self.log.busy.swap(true, Ordering::SeqCst);
        let mut inner = self.log.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.overlapped |= overlapped;
        inner.events.push(event.clone());
        drop(inner);
        if self.log.greets && matches!(event, Event::Open(_)) {
            ws.send("hello").expect("open");
        }
        (self.then)(ws, &event);
        self.log.busy.store(false, Ordering::SeqCst);
        let waker = self.log.inner.lock().unwrap_or_else(PoisonError::into_inner).waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
