//! A link between a client and a server that limits the rate, adds a delay, and injects faults. The faults follow
//! from a seed, so that a run can be repeated.

use crate::listener::accept;
use crate::socket::Socket;
use socket2::{Domain, Socket as RawSocket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The number of bytes forwarded at a time. Smaller ones keep the rate more precisely.
const PIECE: usize = 2048;

/// How long a connection stays half open.
const HALF_OPEN: Duration = Duration::from_secs(60);

/// The properties of a link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// Bytes a second in each direction, shared by all connections; `None`: as fast as possible.
    pub rate: Option<u64>,
    /// How long each byte takes.
    pub delay: Duration,
    /// The seed of the faults. They also depend on the number of the connection (0, 1, ...).
    pub faults: Option<u64>,
}

/// A fault of a connection, injected once this many bytes were forwarded in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Closes the connection as soon as it is accepted.
    Refuse,
    /// Ends it with FIN, in both directions.
    Cut(u64),
    /// Ends it with RST, in both directions.
    Reset(u64),
    /// Forwards nothing more in either direction. The connection ends after a minute.
    HalfOpen(u64),
    /// Forwards nothing for this many milliseconds.
    Stall(u64, u64),
    /// Forwards this many bytes a second from then on.
    Throttle(u64, u64),
}

impl Fault {
    /// Returns the fault of a connection by the seed and its number.
    pub fn of(seed: u64, connection: usize) -> Fault {
        let mut state = seed ^ (connection as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = |bound: u64| {
            // SplitMix64.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (mixed ^ (mixed >> 31)) % bound
        };
        // Each order of magnitude is as likely as another, so that handshakes and short exchanges break as well.
        let scale = 1 << next(20);
        let after = next(scale) + next(200);
        match next(8) {
            0 => Fault::Refuse,
            1 | 2 => Fault::Cut(after),
            3 | 4 => Fault::Reset(after),
            5 => Fault::HalfOpen(after),
            6 => Fault::Stall(after, 100 + next(2000)),
            _ => Fault::Throttle(after, 10_000 + next(100_000)),
        }
    }
}

/// Forwards TCP connections from a free port of 127.0.0.1. Dropping it ends them all.
pub struct Link {
    addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepted: Arc<AtomicUsize>,
    calm: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// Forwards every connection to `target`.
    pub fn start(target: SocketAddr, shape: Shape) -> io::Result<Link> {
        let socket = RawSocket::new(Domain::IPV4, Type::STREAM, None)?;
        // Accepted sockets inherit these sizes. Small ones keep few bytes in the link itself.
        socket.set_recv_buffer_size(16 * 1024)?;
        socket.set_send_buffer_size(64 * 1024)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        let listener: std::net::TcpListener = socket.into();
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let (connections, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (connections.clone(), accepted.clone());
        let (calm, is_calm) = watch::channel(false);
        let thread = thread::Builder::new().name("test-link".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept_all(listener, target, shape, counts, is_calm) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Link { addr, connections, accepted, calm, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the WebSocket URL of a path of the server behind it.
    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.addr)
    }

    /// Suspends the faults: connections with a fault end now, with FIN, and new ones have none. Or enables faults
    /// again for new connections.
    pub fn calm(&self, on: bool) {
        self.calm.send_replace(on);
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Returns the number of connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The time from which a direction of the link accepts the next byte.
#[derive(Clone)]
struct Lane {
    free: Arc<Mutex<Instant>>,
    rate: Option<u64>,
}

impl Lane {
    fn new(rate: Option<u64>) -> Self {
        Lane { free: Arc::new(Mutex::new(Instant::now())), rate }
    }

    /// Waits until this many bytes have passed, in the order of the calls.
    async fn pass(&self, bytes: usize) {
        let Some(rate) = self.rate else { return };
        let until = {
            let mut free = self.free.lock().await;
            let start = (*free).max(Instant::now());
            *free = start + Duration::from_nanos(bytes as u64 * 1_000_000_000 / rate);
            *free
        };
        sleep_until(until).await;
    }
}

async fn accept_all(
    listener: TcpListener,
    target: SocketAddr,
    shape: Shape,
    (connections, accepted): (Arc<AtomicUsize>, Arc<AtomicUsize>),
    calm: watch::Receiver<bool>,
) {
    let lanes = [Lane::new(shape.rate), Lane::new(shape.rate)];
    loop {
        let client = Socket::new(accept(Some(&listener)).await);
        let number = accepted.fetch_add(1, SeqCst);
        let fault = shape.faults.filter(|_| !*calm.borrow()).map(|seed| Fault::of(seed, number));
        if fault == Some(Fault::Refuse) {
            continue;
        }
        let (lanes, connections, mut calm) = (lanes.clone(), connections.clone(), calm.clone());
        connections.fetch_add(1, SeqCst);
        tokio::spawn(async move {
            // The connection has ended.
            tokio::select! {
                _ = connect(client, target, shape, fault, lanes) => {}
                Ok(_) = calm.wait_for(|calm| *calm), if fault.is_some() => {}
            }
            connections.fetch_sub(1, SeqCst);
        });
    }
}

async fn connect(
    client: Socket,
    target: SocketAddr,
    shape: Shape,
    fault: Option<Fault>,
    lanes: [Lane; 2],
) -> io::Result<()> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 * 1024)?;
    socket.set_send_buffer_size(64 * 1024)?;
    let server = Socket::new(socket.connect(target).await?);
    let trouble = Trouble::new(fault);
    let [up, down] = lanes;
    let forwarded = async {
        tokio::join!(
            forward(client.clone(), server.clone(), up, shape.delay, &trouble),
            forward(server.clone(), client.clone(), down, shape.delay, &trouble)
        );
    };
    let ended_by = trouble.ends();
    tokio::select! {
        biased;
        fault = ended_by => match fault {
            Fault::Reset(_) => {
                client.reset_on_close();
                server.reset_on_close();
            }
            // Until both ends have closed. A FIN behind unread bytes is not seen, so there is a limit.
            Fault::HalfOpen(_) => {
                let _ = timeout(HALF_OPEN, async { tokio::join!(client.gone(), server.gone()) }).await;
            }
            _ => {}
        },
        () = forwarded => {}
    }
    Ok(())
}

/// The fault of a connection, and whether it was injected.
struct Trouble {
    fault: Option<Fault>,
    ended: watch::Sender<bool>,
}

impl Trouble {
    fn new(fault: Option<Fault>) -> Self {
        Trouble { fault, ended: watch::Sender::new(false) }
    }

    /// Completes when a fault ends the connection.
    async fn ends(&self) -> Fault {
        let mut ended = self.ended.subscribe();
        loop {
            if let (true, Some(fault)) = (*ended.borrow_and_update(), self.fault) {
                return fault;
            }
            if ended.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns how many of the next `length` bytes pass before the fault, after `done` bytes.
    fn until(&self, done: u64, length: usize) -> usize {
        let at = match self.fault {
            Some(Fault::Cut(at) | Fault::Reset(at) | Fault::HalfOpen(at)) => at,
            Some(Fault::Stall(at, _) | Fault::Throttle(at, _)) if at > done => at,
            _ => return length,
        };
        at.saturating_sub(done).min(length as u64) as usize
    }

    /// Injects the fault if this many bytes have passed. Returns a new rate if there is one.
    async fn happens(&self, done: u64) -> Option<u64> {
        match self.fault {
            Some(Fault::Cut(at) | Fault::Reset(at) | Fault::HalfOpen(at)) if done >= at => {
                self.ended.send_replace(true);
                std::future::pending().await
            }
            Some(Fault::Stall(at, millis)) if done == at => {
                sleep(Duration::from_millis(millis)).await;
                None
            }
            Some(Fault::Throttle(at, rate)) if done >= at => Some(rate),
            _ => None,
        }
    }
}

/// Forwards one direction. The bytes in memory are limited to what the delay needs.
async fn forward(mut from: Socket, mut to: Socket, lane: Lane, delay: Duration, trouble: &Trouble) {
    let (pieces, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    let taking = async move {
        let mut done = 0;
        let mut own = None;
        let mut buffer = [0; PIECE];
        loop {
            if let Some(rate) = trouble.happens(done).await {
                own.get_or_insert_with(|| Lane::new(Some(rate)));
            }
            let room = trouble.until(done, PIECE);
            let Ok(length @ 1..) = from.read(&mut buffer[..room]).await else { return };
            own.as_ref().unwrap_or(&lane).pass(length).await;
            done += length as u64;
            if pieces.send((Instant::now() + delay, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let giving = async move {
        while let Some((at, piece)) = arriving.recv().await {
            sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        to.send_fin();
    };
    tokio::join!(taking, giving);
}
