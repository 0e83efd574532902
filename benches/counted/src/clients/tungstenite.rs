//! Bare tokio-tungstenite.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::{Client, Target};

pub(crate) struct Tungstenite(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client for Tungstenite {
    const DEFLATES: bool = false;

    async fn connect(target: &Target) -> Self {
        let stream = TcpStream::connect(&target.address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let connector = target.tls.clone().map_or(Connector::Plain, Connector::Rustls);
        let handshake = client_async_tls_with_config(target.url(), stream, None, Some(connector)).await;
        Self(handshake.expect("a handshake").0)
    }

    async fn receive(&mut self, count: usize, length: usize) {
        for _ in 0..count {
            let message = self.0.next().await.expect("a message").expect("a message");
            assert_eq!(message.len(), length);
        }
    }

    async fn send(&mut self, count: usize, text: bool, payload: &Bytes) {
        let text = text.then(|| Utf8Bytes::try_from(payload.clone()).expect("a text"));
        for _ in 0..count {
            let message = text.clone().map_or_else(|| Message::Binary(payload.clone()), Message::Text);
            self.0.send(message).await.expect("a connection");
        }
    }

    async fn close(mut self) {
        self.0.close(None).await.expect("a connection");
        while let Some(Ok(_)) = self.0.next().await {}
    }
}
