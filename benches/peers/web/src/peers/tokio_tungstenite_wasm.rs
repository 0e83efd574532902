use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio_tungstenite_wasm::{Message, WebSocketStream};

use crate::stream::{Polled, Socket};
use crate::{Result, text};

pub(crate) type Chosen = Polled<WebSocketStream>;

impl Socket for WebSocketStream {
    async fn open(url: &str) -> Result<Self> {
        Ok(tokio_tungstenite_wasm::connect(url).await?)
    }

    async fn next<T>(&mut self, take: impl FnOnce(bool, &[u8]) -> T) -> Result<T> {
        Ok(match StreamExt::next(self).await.ok_or("the stream has ended")?? {
            Message::Text(text) => take(true, text.as_bytes()),
            Message::Binary(payload) => take(false, &payload),
            Message::Close(_) => return Err("the connection is closed".into()),
        })
    }

    async fn send(&mut self, is_text: bool, payload: Bytes) -> Result<()> {
        let message = if is_text { Message::text(text(&payload)) } else { Message::binary(payload.to_vec()) };
        Ok(SinkExt::send(self, message).await?)
    }

    async fn close(mut self) -> Result<()> {
        SinkExt::close(&mut self).await?;
        while StreamExt::next(&mut self).await.is_some() {}
        Ok(())
    }
}
