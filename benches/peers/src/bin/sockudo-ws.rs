use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use homing_peers::{Framed, Result, Socket, Stream, Target};
use sockudo_ws::client::WebSocketClient;
use sockudo_ws::{Config, Http1, Message, WebSocketStream};

struct Sockudo(WebSocketStream<Stream>);

impl Socket for Sockudo {
    async fn handshake(target: &Target, stream: Stream) -> Result<Self> {
        let client = WebSocketClient::<Http1>::new(Config::default());
        Ok(Self(client.connect_raw(stream, &target.host(), &target.path, None).await?.0))
    }

    async fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> Result<T> {
        match self.0.next().await.ok_or("the stream ended")?? {
            Message::Text(text) => Ok(each(true, &text)),
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
        self.0.close(1000, "").await?;
        while self.0.next().await.transpose()?.is_some() {}
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Framed<Sockudo>>();
}
