use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use ezsockets::client::ClientCloseMode;
use ezsockets::{Client, ClientConfig, ClientExt, CloseCode, CloseFrame, Error, WSError};
use homing_peers::{Next, Peer, Result, Sent, Target, first_message, stop};
use tokio::sync::oneshot;

trait Each: FnMut(bool, &[u8]) -> Next + Send + 'static {}
impl<F: FnMut(bool, &[u8]) -> Next + Send + 'static> Each for F {}

/// Its TLS trusts the roots of Mozilla only.
struct Ez;

struct Handler<F: Each> {
    each: F,
    client: Client<Self>,
    opened: Option<oneshot::Sender<()>>,
    closes: Arc<AtomicBool>,
}

impl<F: Each> Handler<F> {
    fn take(&mut self, text: bool, payload: &[u8]) -> std::result::Result<(), Error> {
        if let Next::Send(payload) = (self.each)(text, payload) {
            self.client.binary(payload)?;
        }
        Ok(())
    }

    fn ends(&self, why: &str) -> std::result::Result<ClientCloseMode, Error> {
        if !self.closes.load(Ordering::Relaxed) {
            stop(why);
        }
        Ok(ClientCloseMode::Close)
    }
}

#[async_trait]
impl<F: Each> ClientExt for Handler<F> {
    type Call = ();

    async fn on_text(&mut self, text: ezsockets::Utf8Bytes) -> std::result::Result<(), Error> {
        self.take(true, text.as_bytes())
    }

    async fn on_binary(&mut self, bytes: Bytes) -> std::result::Result<(), Error> {
        self.take(false, &bytes)
    }

    async fn on_call(&mut self, (): ()) -> std::result::Result<(), Error> {
        Ok(())
    }

    async fn on_connect(&mut self) -> std::result::Result<(), Error> {
        let _ = self.opened.take().map(|opened| opened.send(()));
        Ok(())
    }

    async fn on_connect_fail(&mut self, error: WSError) -> std::result::Result<ClientCloseMode, Error> {
        stop(error)
    }

    async fn on_close(&mut self, _: Option<CloseFrame>) -> std::result::Result<ClientCloseMode, Error> {
        self.ends("the server closed")
    }

    async fn on_disconnect(&mut self) -> std::result::Result<ClientCloseMode, Error> {
        self.ends("the connection is gone")
    }
}

type Ended = std::pin::Pin<Box<dyn Future<Output = std::result::Result<(), Error>> + Send>>;

async fn connect<F: Each>(target: &Target, each: F, closes: Arc<AtomicBool>) -> Result<(Client<Handler<F>>, Ended)> {
    let (opened, open) = oneshot::channel();
    let config = ClientConfig::new(target.url().as_str());
    let make = |client| Handler { each, client, opened: Some(opened), closes };
    let (client, ended) = ezsockets::connect(make, config).await;
    open.await?;
    Ok((client, Box::pin(ended)))
}

impl Peer for Ez {
    const TLS: bool = false;
    const FEEDS: bool = false;

    type Client = Box<dyn std::any::Any + Send>;

    async fn open(
        target: &Target,
        first: Option<Bytes>,
        each: impl FnMut(bool, &[u8]) -> Next + Send + 'static,
    ) -> Result<Self::Client> {
        let (client, _) = connect(target, each, Arc::default()).await?;
        if let Some(first) = first {
            client.binary(first)?;
        }
        Ok(Box::new(client))
    }

    async fn send(
        target: &Target,
        payloads: impl Iterator<Item = Bytes> + Send,
        _: Sent,
        start: impl FnOnce(),
    ) -> Result<Bytes> {
        let (each, answer) = first_message();
        let (client, _ended) = connect(target, each, Arc::default()).await?;
        start();
        for payload in payloads {
            client.binary(payload)?;
        }
        Ok(answer.await?)
    }

    async fn cycle(target: &Target) -> Result<()> {
        let closes = Arc::new(AtomicBool::new(false));
        let (client, ended) = connect(target, |_: bool, _: &[u8]| Next::More, closes.clone()).await?;
        closes.store(true, Ordering::Relaxed);
        client.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))?;
        ended.await
    }
}

fn main() {
    homing_peers::main::<Ez>();
}
