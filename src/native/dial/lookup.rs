//! Name resolution by the operating system, shared by all clients of a runtime that dial at the same moment.
//!
//! The system blocks a thread for each lookup. When a server with hundreds of connections fails, its clients reconnect
//! spread over a second or more. On a busy machine hundreds of threads would undo that: dials would bunch up and start
//! seconds late. Clients that dial the same name therefore share one lookup and, for a moment, the addresses it found. Those
//! of another runtime do not, as the one that runs the lookup may stand still.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::{self, Handle};
use tokio::sync::OnceCell;

use crate::native::sync::lock;

/// For how long found addresses are used for other dials.
const REUSE_FOR: Duration = Duration::from_secs(1);

static LOOKUPS: Lookups = Lookups(Mutex::new(Vec::new()));

/// Resolves a name. Returns its addresses with this port, in the system's order of preference.
pub(crate) async fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let of_system = || async { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) };
    let mut found = LOOKUPS.get(host, of_system).await?;
    found.iter_mut().for_each(|address| address.set_port(port));
    Ok(found)
}

/// Copies an error, which loses at most its source.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Lookups that are running or recent. A list, as there are few names at a time.
struct Lookups(Mutex<Vec<Arc<Lookup>>>);

struct Lookup {
    host: String,
    runtime: runtime::Id,
    /// If the dial that runs the lookup is cancelled, one that waits for it takes over.
    outcome: OnceCell<Outcome>,
}

struct Outcome {
    at: Instant,
    found: io::Result<Vec<SocketAddr>>,
}

impl Lookups {
    async fn get<A>(&self, host: &str, look_up: impl FnOnce() -> A) -> io::Result<Vec<SocketAddr>>
    where
        A: Future<Output = io::Result<Vec<SocketAddr>>>,
    {
        let lookup = self.current(host);
        let outcome = lookup.outcome.get_or_init(|| async {
            let found = look_up().await;
            Outcome { at: Instant::now(), found }
        });
        outcome.await.found.as_ref().map(Vec::clone).map_err(copy)
    }

    /// Returns the lookup of this name that can be shared, or a new one.
    fn current(&self, host: &str) -> Arc<Lookup> {
        let mut lookups = lock(&self.0);
        lookups.retain(|lookup| match lookup.outcome.get() {
            Some(outcome) => outcome.found.is_ok() && outcome.at.elapsed() < REUSE_FOR,
            // Running, unless all dials that waited for it were cancelled.
            None => Arc::strong_count(lookup) > 1,
        });
        let runtime = Handle::current().id();
        if let Some(known) = lookups.iter().find(|lookup| lookup.host == host && lookup.runtime == runtime) {
            return known.clone();
        }
        let lookup = Arc::new(Lookup { host: host.to_owned(), runtime, outcome: OnceCell::new() });
        lookups.push(lookup.clone());
        lookup
    }
}

#[cfg(test)]
mod tests {
    use core::future::pending;
    use core::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt;

    use super::*;

    fn lookups() -> Lookups {
        Lookups(Mutex::new(Vec::new()))
    }

    fn address(last: u8) -> SocketAddr {
        ([127, 0, 0, last], 0).into()
    }

    #[test]
    fn s07_a_runtime_that_stands_still_holds_up_no_lookup_of_another() {
        let lookups = lookups();
        let [still, other] = [(); 2].map(|()| runtime::Builder::new_current_thread().build().unwrap());
        let mut waiting = Box::pin(lookups.get("one.example", pending::<io::Result<_>>));
        still.block_on(async { assert!(waiting.as_mut().now_or_never().is_none()) });
        let found = other.block_on(lookups.get("one.example", || async { Ok(vec![address(1)]) }));
        assert_eq!(found.unwrap(), [address(1)]);
    }

    #[tokio::test]
    async fn s07_dials_at_the_same_moment_share_a_lookup() {
        let (lookups, asked) = (lookups(), AtomicUsize::new(0));
        let look_up = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(vec![address(1)])
        };
        let dials = (0..300).map(|_| lookups.get("one.example", look_up));
        let found = futures::future::join_all(dials).await;
        assert!(found.iter().all(|found| found.as_ref().unwrap() == &[address(1)]));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        // Unless this test stood still since.
        assert_eq!(lookups.get("one.example", look_up).await.unwrap(), [address(1)]);
        let before = asked.load(Ordering::Relaxed);
        assert!(before <= 2, "{before}");
        // Another name needs another lookup.
        let other = lookups.get("two.example", || async { Ok(vec![address(2)]) });
        assert_eq!(other.await.unwrap(), [address(2)]);
        // A later dial as well.
        tokio::time::sleep(REUSE_FOR).await;
        lookups.get("one.example", look_up).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), before + 1);
        assert_eq!(lookups.0.lock().unwrap().len(), 1, "old lookups are removed");
    }

    #[tokio::test]
    async fn s07_a_failed_lookup_is_shared_by_those_waiting_only() {
        let (lookups, asked) = (lookups(), AtomicUsize::new(0));
        let fail = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(io::Error::new(io::ErrorKind::NotFound, "no such name"))
        };
        let failed = futures::future::join_all((0..10).map(|_| lookups.get("one.example", fail))).await;
        assert!(failed.iter().all(|failed| failed.as_ref().unwrap_err().to_string() == "no such name"));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let found = lookups.get("one.example", || async { Ok(vec![address(1)]) });
        assert_eq!(found.await.unwrap(), [address(1)]);
    }

    #[tokio::test]
    async fn s07_a_cancelled_lookup_blocks_no_other_dial() {
        let lookups = lookups();
        let stuck = async {
            let stuck = lookups.get("one.example", || async { pending().await });
            tokio::time::timeout(Duration::from_millis(20), stuck).await.unwrap_err();
        };
        let waiting = lookups.get("one.example", || async { Ok(vec![address(1)]) });
        let ((), found) = tokio::join!(stuck, waiting);
        assert_eq!(found.unwrap(), [address(1)]);
    }
}
