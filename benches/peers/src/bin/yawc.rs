use bytes::Bytes;
use futures::SinkExt;
use homing_peers::{Framed, Result, Socket, Stream, Target};
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, WebSocket};

/// Its own limit is 1 MiB with the head.
const LIMIT: usize = 16 << 20;

struct Yawc(WebSocket<Stream>);

impl Socket for Yawc {
    const DEFLATE: bool = true;

    async fn handshake(target: &Target, stream: Stream) -> Result<Self> {
        // Texts are checked by all other clients as well.
        let options = Options::default().with_utf8().with_max_payload_read(LIMIT).with_max_read_buffer(2 * LIMIT);
        let options = if target.deflate { options.with_balanced_compression() } else { options.without_compression() };
        Ok(Self(WebSocket::handshake(target.url().parse()?, stream, options).await?))
    }

    async fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> Result<T> {
        let frame = self.0.next_frame().await?;
        match frame.opcode() {
            OpCode::Text | OpCode::Binary => Ok(each(frame.opcode() == OpCode::Text, frame.payload())),
            other => Err(format!("unexpected {other:?}").into()),
        }
    }

    async fn send(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.send(Frame::binary(payload)).await?)
    }

    async fn feed(&mut self, payload: Bytes) -> Result<()> {
        Ok(self.0.feed(Frame::binary(payload)).await?)
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush().await?)
    }

    async fn close(&mut self) -> Result<()> {
        self.0.send(Frame::close(CloseCode::Normal, "")).await?;
        while self.0.next_frame().await?.opcode() != OpCode::Close {}
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Framed<Yawc>>();
}
