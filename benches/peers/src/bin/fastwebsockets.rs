use bytes::Bytes;
use fastwebsockets::handshake::{client, generate_key};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload};
use homing_peers::{Framed, Result, Socket, Stream, Target};
use http_body_util::Empty;
use hyper::Request;
use hyper::upgrade::Upgraded;

struct Spawn;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

type Io = hyper_util::rt::TokioIo<Upgraded>;

struct Fast(FragmentCollector<Io>);

impl Socket for Fast {
    const FEEDS: bool = false;

    async fn handshake(target: &Target, stream: Stream) -> Result<Self> {
        let request = Request::builder()
            .uri(&target.path)
            .header("Host", target.host())
            .header("Upgrade", "websocket")
            .header("Connection", "upgrade")
            .header("Sec-WebSocket-Key", generate_key())
            .header("Sec-WebSocket-Version", "13")
            .body(Empty::<Bytes>::new())?;
        Ok(Self(FragmentCollector::new(client(&Spawn, request, stream).await?.0)))
    }

    async fn next<T: Send>(&mut self, each: impl FnOnce(bool, &[u8]) -> T + Send) -> Result<T> {
        let frame = self.0.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => Ok(each(frame.opcode == OpCode::Text, &frame.payload)),
            other => Err(format!("unexpected {other:?}").into()),
        }
    }

    async fn send(&mut self, payload: Bytes) -> Result<()> {
        // It masks in place, so that a payload that is shared has to be copied.
        Ok(self.0.write_frame(Frame::binary(Payload::Borrowed(&payload))).await?)
    }

    async fn close(&mut self) -> Result<()> {
        self.0.write_frame(Frame::close(1000, b"")).await?;
        while self.0.read_frame().await?.opcode != OpCode::Close {}
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Framed<Fast>>();
}
