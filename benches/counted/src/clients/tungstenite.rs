//! Bare tokio-tungstenite.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Client;

pub(crate) struct Tungstenite(WebSocketStream<TcpStream>);

impl Client for Tungstenite {
    async fn connect(url: &str) -> Self {
        let authority = url.split('/').nth(2).expect("an authority");
        let stream = TcpStream::connect(authority).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self(client_async(url, stream).await.expect("a handshake").0)
    }

    async fn receive(&mut self, count: usize, length: usize) {
        for _ in 0..count {
            let message = self.0.next().await.expect("a message").expect("a message");
            assert_eq!(message.len(), length);
        }
    }

    async fn send(&mut self, count: usize, length: usize) {
        let payload = Bytes::from(vec![b'x'; length]);
        for _ in 0..count {
            self.0.send(Message::Binary(payload.clone())).await.expect("a connection");
        }
    }

    async fn close(mut self) {
        self.0.close(None).await.expect("a connection");
        while let Some(Ok(_)) = self.0.next().await {}
    }
}
