use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing_peers::{Framed, Result, Socket, Stream, Target};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

struct Tungstenite(WebSocketStream<Stream>);

impl Socket for Tungstenite {
    async fn handshake(target: &Target, stream: Stream) -> Result<Self> {
        Ok(Self(client_async(target.url(), stream).await?.0))
    }

    async fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> Result<T> {
        match self.0.next().await.ok_or("the stream ended")?? {
            Message::Text(text) => Ok(each(true, text.as_bytes())),
            Message::Binary(bytes) => Ok(each(false, &bytes)),
            other => Err(format!("unexpected {other:?}").into()),
        }
    }

    async fn send(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.send(Message::Binary(payload)).await?)
    }

    async fn feed(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.feed(Message::Binary(payload)).await?)
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush().await?)
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close(None).await?;
        while self.0.next().await.transpose()?.is_some() {}
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Framed<Tungstenite>>();
}
