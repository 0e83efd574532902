use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use ws_stream_wasm::{WsMessage, WsMeta, WsStream};

use crate::stream::{Polled, Socket};
use crate::{Result, text};

pub(crate) type Chosen = Polled<Stream>;

pub(crate) struct Stream {
    meta: WsMeta,
    stream: WsStream,
}

impl Socket for Stream {
    async fn open(url: &str) -> Result<Self> {
        let (meta, stream) = WsMeta::connect(url, None).await?;
        Ok(Self { meta, stream })
    }

    async fn next<T>(&mut self, take: impl FnOnce(bool, &[u8]) -> T) -> Result<T> {
        Ok(match self.stream.next().await.ok_or("the stream has ended")? {
            WsMessage::Text(text) => take(true, text.as_bytes()),
            WsMessage::Binary(payload) => take(false, &payload),
        })
    }

    async fn send(&mut self, is_text: bool, payload: Bytes) -> Result<()> {
        let message = if is_text { WsMessage::Text(text(&payload)) } else { WsMessage::Binary(payload.to_vec()) };
        Ok(self.stream.send(message).await?)
    }

    async fn close(self) -> Result<()> {
        self.meta.close().await?;
        Ok(())
    }
}
