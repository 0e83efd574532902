use std::ops::ControlFlow;

use bytes::Bytes;
use ewebsock::{Options, WsEvent, WsMessage, WsSender};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};

use crate::stream::{Polled, Socket};
use crate::{Result, text};

pub(crate) type Chosen = Polled<Channel>;

/// Its callback has to be `Send`, so apps pass events through a channel. This one wakes a task.
pub(crate) struct Channel {
    sender: WsSender,
    events: UnboundedReceiver<WsEvent>,
}

impl Channel {
    async fn event(&mut self) -> Result<WsEvent> {
        match self.events.next().await.ok_or("the channel has ended")? {
            WsEvent::Error(error) => Err(error.into()),
            event => Ok(event),
        }
    }
}

impl Socket for Channel {
    async fn open(url: &str) -> Result<Self> {
        let (to, events) = unbounded();
        let on_event = Box::new(move |event| match to.unbounded_send(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        });
        let sender = ewebsock::ws_connect(url.into(), Options::default(), on_event)?;
        let mut channel = Self { sender, events };
        match channel.event().await? {
            WsEvent::Opened => Ok(channel),
            _ => Err("the connection is closed".into()),
        }
    }

    async fn next<T>(&mut self, take: impl FnOnce(bool, &[u8]) -> T) -> Result<T> {
        match self.event().await? {
            WsEvent::Message(WsMessage::Text(text)) => Ok(take(true, text.as_bytes())),
            WsEvent::Message(WsMessage::Binary(payload)) => Ok(take(false, &payload)),
            _ => Err("the connection is closed".into()),
        }
    }

    async fn send(&mut self, is_text: bool, payload: Bytes) -> Result<()> {
        let message = if is_text { WsMessage::Text(text(&payload)) } else { WsMessage::Binary(payload.to_vec()) };
        self.sender.send(message);
        Ok(())
    }

    async fn close(mut self) -> Result<()> {
        self.sender.close();
        while !matches!(self.event().await?, WsEvent::Closed) {}
        Ok(())
    }
}
