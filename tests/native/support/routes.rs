//! Addresses, names and streams that lead to a server, or nowhere.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use homing_test_server::Server;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An address where connecting never succeeds or fails: a listener whose backlog is full. Unlike a packet filter it needs
/// no privileges.
pub(crate) struct BlackHole {
    _listener: TcpListener,
    _backlog: Vec<TcpStream>,
}

impl BlackHole {
    /// Returns `None` and prints why, if this machine has no such address.
    pub(crate) async fn at(address: SocketAddr) -> Option<Self> {
        let bound = (|| {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.bind(address)?;
            socket.listen(0)
        })();
        let listener = match bound {
            Ok(listener) => listener,
            Err(error) => {
                println!("SKIPPED: no black hole at {address}: {error}");
                return None;
            }
        };
        let mut backlog = Vec::new();
        // The backlog is full when connecting neither succeeds nor fails.
        for _ in 0..16 {
            match tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
                Ok(stream) => backlog.push(stream.expect("its own listener")),
                Err(_) => return Some(Self { _listener: listener, _backlog: backlog }),
            }
        }
        println!("SKIPPED: this system has a backlog without an end");
        None
    }
}

/// Returns a resolver with these addresses for every name.
pub(crate) fn known(
    addresses: impl IntoIterator<Item = IpAddr>,
) -> impl Fn(String) -> std::future::Ready<io::Result<Vec<IpAddr>>> {
    let addresses: Vec<_> = addresses.into_iter().collect();
    move |_| std::future::ready(Ok(addresses.clone()))
}

/// Returns the server's URL with a host name, for the resolver of a test.
pub(crate) fn named(server: &Server, path: &str) -> String {
    format!("ws://server.test:{}{path}", server.addr().port())
}

/// Forwards a stream to a server.
pub(crate) fn hand_on(mut stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, to: SocketAddr) {
    tokio::spawn(async move {
        if let Ok(mut server) = TcpStream::connect(to).await {
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
    });
}

/// A directory that is removed on drop.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("homing-test-{}-{count}", std::process::id()));
        std::fs::create_dir(&path).expect("a directory of its own");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
