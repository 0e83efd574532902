//! The journal: records what clients did, in order, and waits for entries.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// An entry of the journal: something that a client did on a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The number of the TCP connection, from 1. Refused ones are counted.
    pub connection: u64,
    /// The time since the server was started.
    pub at: Duration,
    /// What the client did.
    pub what: What,
}

/// What a client did. What the server did is not recorded, as the test requested it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// A TCP connection was accepted.
    Accepted,
    /// A TCP connection was reset, as requested by [`Server::refuse_next`](crate::Server::refuse_next).
    Refused,
    /// A request for a handshake, or any other HTTP request.
    Request {
        /// The request target as it was sent, query included.
        path: String,
        /// In the order of the request, names in lower case.
        headers: Vec<(String, String)>,
    },
    /// A text message, reassembled from its fragments.
    Text(String),
    /// A binary message, reassembled from its fragments.
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
    /// The client violated the protocol: TLS, the handshake or frames.
    ProtocolError(String),
    /// The client sent FIN or RST.
    Disconnected,
}

impl What {
    /// Returns the first header with this name, in any case, if this is a request.
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

    /// Ignores poisoning: a predicate that panicked (a failed assertion) must not break the server's threads.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
