use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use ewebsock::{Options, WsEvent, WsMessage, WsSender, ws_connect};
use homing_peers::{Next, Peer, Result, Sent, Target, first_message, stop};
use tokio::sync::oneshot;

/// Has a thread for each connection, and its TLS trusts the roots of Mozilla only.
struct Ewebsock;

/// The callback may run before `ws_connect` has returned the sender.
type Sender = Arc<OnceLock<Mutex<WsSender>>>;

fn send(sender: &Sender, payload: &[u8]) {
    sender.wait().lock().expect("no other holder panics").send(WsMessage::Binary(payload.to_vec()));
}

async fn connect(
    target: &Target,
    each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    closed: Option<oneshot::Sender<()>>,
) -> Result<Sender> {
    let (opened, open) = oneshot::channel();
    let sender = Sender::default();
    let state = Mutex::new((each, Some(opened), closed));
    let answers = sender.clone();
    let on_event = move |event| {
        let (each, opened, closed) = &mut *state.lock().expect("no other holder panics");
        let mut take = |text, payload: &[u8]| match each(text, payload) {
            Next::More | Next::Done => {}
            Next::Send(payload) => send(&answers, &payload),
        };
        match event {
            WsEvent::Opened => _ = opened.take().map(|opened| opened.send(())),
            WsEvent::Message(WsMessage::Text(text)) => take(true, text.as_bytes()),
            WsEvent::Message(WsMessage::Binary(bytes)) => take(false, &bytes),
            WsEvent::Closed if closed.is_some() => _ = closed.take().map(|closed| closed.send(())),
            other => stop(format!("unexpected {other:?}")),
        }
        ControlFlow::Continue(())
    };
    let made = ws_connect(target.url(), Options::default(), Box::new(on_event))?;
    let _ = sender.set(Mutex::new(made));
    open.await?;
    Ok(sender)
}

impl Peer for Ewebsock {
    const TLS: bool = false;
    const FEEDS: bool = false;

    type Client = Sender;

    async fn open(
        target: &Target,
        first: Option<Bytes>,
        each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    ) -> Result<Sender> {
        let sender = connect(target, each, None).await?;
        if let Some(first) = first {
            send(&sender, &first);
        }
        Ok(sender)
    }

    async fn send(
        target: &Target,
        payloads: impl Iterator<Item = Bytes> + Send,
        _: Sent,
        start: impl FnOnce(),
    ) -> Result<Bytes> {
        let (each, answer) = first_message();
        let sender = connect(target, each, None).await?;
        start();
        for payload in payloads {
            send(&sender, &payload);
        }
        Ok(answer.await?)
    }

    async fn cycle(target: &Target) -> Result<()> {
        let (closed, end) = oneshot::channel();
        let sender = connect(target, |_: bool, _: &[u8]| Next::More, Some(closed)).await?;
        sender.wait().lock().expect("no other holder panics").close();
        // It drops the callback without an event.
        let _ = end.await;
        Ok(())
    }
}

fn main() {
    homing_peers::main::<Ewebsock>();
}
