//! Unix sockets.

use std::path::Path;

use homing::ErrorKind;
use homing::native::BuilderExt;
use homing_test_server::Server;
use tokio::net::UnixListener;

use super::dialling::echoes;
use super::facts::{facts, stages};
use crate::support::routes::{Scratch, hand_on};
use crate::support::{client, server};

/// Accepts connections at a path, and forwards them to the server.
pub(crate) fn serve(path: &Path, server: &Server) {
    let listener = UnixListener::bind(path).unwrap();
    let addr = server.addr();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            hand_on(stream, addr);
        }
    });
}

#[tokio::test]
async fn unix_sockets() {
    let (server, scratch) = (server(), Scratch::new());
    let path = scratch.path().join("socket");
    serve(&path, &server);
    let (builder, recorder) = client("ws://app.test/echo?x=1");
    echoes(builder.unix_socket(&path), recorder).await;
    let journal = server.journal();
    assert!(journal.iter().any(|entry| entry.what.header("host") == Some("app.test")), "{journal:?}");

    let (builder, recorder) = client("ws://app.test/");
    let _ws = builder.unix_socket(scratch.path().join("none")).connect().unwrap();
    assert_eq!(recorder.failed().await.0.kind(), &ErrorKind::Connect);
}

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
#[tokio::test]
async fn tls_over_a_unix_socket() {
    let (server, scratch) = (Server::start_tls("app.test").unwrap(), Scratch::new());
    let path = scratch.path().join("socket");
    serve(&path, &server);
    let (builder, recorder) = client("wss://app.test/echo");
    echoes(builder.unix_socket(&path).root_certificates_pem(server.ca_pem()), recorder).await;
}

#[tokio::test]
async fn s29_a_unix_socket_has_no_addresses() {
    let (server, dir) = (server(), Scratch::new());
    let path = dir.path().join("socket");
    serve(&path, &server);
    let (builder, recorder) = client("ws://server.test/echo");
    let facts = facts(builder.unix_socket(path), &recorder).await;
    assert_eq!((facts.peer_address, facts.local_address), (None, None));
    assert_eq!(stages(&facts.timings), ["connect", "handshake"]);
}
