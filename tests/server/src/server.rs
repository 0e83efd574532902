//! The server: its thread, its listener, and the handles of its connections.

use crate::connection::{self, End, Wish};
use crate::journal::{Entry, Journal, What};
use crate::ledger::Ledgers;
use crate::listener::{accept, bind, reserve};
use crate::sessions::Sessions;
use crate::socket::Socket;
#[cfg(feature = "tls")]
use crate::tls::Kind;
use crate::tls::{Acceptor, Identity};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as std_mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

/// A WebSocket server on a thread of its own. Dropping it stops it.
pub struct Server {
    shared: Arc<Shared>,
    addr: SocketAddr,
    tls: Option<Identity>,
    orders: Orders,
    thread: Option<JoinHandle<()>>,
    _reservation: Option<socket2::Socket>,
}

/// The state that connections share with the server.
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) silence: watch::Sender<bool>,
    pub(crate) sessions: Sessions,
    pub(crate) ledgers: Ledgers,
    acceptor: Option<Acceptor>,
    open: Mutex<BTreeMap<u64, Handle>>,
    refuse: AtomicUsize,
}

struct Handle {
    end: oneshot::Sender<End>,
    wishes: mpsc::UnboundedSender<Wish>,
}

enum Order {
    Listen(Option<StdListener>),
    Silence(bool),
    End(End),
}

/// Commands are executed on the server's thread, where no script is in the middle of a step, and confirmed: what
/// a test does after a command always sees its effect.
type Orders = mpsc::UnboundedSender<(Order, std_mpsc::Sender<io::Result<()>>)>;

impl Server {
    /// Starts a server without TLS on a free port of 127.0.0.1.
    pub fn start() -> io::Result<Server> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts a server without TLS at this address.
    pub fn start_at(addr: SocketAddr) -> io::Result<Server> {
        Self::start_with(addr, None)
    }

    /// Starts a TLS server with a new certification authority and a certificate for `host`, a name or an IP address.
    #[cfg(feature = "tls")]
    pub fn start_tls(host: &str) -> io::Result<Server> {
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), Some(Identity::new(host, Kind::Usual)?))
    }

    /// Like [`start_tls`](Self::start_tls), but clients need a certificate of the same authority.
    #[cfg(feature = "tls")]
    pub fn start_mtls(host: &str) -> io::Result<Server> {
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), Some(Identity::new(host, Kind::AskingClients)?))
    }

    /// Like [`start_tls`](Self::start_tls), but with TLS 1.2 only.
    #[cfg(feature = "tls")]
    pub fn start_tls12(host: &str) -> io::Result<Server> {
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), Some(Identity::new(host, Kind::Tls12)?))
    }

    fn start_with(addr: SocketAddr, tls: Option<Identity>) -> io::Result<Server> {
        let (reservation, addr) = reserve(addr)?;
        let shared = Arc::new(Shared {
            journal: Journal::new(),
            silence: watch::Sender::new(false),
            sessions: Sessions::default(),
            ledgers: Ledgers::default(),
            acceptor: tls.as_ref().map(|tls| tls.acceptor.clone()),
            open: Mutex::default(),
            refuse: AtomicUsize::new(0),
        });
        let (orders, taken) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let for_thread = shared.clone();
        let thread = thread::Builder::new()
            .name("test-server".into())
            .spawn(move || runtime.block_on(accept_all(for_thread, taken)))?;
        let server = Server { shared, addr, tls, orders, thread: Some(thread), _reservation: reservation };
        server.restart()?;
        Ok(server)
    }

    /// Returns the certificate of the authority as PEM.
    ///
    /// # Panics
    /// If this server has no TLS.
    #[cfg(feature = "tls")]
    pub fn ca_pem(&self) -> &str {
        &self.identity().ca_pem
    }

    /// Returns the server's own certificate as PEM.
    ///
    /// # Panics
    /// If this server has no TLS.
    #[cfg(feature = "tls")]
    pub fn certificate_pem(&self) -> &str {
        &self.identity().server_pem
    }

    /// Returns the TLS handshakes that were completed, in order.
    ///
    /// # Panics
    /// If this server has no TLS.
    #[cfg(feature = "tls")]
    pub fn tls_handshakes(&self) -> Vec<crate::TlsHandshake> {
        self.identity().acceptor.handshakes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a client certificate of the same authority and its key (PKCS#8) as PEM.
    ///
    /// # Panics
    /// If this server has no TLS.
    #[cfg(feature = "tls")]
    pub fn client_identity_pem(&self) -> (String, String) {
        self.identity().client_pem.clone()
    }

    #[cfg(feature = "tls")]
    fn identity(&self) -> &Identity {
        self.tls.as_ref().expect("a server with TLS")
    }

    /// Returns the address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns `ws://127.0.0.1:port/path`, or `wss://host:port/path` with TLS. `path` may have a query.
    pub fn url(&self, path: &str) -> String {
        let path = path.trim_start_matches('/');
        match &self.tls {
            Some(tls) => format!("wss://{}:{}/{path}", tls.host, self.addr.port()),
            None => format!("ws://{}/{path}", self.addr),
        }
    }

    /// Stops listening and ends every connection at once with FIN. The port stays reserved for
    /// [`restart`](Self::restart): until then connections are refused.
    pub fn stop(&self) {
        self.order_surely(Order::Listen(None));
        self.order_surely(Order::End(End::Fin));
    }

    /// Like [`stop`](Self::stop), with RST instead of FIN.
    pub fn kill(&self) {
        self.order_surely(Order::Listen(None));
        self.order_surely(Order::End(End::Rst));
    }

    /// Listens again on the same port. Open connections stay open.
    pub fn restart(&self) -> io::Result<()> {
        self.order(Order::Listen(None))?;
        let socket = bind(self.addr)?;
        socket.listen(1024)?;
        self.order(Order::Listen(Some(socket.into())))
    }

    fn order(&self, order: Order) -> io::Result<()> {
        let (done, confirmed) = std_mpsc::channel();
        self.orders.send((order, done)).map_err(io::Error::other)?;
        confirmed.recv().map_err(io::Error::other)?
    }

    /// Fails only if it cannot listen, while the thread runs.
    fn order_surely(&self, order: Order) {
        self.order(order).expect("the server's thread lives");
    }

    /// Resets the next `n` TCP connections as soon as they are accepted.
    pub fn refuse_next(&self, n: usize) {
        self.shared.refuse.store(n, SeqCst);
    }

    /// Sends Close on every connection that is open as a WebSocket (not on `/silent`). The closing handshake then
    /// continues as in the script.
    pub fn close_all(&self, code: u16, reason: &str) {
        self.shared.wish(&Wish::Close { code, reason: reason.to_owned() });
    }

    /// Sends `n` text messages of `size` bytes on every open WebSocket, as fast as possible.
    pub fn flood_all(&self, n: usize, size: usize) {
        self.shared.wish(&Wish::Flood { n, size });
    }

    /// Ends every connection with FIN, without a Close frame, and continues listening.
    pub fn cut_all(&self) {
        self.order_surely(Order::End(End::Fin));
    }

    /// Ends every connection with RST and continues listening.
    pub fn reset_all(&self) {
        self.order_surely(Order::End(End::Rst));
    }

    /// While on, the server neither reads nor writes on any connection, not even its TLS handshake. All stay open.
    pub fn silence(&self, on: bool) {
        self.order_surely(Order::Silence(on));
    }

    /// Returns the journal.
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.journal.entries()
    }

    /// Blocks until `pred` is true of the journal. Returns `false` after `timeout`. `pred` must not call the
    /// server, as the journal is locked meanwhile.
    pub fn wait_for(&self, timeout: Duration, pred: impl FnMut(&[Entry]) -> bool) -> bool {
        self.shared.journal.wait_for(timeout, pred)
    }

    /// [`wait_for`](Self::wait_for) for async tests: it needs a tokio runtime and does not block it.
    pub async fn wait_for_async(&self, timeout: Duration, pred: impl FnMut(&[Entry]) -> bool) -> bool {
        self.shared.journal.wait_for_async(timeout, pred).await
    }

    /// Returns the number of open connections, including those in a handshake.
    pub fn connections(&self) -> usize {
        self.shared.open().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.order(Order::Listen(None));
        let _ = self.order(Order::End(End::Fin));
        // Closing the channel ends the thread.
        self.orders = mpsc::unbounded_channel().0;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Handle>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a connection that ended by itself.
    pub(crate) fn remove(&self, id: u64) {
        self.open().remove(&id);
    }

    fn wish(&self, wish: &Wish) {
        for handle in self.open().values() {
            let _ = handle.wishes.send(wish.clone());
        }
    }

    fn end_all(&self, end: End) {
        for (_, handle) in std::mem::take(&mut *self.open()) {
            let _ = handle.end.send(end);
        }
    }

    fn begin(self: &Arc<Self>, id: u64, socket: Socket) {
        let refused = self.refuse.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        if refused {
            self.journal.add(id, What::Refused);
            socket.reset_on_close();
            return;
        }
        let (end, ended) = oneshot::channel();
        let (wishes, wished) = mpsc::unbounded_channel();
        self.open().insert(id, Handle { end, wishes });
        self.journal.add(id, What::Accepted);
        tokio::spawn(connection::serve(self.clone(), id, socket, self.acceptor.clone(), ended, wished));
    }
}

async fn accept_all(
    shared: Arc<Shared>,
    mut orders: mpsc::UnboundedReceiver<(Order, std_mpsc::Sender<io::Result<()>>)>,
) {
    let mut listener: Option<TcpListener> = None;
    let mut id = 0;
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => {
                let Some((order, done)) = order else { return };
                let mut result = Ok(());
                match order {
                    Order::Listen(None) => listener = None,
                    Order::Listen(Some(new)) => {
                        result = TcpListener::from_std(new).map(|new| listener = Some(new));
                    }
                    Order::Silence(on) => {
                        shared.silence.send_replace(on);
                    }
                    Order::End(end) => shared.end_all(end),
                }
                let _ = done.send(result);
            }
            accepted = accept(listener.as_ref()) => {
                id += 1;
                shared.begin(id, Socket::new(accepted));
            }
        }
    }
}
