//! A connection to the server, and waiting for what it brings.

use std::time::Duration;

use futures::StreamExt;
use homing::native::BuilderExt;
use homing::{Builder, CloseEvent, Event, Events, Handshake, Message, Reconnect, WebSocket};

/// Limit for everything that should happen at once. Long, because the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) secure_url: String,
    /// The server's certificate, which is its own authority (PEM).
    pub(crate) authority: String,
    pub(crate) proxy: Option<String>,
}

impl Target {
    /// Returns a client that neither reconnects nor has a heartbeat.
    pub(crate) fn builder(&self, url: &str) -> Builder {
        let builder = WebSocket::builder(url).reconnect(Reconnect::never()).heartbeat(None).max_send_buffer(16 << 20);
        match &self.proxy {
            Some(proxy) => builder.proxy(proxy.as_str()),
            None => builder,
        }
    }

    pub(crate) async fn connect(&self) -> Result<Client, String> {
        Client::open(self.builder(&self.url)).await
    }
}

/// A client that was opened.
pub(crate) struct Client {
    pub(crate) ws: WebSocket,
    events: Events,
    pub(crate) handshake: Handshake,
}

impl Client {
    pub(crate) async fn open(builder: Builder) -> Result<Self, String> {
        let (ws, events) = builder.connect_stream().map_err(|error| error.to_string())?;
        let mut client = Self { ws, events, handshake: Handshake::default() };
        client.handshake = client.opened().await?;
        Ok(client)
    }

    /// Waits for an event that `wanted` takes, and skips those before it. An error ends the wait.
    async fn wait<T>(&mut self, what: &str, wanted: impl Fn(Event) -> Result<Option<T>, String>) -> Result<T, String> {
        let wait = async {
            loop {
                let event = self.events.next().await.ok_or_else(|| format!("{what}: the client ended"))?;
                if let Some(found) = wanted(event)? {
                    return Ok(found);
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| Err(format!("{what}: not within {} s", PATIENCE.as_secs())))
    }

    pub(crate) async fn message(&mut self) -> Result<Message, String> {
        let wanted = |event| match event {
            Event::Message(message) => Ok(Some(message)),
            Event::Error(error) => Err(format!("error instead of a message: {error}")),
            Event::Close(close) => Err(format!("closed instead of a message: {}", shown(&close))),
            _ => Ok(None),
        };
        self.wait("a message", wanted).await
    }

    pub(crate) async fn text(&mut self) -> Result<String, String> {
        let message = self.message().await?;
        message.as_text().map(str::to_owned).ok_or_else(|| "binary instead of text".into())
    }

    /// Waits for the end of the connection.
    pub(crate) async fn closed(&mut self) -> Result<CloseEvent, String> {
        let wanted = |event| match event {
            Event::Close(close) => Ok(Some(close)),
            _ => Ok(None),
        };
        self.wait("a close", wanted).await
    }

    /// Waits for the next opening handshake. Attempts that fail before are skipped if the client reconnects.
    pub(crate) async fn opened(&mut self) -> Result<Handshake, String> {
        let wanted = |event| match event {
            Event::Open(handshake) => Ok(Some(handshake)),
            Event::End(end) => Err(format!("{}: {}", end.reason, end.error.map_or(String::new(), |it| it.to_string()))),
            _ => Ok(None),
        };
        self.wait("an opening handshake", wanted).await
    }

    /// Sends all at once and expects the same in return.
    pub(crate) async fn echoes(&mut self, messages: &[Message]) -> Result<(), String> {
        for message in messages {
            self.ws.send(message.clone()).map_err(|error| error.to_string())?;
        }
        for message in messages {
            let back = self.message().await?;
            if back != *message {
                return Err(format!("{} came back as {}", brief(message), brief(&back)));
            }
        }
        Ok(())
    }
}

/// Short enough for a table.
pub(crate) fn shown(close: &CloseEvent) -> String {
    let clean = if close.clean { "" } else { ", not clean" };
    format!("{} {:?} by {:?}{clean}", close.code.get(), close.reason, close.initiator)
}

fn brief(message: &Message) -> String {
    match message.as_text() {
        Some(text) => format!("text of {} bytes", text.len()),
        None => format!("binary of {} bytes", message.as_bytes().len()),
    }
}
