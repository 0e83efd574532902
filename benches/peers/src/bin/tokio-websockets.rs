use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing_peers::{Framed, Result, Socket, Stream, Target};
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};

struct TokioWebsockets(WebSocketStream<Stream>);

impl Socket for TokioWebsockets {
    async fn handshake(target: &Target, stream: Stream) -> Result<Self> {
        Ok(Self(ClientBuilder::new().uri(&target.url())?.connect_on(stream).await?.0))
    }

    async fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> Result<T> {
        let message = self.0.next().await.ok_or("the stream ended")??;
        if !message.is_text() && !message.is_binary() {
            return Err(format!("unexpected {message:?}").into());
        }
        Ok(each(message.is_text(), message.as_payload()))
    }

    async fn send(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.send(Message::binary(payload)).await?)
    }

    async fn feed(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.feed(Message::binary(payload)).await?)
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush().await?)
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close().await?;
        while self.0.next().await.transpose()?.is_some() {}
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Framed<TokioWebsockets>>();
}
