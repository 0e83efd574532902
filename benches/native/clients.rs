//! How both sides connect.

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) type Bare = WebSocketStream<TcpStream>;

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn url(address: &str, job: &str) -> String {
    format!("ws://{address}/{job}")
}

/// As homing does by default: with TCP_NODELAY.
pub(crate) async fn connect_bare(address: &str, job: &str) -> Bare {
    let stream = TcpStream::connect(address).await.expect("connect");
    stream.set_nodelay(true).expect("nodelay");
    client_async(url(address, job), stream).await.expect("handshake").0
}
