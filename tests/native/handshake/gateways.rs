//! Gateways and proxies that refuse while the server behind them restarts (S8).

use std::time::Duration;

use homing::native::BuilderExt;
use homing::{EndReason, Event, Reconnect};
use homing_test_server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::routes::hand_on;
use crate::support::{client, server};

/// A gateway with these responses in turn: `true` is a connection that opens and is dropped, `false` this refusal.
async fn gateway(refusal: &'static str, answers: Vec<bool>) -> (String, Server) {
    let server = server();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let behind = server.addr();
    tokio::spawn(async move {
        for opens in answers.into_iter().chain(std::iter::repeat(true)) {
            let (mut stream, _) = listener.accept().await.unwrap();
            if opens {
                hand_on(stream, behind);
            } else {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(refusal.as_bytes()).await;
            }
        }
    });
    (at, server)
}

/// Gateways respond with 404, 403 and 400 while their server restarts, so a request that worked before is retried.
#[tokio::test]
async fn s08_refusals_are_retried_once_the_client_was_open() {
    for refusal in [
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (at, _server) = gateway(refusal, vec![true, false, false, false]).await;
        let (builder, recorder) = client(format!("ws://{at}/drop"));
        let _ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(10))).connect().unwrap();
        let opens = |_: &[Event]| recorder.count(|event| matches!(event, Event::Open(_))) >= 2;
        recorder.until("open again", opens).await;
        let refused = recorder.errors().iter().filter(|error| error.status().is_some()).count();
        assert_eq!(refused, 3, "{refusal}");

        // The client was never open: the request is probably wrong.
        let (at, _server) = gateway(refusal, vec![false]).await;
        let (builder, recorder) = client(format!("ws://{at}/drop"));
        let ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(10))).connect().unwrap();
        assert_eq!(ws.closed().await.reason, EndReason::Fatal);
        assert_eq!(recorder.errors().len(), 1);
    }
}

/// Proxies restart as well.
#[tokio::test]
async fn s08_refusals_of_proxies_are_retried_once_the_client_was_open() {
    let server = server();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let behind = server.addr();
    tokio::spawn(async move {
        for connects in [true, false, false].into_iter().chain(std::iter::repeat(true)) {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            if connects {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                hand_on(stream, behind);
            } else {
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            }
        }
    });
    let (builder, recorder) = client("ws://server.test/drop");
    let builder = builder.reconnect(Reconnect::fixed(Duration::from_millis(10)));
    let _ws = builder.proxy(proxy).connect().unwrap();
    recorder.until("open again", |_| recorder.count(|event| matches!(event, Event::Open(_))) >= 2).await;
    let refused = recorder.errors().iter().filter(|error| error.status() == Some(403)).count();
    assert_eq!(refused, 2);
}
