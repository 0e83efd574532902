use bytes::Bytes;
use futures::channel::oneshot;
use homing::{Message, Reconnect, SendErrorKind, WebSocket};

use crate::called::Rounds;
use crate::round::Round;
use crate::{Peer, Result, text};

pub(crate) struct Chosen {
    ws: WebSocket,
    rounds: Rounds,
}

fn message(is_text: bool, payload: &Bytes) -> Message {
    if is_text { text(payload).into() } else { payload.to_vec().into() }
}

impl Peer for Chosen {
    async fn open(url: &str) -> Result<Self> {
        let rounds = Rounds::default();
        let (opened, open) = oneshot::channel();
        let (mut opened, to) = (Some(opened), rounds.clone());
        let ws = WebSocket::builder(url)
            // A reconnect would hide lost messages.
            .reconnect(Reconnect::never())
            .on_open(move |_, _| _ = opened.take().map(|opened| opened.send(())))
            .on_message(move |ws, received| {
                let is_text = received.is_text();
                if let Some(answer) = to.take(is_text, received.as_bytes()) {
                    let _ = ws.send(message(is_text, &answer));
                }
            })
            .connect()?;
        open.await?;
        Ok(Self { ws, rounds })
    }

    async fn run(&mut self, round: Round) -> Result<()> {
        let (is_text, first) = (round.is_text, round.first());
        let over = self.rounds.begin(round);
        for payload in first {
            let mut message = message(is_text, &payload);
            while let Err(error) = self.ws.send(message) {
                if error.kind() != SendErrorKind::Full {
                    return Err(error.into());
                }
                message = error.into_message();
                self.ws.ready().await;
            }
        }
        over.await?
    }

    async fn close(self) -> Result<()> {
        self.ws.close(1000, "")?;
        self.ws.closed().await;
        Ok(())
    }
}
