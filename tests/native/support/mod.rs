//! A recorder of what a client tells, and waiting for it.

pub(crate) mod child;
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
pub(crate) mod nginx;
#[cfg(feature = "__rustls")]
pub(crate) mod pinning;
pub(crate) mod proxy_servers;
pub(crate) mod routes;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use homing::{Builder, CloseEvent, Error, ErrorKind, Event, Handler, Handshake, Message, Reconnect, WebSocket};
use homing_test_server::{Entry, Server, What};
use tokio::sync::Notify;

/// How long anything may take that should happen at once: long, for machines that are busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A handler that keeps all it is told, with the time.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Tape>);

#[derive(Default)]
struct Tape {
    events: Mutex<Vec<(Instant, Event)>>,
    added: Notify,
}

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Event)>> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: Event) {
        self.lock().push((Instant::now(), event));
        self.0.added.notify_waiters();
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.lock().iter().map(|(_, event)| event.clone()).collect()
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        let message = |event: Event| match event {
            Event::Message(message) => Some(message),
            _ => None,
        };
        self.events().into_iter().filter_map(message).collect()
    }

    pub(crate) fn errors(&self) -> Vec<Error> {
        let error = |event: Event| match event {
            Event::Error(error) => Some(error),
            _ => None,
        };
        self.events().into_iter().filter_map(error).collect()
    }

    /// When the last such event was told.
    pub(crate) fn last(&self, is_it: impl Fn(&Event) -> bool) -> Option<Instant> {
        self.lock().iter().rev().find(|(_, event)| is_it(event)).map(|(at, _)| *at)
    }

    pub(crate) fn count(&self, is_it: impl Fn(&Event) -> bool) -> usize {
        self.lock().iter().filter(|(_, event)| is_it(event)).count()
    }

    /// Waits until this is true of the events so far.
    pub(crate) async fn until(&self, what: &str, mut pred: impl FnMut(&[Event]) -> bool) -> Vec<Event> {
        let wait = async {
            loop {
                let added = self.0.added.notified();
                let events = self.events();
                if pred(&events) {
                    return events;
                }
                added.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}: {:?}", self.events()))
    }

    pub(crate) async fn opened(&self) -> Handshake {
        let events = self.until("open", |events| events.iter().any(|event| matches!(event, Event::Open(_)))).await;
        let open = events.into_iter().find_map(|event| match event {
            Event::Open(handshake) => Some(handshake),
            _ => None,
        });
        open.expect("it was there")
    }

    pub(crate) async fn messages_are(&self, count: usize) -> Vec<Message> {
        self.until(&format!("{count} messages"), |_| self.messages().len() >= count).await;
        self.messages()
    }

    /// The end of the first attempt.
    pub(crate) async fn closed(&self) -> CloseEvent {
        let events = self.until("close", |events| events.iter().any(|event| matches!(event, Event::Close(_)))).await;
        let close = events.into_iter().find_map(|event| match event {
            Event::Close(close) => Some(close),
            _ => None,
        });
        close.expect("it was there")
    }

    /// The end of the first attempt, which must have been an error, told right before.
    pub(crate) async fn failed(&self) -> (Error, CloseEvent) {
        self.closed().await;
        let events = self.events();
        let position = events.iter().position(|event| matches!(event, Event::Close(_))).expect("it was there");
        match &events[position.saturating_sub(1)..=position] {
            [Event::Error(error), Event::Close(close)] => (error.clone(), close.clone()),
            _ => panic!("no error before the close: {events:?}"),
        }
    }
}

impl Handler for Recorder {
    fn on_event(&mut self, _: &WebSocket, event: Event) {
        self.push(event);
    }
}

/// A client with a recorder, which does not come back and has no heartbeat unless a test says so.
pub(crate) fn client(url: impl Into<String>) -> (Builder, Recorder) {
    let recorder = Recorder::default();
    let builder = WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never());
    (builder.handler(recorder.clone()), recorder)
}

/// [`client`], connected.
pub(crate) fn connect(url: impl Into<String>) -> (WebSocket, Recorder) {
    let (builder, recorder) = client(url);
    (builder.connect().expect("a good configuration"), recorder)
}

pub(crate) fn server() -> Server {
    Server::start().expect("a free port")
}

/// Waits for the server to see something; prints its journal if it does not.
pub(crate) async fn seen(server: &Server, what: &str, pred: impl FnMut(&[Entry]) -> bool) {
    assert!(server.wait_for_async(PATIENCE, pred).await, "{what}: not seen: {:?}", server.journal());
}

/// What one connection did, without the times.
pub(crate) fn doings(journal: &[Entry], connection: u64) -> Vec<&What> {
    journal.iter().filter(|entry| entry.connection == connection).map(|entry| &entry.what).collect()
}

/// The name that the test runner knows a test of this module by.
pub(crate) fn full_name(module: &str, test: &str) -> String {
    let (_binary, module) = module.split_once("::").expect("a module of this binary");
    format!("{module}::{test}")
}

pub(crate) fn is_handshake(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Handshake { .. })
}

/// All that a user could print of a value must be free of these.
pub(crate) fn assert_hides<T: Debug + ToString>(value: &T, secrets: &[&str]) {
    for text in [value.to_string(), format!("{value:?}"), format!("{value:#?}")] {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret:?} in {text:?}");
        }
    }
}
