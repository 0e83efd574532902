//! A TCP forwarder that can stop forwarding, as when a peer disappears silently.

use crate::listener::accept;
use crate::socket::{Socket, unless_frozen};
use socket2::{Domain, Socket as RawSocket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread::{self, JoinHandle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// Forwards TCP connections from a free port of 127.0.0.1. Dropping it ends them all.
pub struct Proxy {
    addr: SocketAddr,
    state: Arc<State>,
    orders: mpsc::UnboundedSender<(Order, std_mpsc::Sender<()>)>,
    thread: Option<JoinHandle<()>>,
}

/// Commands, executed on the proxy's thread and confirmed like those of the server.
enum Order {
    Freeze(bool),
    Cut,
}

struct State {
    frozen: watch::Sender<bool>,
    cut: watch::Sender<()>,
    open: AtomicUsize,
}

impl Proxy {
    /// Forwards every connection to `target`.
    pub fn start(target: SocketAddr) -> io::Result<Proxy> {
        let socket = RawSocket::new(Domain::IPV4, Type::STREAM, None)?;
        // Accepted sockets inherit it, so a client's writes stall early while the proxy is frozen.
        socket.set_recv_buffer_size(64 * 1024)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        let listener: std::net::TcpListener = socket.into();
        let addr = listener.local_addr()?;
        let state = Arc::new(State {
            frozen: watch::Sender::new(false),
            cut: watch::Sender::new(()),
            open: AtomicUsize::new(0),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (orders, taken) = mpsc::unbounded_channel();
        let for_thread = state.clone();
        let thread = thread::Builder::new()
            .name("test-proxy".into())
            .spawn(move || runtime.block_on(accept_all(listener, target, for_thread, taken)))?;
        Ok(Proxy { addr, state, orders, thread: Some(thread) })
    }

    fn order(&self, order: Order) {
        let (done, confirmed) = std_mpsc::channel();
        let _ = self.orders.send((order, done));
        confirmed.recv().expect("the proxy's thread lives");
    }

    /// Returns the address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// While frozen, nothing is read or forwarded in either direction. Old and new connections stay open.
    pub fn freeze(&self, on: bool) {
        self.order(Order::Freeze(on));
    }

    /// Ends every connection with RST, in both directions.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.state.open.load(SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Closing the channel ends the thread.
        self.orders = mpsc::unbounded_channel().0;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept_all(
    listener: TcpListener,
    target: SocketAddr,
    state: Arc<State>,
    mut orders: mpsc::UnboundedReceiver<(Order, std_mpsc::Sender<()>)>,
) {
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => {
                let Some((order, done)) = order else { return };
                match order {
                    Order::Freeze(on) => drop(state.frozen.send_replace(on)),
                    Order::Cut => state.cut.send_replace(()),
                }
                let _ = done.send(());
            }
            client = accept(Some(&listener)) => {
                state.open.fetch_add(1, SeqCst);
                // Subscribed here and not in the task: a cut must not miss a connection accepted before it.
                let cut = state.cut.subscribe();
                tokio::spawn(forward(Socket::new(client), target, state.clone(), cut));
            }
        }
    }
}

async fn forward(mut client: Socket, target: SocketAddr, state: Arc<State>, mut cut: watch::Receiver<()>) {
    let outside = client.clone();
    let copy = async move {
        let mut server = Socket::new(TcpStream::connect(target).await?);
        // A cut or an error also ends the connection to the server with RST.
        server.reset_on_close();
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        server.close_in_peace();
        io::Result::Ok(())
    };
    let ended_well = tokio::select! {
        biased;
        _ = cut.changed() => false,
        result = unless_frozen(state.frozen.subscribe(), copy) => result.is_ok(),
    };
    if !ended_well {
        outside.reset_on_close();
    }
    state.open.fetch_sub(1, SeqCst);
}
