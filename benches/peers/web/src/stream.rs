//! Clients that are polled.

use bytes::Bytes;

use crate::round::{Next, Round};
use crate::{Peer, Result};

pub(crate) trait Socket: Sized {
    async fn open(url: &str) -> Result<Self>;

    /// Passes the next message to the closure.
    async fn next<T>(&mut self, take: impl FnOnce(bool, &[u8]) -> T) -> Result<T>;

    async fn send(&mut self, is_text: bool, payload: Bytes) -> Result<()>;

    /// Sends a Close frame and waits for that of the server.
    async fn close(self) -> Result<()>;
}

pub(crate) struct Polled<S>(S);

impl<S: Socket> Peer for Polled<S> {
    async fn open(url: &str) -> Result<Self> {
        S::open(url).await.map(Self)
    }

    async fn run(&mut self, mut round: Round) -> Result<()> {
        for payload in round.first() {
            self.0.send(round.is_text, payload).await?;
        }
        loop {
            match self.0.next(|is_text, payload| round.take(is_text, payload)).await?? {
                Next::More => {}
                Next::Send(payload) => self.0.send(round.is_text, payload).await?,
                Next::Over => return Ok(()),
            }
        }
    }

    async fn close(self) -> Result<()> {
        self.0.close().await
    }
}
