//! What happened on the wire, in order, and waiting for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// One thing that happened on one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Counts the TCP connections from 1, the refused ones included.
    pub connection: u64,
    /// Since the server was started.
    pub at: Duration,
    /// What it was.
    pub what: What,
}

/// What happened. Only the client's doings are told, since a test knows what it asked the server to do.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// A TCP connection came.
    Accepted,
    /// A TCP connection came and was reset, as [`Server::refuse_next`](crate::Server::refuse_next) had asked.
    Refused,
    /// A request for a handshake, or any other HTTP request.
    Request {
        /// The request target as it was sent, query included.
        path: String,
        /// In the order of the request, names in lower case.
        headers: Vec<(String, String)>,
    },
    /// A text message, put together from its fragments.
    Text(String),
    /// A binary message, put together from its fragments.
    Binary(Vec<u8>),
    /// A compressed message of either kind, as it was sent.
    Compressed(Vec<u8>),
    /// A Ping frame.
    Ping(Vec<u8>),
    /// A Pong frame.
    Pong(Vec<u8>),
    /// A Close frame.
    Close {
        /// `None` if the frame was empty.
        code: Option<u16>,
        /// Empty if there was none.
        reason: String,
    },
    /// The client broke a rule: of TLS, of the handshake, or of the frames.
    ProtocolError(String),
    /// The client's FIN or RST was seen.
    Disconnected,
}

impl What {
    /// The first header of that name if this is a request. The name's case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        match self {
            What::Request { headers, .. } => {
                headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }
}

pub(crate) struct Journal {
    start: Instant,
    entries: Mutex<Vec<Entry>>,
    added: Condvar,
    added_async: watch::Sender<()>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Journal {
            start: Instant::now(),
            entries: Mutex::default(),
            added: Condvar::new(),
            added_async: watch::Sender::new(()),
        }
    }

    pub(crate) fn add(&self, connection: u64, what: What) {
        let mut entries = self.lock();
        entries.push(Entry { connection, at: self.start.elapsed(), what });
        drop(entries);
        self.added.notify_all();
        self.added_async.send_replace(());
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    pub(crate) fn wait_for(&self, timeout: Duration, mut pred: impl FnMut(&[Entry]) -> bool) -> bool {
        let (_entries, result) = self
            .added
            .wait_timeout_while(self.lock(), timeout, |entries| !pred(entries))
            .unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    pub(crate) async fn wait_for_async(&self, timeout: Duration, mut pred: impl FnMut(&[Entry]) -> bool) -> bool {
        let mut added = self.added_async.subscribe();
        let wait = async {
            while !pred(&self.lock()) {
                // The sender lives as long as `self`, so this cannot fail.
                let _ = added.changed().await;
            }
        };
        tokio::time::timeout(timeout, wait).await.is_ok()
    }

    /// A predicate that panicked under the lock (a failed assertion) must not break the server's threads as well.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
