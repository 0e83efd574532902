//! A peer whose system acknowledges nothing, while the client's still takes what is sent (S17).

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use homing::native::BuilderExt as _;
use homing::native::rustls::ALL_VERSIONS;
use homing::{ErrorKind, Event, Heartbeat, Reconnect};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

use crate::dial::tls_faults::{Certified, certified};
use crate::support::{PATIENCE, client};

/// Each heartbeat makes the queue of the system longer by more bytes over TLS than the client has sent. This must not pass for
/// progress of what waits before it.
#[tokio::test]
async fn s17_a_peer_that_acknowledges_nothing_over_tls_is_detected() {
    let Certified { authority, config, .. } = certified(false, ALL_VERSIONS, |_| {});
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let stream = TlsAcceptor::from(Arc::new(config)).accept(listener.accept().await.unwrap().0).await.unwrap();
        let mut peer = tokio_tungstenite::accept_async(stream).await.unwrap();
        // Answers heartbeats until a message arrives.
        while !peer.next().await.unwrap().unwrap().is_text() {}
        peer.send(Message::text("reads no more")).await.unwrap();
        pending::<()>().await;
    });
    let (builder, recorder) = client(url);
    let heartbeat = Heartbeat::ping(Duration::from_millis(300), Duration::from_secs(3));
    let builder = builder.root_certificates_pem(authority).heartbeat(heartbeat).reconnect(Reconnect::never());
    let ws = builder.connect().unwrap();
    ws.send("read no more").unwrap();
    recorder.until("the answer", |events| events.iter().any(|event| matches!(event, Event::Message(_)))).await;
    let before = ws.stats().heartbeats;
    ws.send(vec![0; 64 * 1024]).unwrap();
    timeout(PATIENCE, ws.flush()).await.expect("the system takes all of it").unwrap();
    let (error, _) = recorder.failed().await;
    assert_eq!(error.kind(), &ErrorKind::HeartbeatTimeout);
    assert!(ws.stats().heartbeats > before, "the system took heartbeats as well");
}
