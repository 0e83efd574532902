//! A handler that records the events of a client, and helpers that wait for them.

pub(crate) mod breakable;
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

/// The crypto provider of configurations that tests make, whatever the library itself uses.
#[cfg(feature = "__rustls")]
pub(crate) fn provider() -> homing::native::rustls::crypto::CryptoProvider {
    homing::native::rustls::crypto::ring::default_provider()
}

/// Limit for everything that should happen at once. Long, because test machines may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A handler that records all events with their times.
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

    /// Returns the time of the last such event.
    pub(crate) fn last(&self, is_it: impl Fn(&Event) -> bool) -> Option<Instant> {
        self.lock().iter().rev().find(|(_, event)| is_it(event)).map(|(at, _)| *at)
    }

    pub(crate) fn count(&self, is_it: impl Fn(&Event) -> bool) -> usize {
        self.lock().iter().filter(|(_, event)| is_it(event)).count()
    }

    /// Waits until the events so far satisfy `pred`.
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

    /// Waits for the end of the first attempt.
    pub(crate) async fn closed(&self) -> CloseEvent {
        let events = self.until("close", |events| events.iter().any(|event| matches!(event, Event::Close(_)))).await;
        let close = events.into_iter().find_map(|event| match event {
            Event::Close(close) => Some(close),
            _ => None,
        });
        close.expect("it was there")
    }

    /// Waits for the end of the first attempt, which must follow an error.
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

/// Returns a client with a recorder. It does not reconnect and has no heartbeat, unless a test sets them.
pub(crate) fn client(url: impl Into<String>) -> (Builder, Recorder) {
    let recorder = Recorder::default();
    let builder = WebSocket::builder(url).heartbeat(None).reconnect(Reconnect::never());
    (builder.handler(recorder.clone()), recorder)
}

/// Connects a [`client`].
pub(crate) fn connect(url: impl Into<String>) -> (WebSocket, Recorder) {
    let (builder, recorder) = client(url);
    (builder.connect().expect("a good configuration"), recorder)
}

pub(crate) fn server() -> Server {
    Server::start().expect("a free port")
}

/// Waits until the journal of the server satisfies `pred`. Panics with the journal otherwise.
pub(crate) async fn seen(server: &Server, what: &str, pred: impl FnMut(&[Entry]) -> bool) {
    assert!(server.wait_for_async(PATIENCE, pred).await, "{what}: not seen: {:?}", server.journal());
}

/// Returns the journal of one connection, without the times.
pub(crate) fn doings(journal: &[Entry], connection: u64) -> Vec<&What> {
    journal.iter().filter(|entry| entry.connection == connection).map(|entry| &entry.what).collect()
}

/// Returns the full name of a test of this module, as test runners use it.
pub(crate) fn full_name(module: &str, test: &str) -> String {
    let (_binary, module) = module.split_once("::").expect("a module of this binary");
    format!("{module}::{test}")
}

pub(crate) fn is_handshake(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Handshake { .. })
}

/// Asserts that no form of printing this value contains these secrets.
pub(crate) fn assert_hides<T: Debug + ToString>(value: &T, secrets: &[&str]) {
    for text in [value.to_string(), format!("{value:?}"), format!("{value:#?}")] {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret:?} in {text:?}");
        }
    }
}
