use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;

use crate::stream::{Polled, Socket};
use crate::{Result, text};

pub(crate) type Chosen = Polled<WebSocket>;

impl Socket for WebSocket {
    async fn open(url: &str) -> Result<Self> {
        let mut socket = WebSocket::open(url)?;
        // It has no event for this: the sink is ready once the connection is open.
        futures::future::poll_fn(|cx| futures::Sink::poll_ready(std::pin::Pin::new(&mut socket), cx)).await?;
        Ok(socket)
    }

    async fn next<T>(&mut self, take: impl FnOnce(bool, &[u8]) -> T) -> Result<T> {
        Ok(match StreamExt::next(self).await.ok_or("the stream has ended")?? {
            Message::Text(text) => take(true, text.as_bytes()),
            Message::Bytes(payload) => take(false, &payload),
        })
    }

    async fn send(&mut self, is_text: bool, payload: Bytes) -> Result<()> {
        let message = if is_text { Message::Text(text(&payload)) } else { Message::Bytes(payload.to_vec()) };
        Ok(SinkExt::send(self, message).await?)
    }

    async fn close(self) -> Result<()> {
        WebSocket::close(self, Some(1000), None)?;
        // It is gone now, and with it what would notice the end.
        Err("unable".into())
    }
}
