//! The environment of a test: time, a server of its own, and the journal of that server.
//!
//! Natively the server runs in the test's process. For tests in a browser it runs in another process. `backend` exports the
//! same names for both.

#[cfg_attr(target_family = "wasm", path = "web.rs")]
#[cfg_attr(not(target_family = "wasm"), path = "native.rs")]
mod backend;

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use homing::{Builder, ErrorKind, Reconnect, WebSocket};

use crate::PATIENCE;
use crate::log::Log;

/// The reconnect delay of most tests.
pub const SOON: Duration = Duration::from_millis(20);
/// How long tests wait to see that something does not happen.
pub const A_WHILE: Duration = Duration::from_millis(150);
/// A delay that never passes in a test.
pub const NEVER: Duration = Duration::from_secs(3600);

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[derive(Clone)]
pub struct Env {
    server: Shared<backend::Server>,
    start: Duration,
}

#[cfg(target_family = "wasm")]
type Shared<T> = std::rc::Rc<T>;
#[cfg(not(target_family = "wasm"))]
type Shared<T> = std::sync::Arc<T>;

/// An entry of the journal: connection, time, and event.
pub type Seen = (u64, Duration, Wire);

/// What the server received from the client.
#[derive(Debug, Clone, PartialEq)]
pub enum Wire {
    Accepted,
    /// The request's path, query included.
    Request(String),
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The client violated the protocol.
    Broken(String),
    /// FIN or RST of the client.
    Gone,
}

impl Env {
    pub async fn start() -> Self {
        Self { server: Shared::new(backend::Server::start().await), start: backend::now() }
    }

    /// Returns the URL of a script of the server; see `homing_test_server::scripts`.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// A client that reconnects after [`SOON`].
    pub fn client(&self, path: &str) -> Builder {
        WebSocket::builder(self.url(path)).reconnect(Reconnect::fixed(SOON))
    }

    /// A client that never reconnects.
    pub fn once(&self, path: &str) -> Builder {
        WebSocket::builder(self.url(path)).reconnect(Reconnect::never())
    }

    /// A client whose policy reconnects after [`NEVER`], so only by hand in a test.
    pub fn retry_in_an_hour(&self, path: &str) -> Builder {
        WebSocket::builder(self.url(path)).reconnect(Reconnect::fixed(NEVER))
    }

    pub fn log(&self) -> Log {
        Log::new(self.clone())
    }

    pub fn server(&self) -> Remote<'_> {
        Remote(self)
    }

    pub async fn sleep(&self, duration: Duration) {
        backend::sleep(duration).await;
    }

    /// Returns the output of a future, or `None` if it takes longer than `limit`.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        match select(pin!(future), pin!(backend::sleep(limit))).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    /// Returns the output of a future that must complete. Panics with `what` after [`PATIENCE`].
    pub async fn soon<F: Future>(&self, what: &str, future: F) -> F::Output {
        self.timeout(PATIENCE, future).await.unwrap_or_else(|| panic!("{what}: not within {PATIENCE:?}"))
    }

    /// Returns the time since the test began.
    pub fn now(&self) -> Duration {
        backend::now() - self.start
    }

    /// Returns the kind that is reported for an error of this kind: browsers hide the causes of most.
    pub fn visible_kind(&self, kind: ErrorKind) -> ErrorKind {
        backend::visible_kind(kind)
    }

    /// Returns whether this library implements the protocol, as natively. Browsers differ in how they treat protocol errors,
    /// empty Close frames, and sockets that are closed before they are open.
    pub fn has_own_protocol(&self) -> bool {
        backend::HAS_OWN_PROTOCOL
    }

    /// Returns the server, for tests that only run natively.
    #[cfg(not(target_family = "wasm"))]
    pub fn native(&self) -> &homing_test_server::Server {
        &self.server.0
    }
}

/// Commands to the server.
pub struct Remote<'a>(&'a Env);

impl Remote<'_> {
    /// Ends every connection with FIN, without a Close frame.
    pub async fn cut_all(&self) {
        self.0.server.command("cut_all").await;
    }

    pub async fn close_all(&self, code: u16, reason: &str) {
        self.0.server.command(&format!("close_all?code={code}&reason={reason}")).await;
    }

    /// Resets the next TCP connections when they are accepted.
    pub async fn refuse_next(&self, count: usize) {
        self.0.server.command(&format!("refuse_next?n={count}")).await;
    }

    /// While on, the server reads and answers nothing.
    pub async fn silence(&self, on: bool) {
        self.0.server.command(&format!("silence?on={}", u8::from(on))).await;
    }

    /// Ends every connection, and rejects new ones until [`restart`](Self::restart).
    pub async fn stop(&self) {
        self.0.server.command("stop").await;
    }

    pub async fn restart(&self) {
        self.0.server.command("restart").await;
    }

    /// Returns what the server has received on all connections of this test.
    pub async fn journal(&self) -> Vec<Seen> {
        self.0.server.journal().await
    }

    /// As [`journal`](Self::journal), without connections and times.
    pub async fn seen(&self) -> Vec<Wire> {
        self.journal().await.into_iter().map(|(_, _, wire)| wire).collect()
    }

    /// Waits until the journal satisfies a condition, and returns it.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&[Wire]) -> bool) -> Vec<Wire> {
        let wanted = |journal: &[Seen]| {
            let seen: Vec<_> = journal.iter().map(|(.., wire)| wire.clone()).collect();
            wanted(&seen)
        };
        let met = self.0.server.wait_for(PATIENCE, wanted).await;
        let seen = self.seen().await;
        assert!(met, "not seen by the server within {PATIENCE:?}: {seen:?}");
        seen
    }

    pub async fn wait_for_requests(&self, count: usize) -> Vec<String> {
        requests(&self.wait_for(|seen| requests(seen).len() >= count).await)
    }

    pub async fn wait_for_texts(&self, count: usize) -> Vec<String> {
        texts(&self.wait_for(|seen| texts(seen).len() >= count).await)
    }

    /// Waits until the client has closed a TCP connection. Does nothing in browsers, which close when they like.
    pub async fn wait_for_gone(&self) {
        if self.0.has_own_protocol() {
            self.wait_for(|seen| seen.contains(&Wire::Gone)).await;
        }
    }

    /// Waits for the first Close frame of the client, and returns its code and reason.
    pub async fn wait_for_close(&self) -> (Option<u16>, String) {
        let seen = self.wait_for(|seen| seen.iter().any(|wire| matches!(wire, Wire::Close(..)))).await;
        let close = seen.into_iter().find_map(|wire| match wire {
            Wire::Close(code, reason) => Some((code, reason)),
            _ => None,
        });
        close.expect("waited for")
    }
}

pub fn requests(seen: &[Wire]) -> Vec<String> {
    seen.iter().filter_map(|wire| if let Wire::Request(path) = wire { Some(path.clone()) } else { None }).collect()
}

pub fn texts(seen: &[Wire]) -> Vec<String> {
    seen.iter().filter_map(|wire| if let Wire::Text(text) = wire { Some(text.clone()) } else { None }).collect()
}
