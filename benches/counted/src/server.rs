//! The server: acts when it is its turn, see [`turns`](crate::turns).

mod connection;
mod frame;
mod stream;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use connection::Connection;
use homing_test_server::tls_config;
use tokio_rustls::rustls::ServerConfig;

/// How long a turn in which nothing was there to do waits for what the kernel has not delivered yet.
const DELIVERY: Duration = Duration::from_millis(5);
/// After this long a turn is taken by itself: what was on its way has arrived by then, and the client waits for it.
const LATE: Duration = Duration::from_secs(20);

/// Serves until standard input ends. Each byte of it begins a turn, and a byte of the output ends the turn.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let (tls, certificate) = tls_config("127.0.0.1").expect("a certificate");
    print!("{}\n{certificate}\0", listener.local_addr().expect("an address"));
    std::io::stdout().flush().expect("the client reads");
    let (sender, turns) = mpsc::channel();
    thread::spawn(move || {
        let mut input = std::io::stdin();
        while input.read_exact(&mut [0]).is_ok() && sender.send(()).is_ok() {}
    });
    let mut connections: Vec<Connection> = Vec::new();
    loop {
        let turn = turns.recv_timeout(LATE);
        if turn == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        if !act(&listener, &tls, &mut connections) {
            thread::sleep(DELIVERY);
            act(&listener, &tls, &mut connections);
        }
        if turn.is_ok() {
            let mut output = std::io::stdout();
            output.write_all(&[0]).and_then(|()| output.flush()).expect("the client waits");
        }
    }
}

/// Does all that can be done without waiting. Returns whether there was anything.
fn act(listener: &TcpListener, tls: &Arc<ServerConfig>, connections: &mut Vec<Connection>) -> bool {
    let before = connections.len();
    connections
        .extend(std::iter::from_fn(|| listener.accept().ok()).map(|(stream, _)| Connection::new(stream, tls.clone())));
    let mut acted = connections.len() != before;
    connections.retain_mut(|connection| {
        let done = connection.act();
        acted |= !matches!(done, Ok(false));
        done.is_ok()
    });
    acted
}
