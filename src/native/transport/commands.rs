//! The commands of the pump, carried out on the connection.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use tokio::time::Instant;

use super::{Link, NativeTransport, Origin};
use crate::close::CloseCode;
use crate::driver::{AttemptId, Buffered, Transport};
use crate::error::Error;
use crate::message::Message;
use crate::native::dial::dialler::{Dialled, Dialler};
use crate::native::sync::BoxFuture;
use crate::native::target::Target;
use crate::native::wire::write::Heartbeat;

impl NativeTransport {
    /// Whether [`close`](Transport::close) was called for the open connection, or the peer has closed it.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(&self.link, Link::Open(connection) if connection.closing)
    }
}

impl Transport for NativeTransport {
    const CAN_PING: bool = true;

    fn dial(&mut self, attempt: AttemptId) {
        self.attempt = attempt;
        self.reading = true;
        let dialler = self.dialler.clone();
        let dialling: BoxFuture<_> = match &mut self.origin {
            Origin::Fixed(target) => {
                let target = target.clone();
                Box::pin(async move { dial(target, dialler).await })
            }
            Origin::Provider(provider) => {
                let target = provider.next(&self.options);
                Box::pin(async move { dial(Arc::new(target.await?), dialler).await })
            }
        };
        self.link = Link::Dialling(dialling, Instant::now());
        self.waker.wake_by_ref();
    }

    fn send(&mut self, batch: &mut VecDeque<Message>) {
        if let Some((connection, mut cx)) = self.connection() {
            connection.send(batch, &mut cx);
        }
    }

    fn flush(&mut self) {
        if let Some((connection, mut cx)) = self.connection() {
            let _ = connection.poll_flush(&mut cx);
        }
    }

    fn ping(&mut self, beat: u64) {
        if let Some((connection, _)) = self.connection() {
            connection.tidy();
            connection.ping(beat);
        }
    }

    fn heartbeat(&mut self, message: Message) {
        if let Some((connection, _)) = self.connection() {
            connection.tidy();
            connection.writer.heartbeat(Heartbeat::Message(message));
        }
    }

    fn read(&mut self, on: bool) {
        self.reading = on;
        self.waker.wake_by_ref();
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        if let Some((connection, mut cx)) = self.connection() {
            connection.close(code, reason, &mut cx);
        }
    }

    fn abort(&mut self) {
        self.link = Link::Closed;
    }

    fn fail(&mut self, code: CloseCode, reason: &str) {
        if let Link::Open(connection) = core::mem::replace(&mut self.link, Link::Closed) {
            self.fail_connection(*connection, code, reason);
        }
    }

    fn buffered(&mut self) -> Buffered {
        self.connection().map_or_else(Buffered::default, |(connection, _)| connection.buffered())
    }

    fn mark(&mut self) -> bool {
        self.connection().is_some_and(|(connection, _)| connection.mark())
    }

    fn progress(&mut self) -> bool {
        self.connection().is_some_and(|(connection, _)| connection.progress())
    }
}

async fn dial(target: Arc<Target>, dialler: Arc<Dialler>) -> Result<(Dialled, Arc<Target>), Error> {
    match dialler.dial(&target).await {
        Ok(dialled) => Ok((dialled, target)),
        Err(error) => Err(error.at(&target.shown())),
    }
}
