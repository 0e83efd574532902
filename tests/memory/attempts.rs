//! Attempts that fail at every stage, connections that end in every way, and clients that end and start again leave nothing
//! behind: not a byte, a file descriptor or a task. Timers live in the memory of their tasks.
//!
//! ```text
//! HOMING_ATTEMPTS=10000 cargo test -p homing-tests --test memory attempts -- --nocapture
//! ```

mod peer;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use homing::native::BuilderExt;
use homing::{Request, Session, SetupError};
use tokio::runtime::Handle;

use super::*;

/// How many attempts are made in two runs.
const ATTEMPTS: usize = 2000;
/// How many runs are made until one leaves exactly what the one before left.
const RUNS: usize = 12;
/// A client frees its timer and what a burst needed a second later, also when it has ended.
const UNTIL_TIDY: Duration = Duration::from_secs(3);
const CLIENTS: usize = 32;
/// A multiple of the number of stages of each client. A client keeps the last error and the last handshake, so that what it
/// keeps is the same each time.
const ROUND: usize = 20;

/// URLs, in which `PEER` is the address of the peer and `UNUSED` one that refuses connections, and the kinds of their errors.
/// An empty kind is a connection that ends without an error.
type Stages = &'static [(&'static str, &'static str)];

const PLAIN: Stages = &[
    ("", "Provider"),
    ("ftp://PEER/", "Provider"),
    ("ws://unknown.test/", "Dns"),
    ("ws://UNUSED/", "Connect"),
    ("ws://PEER/half", "Io"),
    ("ws://PEER/garbage", "Handshake"),
    ("ws://PEER/refused", "Handshake"),
    ("ws://PEER/redirected", "Handshake"),
    ("ws://PEER/key", "Handshake"),
    ("ws://PEER/protocol", "Handshake"),
    ("ws://PEER/reset", "Io"),
    ("ws://PEER/open/cut", "Io"),
    ("ws://PEER/open/reset", "Io"),
    ("ws://PEER/open/closed", ""),
    ("ws://PEER/open/messages", "Io"),
    ("ws://PEER/open/half", "Io"),
    ("ws://PEER/open/opcode", "Protocol"),
    ("ws://PEER/open/utf8", "Protocol"),
    ("ws://PEER/open/large", "MessageTooLarge"),
    ("ws://PEER/open/left", ""),
];
const SETUP: Stages = &[
    ("ws://PEER/open/messages", "Setup"),
    ("ws://PEER/open/cut", "Io"),
    ("ws://PEER/refused", "Handshake"),
    ("wss://PEER/", if cfg!(any(feature = "__rustls", feature = "native-tls")) { "Tls" } else { "Unsupported" }),
];
const PROXY: Stages = &[
    ("ws://unauthorized.test/", "Proxy"),
    ("ws://garbage.test/", "Proxy"),
    ("ws://cut.test/", "Proxy"),
    ("ws://refused.test/", "Handshake"),
];
const SOCKS: Stages = &[("ws://refused.test/", "Proxy"), ("ws://garbage.test/", "Proxy")];
const SILENT: Stages = &[("ws://PEER/silent", "OpenTimeout")];

/// What one client has done.
struct Progress {
    stages: Stages,
    attempts: AtomicUsize,
    /// How many attempts are left until the client ends.
    left: AtomicUsize,
    errors: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Progress {
    fn stage(&self) -> (&'static str, &'static str) {
        let attempts = self.attempts.load(Ordering::Relaxed);
        self.stages[(attempts + self.stages.len() - 1) % self.stages.len()]
    }

    fn check(&self, found: &str) {
        let (url, expected) = self.stage();
        if !found.starts_with(expected) || expected.is_empty() != found.is_empty() {
            self.wrong.lock().unwrap().push(format!("{url}: {found}, not {expected}"));
        }
    }
}

/// Connects a client that goes through the stages, one after the other, and ends after `attempts`.
fn connect(number: usize, peer: SocketAddr, unused: SocketAddr, attempts: usize) -> (WebSocket, Arc<Progress>) {
    let stages = [PLAIN, PLAIN, PLAIN, PLAIN, SETUP, PROXY, SOCKS, SILENT][number % 8];
    let new = || AtomicUsize::new(0);
    let (left, wrong) = (AtomicUsize::new(attempts), Mutex::default());
    let progress = Arc::new(Progress { stages, attempts: new(), left, errors: new(), wrong });
    let [provided, opened, failed, closed] = [(); 4].map(|()| progress.clone());
    let builder = WebSocket::builder("ws://placeholder.test/")
        .heartbeat(None)
        .reconnect(Reconnect::fixed(Duration::from_micros(1)))
        .retry_if(|_| true)
        .open_timeout(if stages == SILENT { Duration::from_millis(2) } else { PATIENCE })
        .max_message_size(15_000)
        .follow_redirects(true)
        .request_provider(move || {
            provided.attempts.fetch_add(1, Ordering::Relaxed);
            let url = provided.stage().0.replace("PEER", &peer.to_string()).replace("UNUSED", &unused.to_string());
            async move { if url.is_empty() { Err("no request".into()) } else { Ok(Request::new(url)) } }
        })
        .on_open(move |ws, _| {
            match opened.stage().1 {
                // The Close frames of both sides are all that is sent.
                "" => ws.reconnect(),
                _ => ws.send("x".repeat(64)).unwrap(),
            }
        })
        .on_error(move |_, error| {
            failed.errors.fetch_add(1, Ordering::Relaxed);
            failed.check(&format!("{:?}", error.kind()));
        })
        .on_close(move |ws, _| {
            if closed.errors.swap(0, Ordering::Relaxed) == 0 {
                closed.check("");
            }
            if closed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
                ws.abort();
            }
        });
    let builder = match stages {
        SETUP => builder.setup(|mut session: Session| async move {
            session.send("x".repeat(64))?;
            session.receive().await?;
            Err(SetupError::new("enough"))
        }),
        PROXY => builder.proxy(format!("http://{peer}")),
        SOCKS => builder.proxy(format!("socks5://{peer}")),
        _ => builder.resolver(|_| async { Err(std::io::Error::other("no address")) }),
    };
    (builder.connect().unwrap(), progress)
}

#[derive(Debug, PartialEq)]
struct InUse {
    bytes: usize,
    files: Option<usize>,
    tasks: usize,
}

impl InUse {
    fn now() -> Self {
        let files = std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        Self { bytes: MEMORY.current_usage(), files, tasks: Handle::current().metrics().num_alive_tasks() }
    }
}

/// One thread, so that nothing depends on the order in which several release what they share.
#[tokio::test]
async fn attempts_leave_nothing() {
    let _alone = ALONE.lock().await;
    let attempts = std::env::var("HOMING_ATTEMPTS").map_or(ATTEMPTS, |text| text.parse().unwrap());
    let attempts = (attempts / 2).div_ceil(CLIENTS).next_multiple_of(ROUND);
    let peer = peer::start().await;
    // Bound, but it does not listen.
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    bound.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let unused = bound.local_addr().unwrap().as_socket().unwrap();
    let clients: Vec<_> = (0..CLIENTS).map(|number| connect(number, peer, unused, attempts)).collect();
    // The runtime's queue of tasks grows, and stays as large as it ever was.
    for task in [(); 1000].map(|()| tokio::spawn(async {})) {
        task.await.unwrap();
    }
    let before = InUse::now();
    let rest = async || {
        for (ws, _) in &clients {
            ws.closed().await;
        }
        // The peer's ends of the last connections.
        let tasks = CLIENTS + 1;
        until("all connections are gone", || Handle::current().metrics().num_alive_tasks() == tasks).await;
        tokio::time::sleep(UNTIL_TIDY).await;
        // The runtime frees what it knows of closed sockets when it next polls its driver: before a task that yields goes on.
        tokio::task::yield_now().await;
        InUse::now()
    };
    let mut left = vec![rest().await];
    for run in 2..=RUNS {
        for (ws, progress) in &clients {
            progress.left.store(attempts, Ordering::Relaxed);
            ws.reconnect();
        }
        left.push(rest().await);
        for (ws, progress) in &clients {
            assert_eq!(*progress.wrong.lock().unwrap(), [""; 0]);
            assert_eq!(ws.stats().attempts, (run * attempts) as u64);
        }
        // A leak would grow with each run.
        if left[run - 1] == left[run - 2] {
            return println!("before: {before:?}, after each {} attempts: {left:?}", attempts * CLIENTS);
        }
    }
    panic!("before: {before:?}, after each {} attempts: {left:?}", attempts * CLIENTS);
}
