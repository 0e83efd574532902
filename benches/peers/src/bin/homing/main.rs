mod restart;

use std::time::Duration;

use bytes::Bytes;
use homing::native::{BuilderExt, Deflate};
use homing::{Builder, Heartbeat, Message, Reconnect, SendErrorKind, WebSocket};
use homing_peers::{Next, Peer, Result, Sent, Target, stop};
use tokio::sync::oneshot;

struct Homing;

fn builder(target: &Target) -> Builder {
    // A reconnect would hide lost messages.
    let mut builder = WebSocket::builder(target.url()).reconnect(Reconnect::never());
    if target.path.starts_with("/scale") {
        builder = builder.heartbeat(Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(10)));
    }
    if target.tls {
        builder = builder.rustls_config(homing_peers::config());
    }
    if target.deflate { builder.deflate(Deflate::new()) } else { builder }
}

/// Connects, and waits until it is open.
async fn connect(builder: Builder) -> Result<WebSocket> {
    let (opened, open) = oneshot::channel();
    let mut opened = Some(opened);
    let ws = builder.on_open(move |_, _| _ = opened.take().map(|opened| opened.send(()))).connect()?;
    open.await?;
    Ok(ws)
}

impl Peer for Homing {
    const DEFLATE: bool = true;
    type Client = WebSocket;

    async fn open(
        target: &Target,
        first: Option<Bytes>,
        mut each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    ) -> Result<WebSocket> {
        let builder = builder(target)
            .on_message(move |ws, message| match each(message.is_text(), message.as_bytes()) {
                Next::More | Next::Done => {}
                Next::Send(payload) => ws.send(payload).unwrap_or_else(|error| stop(error)),
            })
            .on_error(|_, error| stop(error));
        let ws = connect(builder).await?;
        first.map_or(Ok(()), |first| ws.send(first))?;
        Ok(ws)
    }

    async fn send(
        target: &Target,
        payloads: impl Iterator<Item = Bytes> + Send,
        // Messages leave together in any case.
        _: Sent,
        start: impl FnOnce(),
    ) -> Result<Bytes> {
        let (answered, answer) = oneshot::channel();
        let mut answered = Some(answered);
        let builder = builder(target)
            .on_message(move |_, message| drop(answered.take().map(|answered| answered.send(message))))
            .on_error(|_, error| stop(error));
        let ws = connect(builder).await?;
        start();
        for payload in payloads {
            let mut message = Message::from(payload);
            while let Err(error) = ws.send(message) {
                if error.kind() != SendErrorKind::Full {
                    return Err(error.into());
                }
                message = error.into_message();
                ws.ready().await;
            }
        }
        Ok(Bytes::copy_from_slice(answer.await?.as_bytes()))
    }

    async fn cycle(target: &Target) -> Result<()> {
        let ws = connect(builder(target)).await?;
        ws.close(1000, "")?;
        ws.closed().await;
        Ok(())
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments[0].split('/').collect();
    match words[..] {
        ["restart", count, outage] => {
            let number = |word: &str| word.parse::<u64>().expect("a number");
            restart::main(number(count) as usize, Duration::from_millis(number(outage)), number(&arguments[1]) as u16);
        }
        _ => homing_peers::main::<Homing>(),
    }
}
