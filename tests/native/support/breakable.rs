//! A stream in memory to which writing can be made to fail, while the peer's data still arrives.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use homing::Builder;
use homing::native::BuilderExt;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// Makes writing fail.
#[derive(Clone, Default)]
pub(crate) struct Break(Arc<AtomicBool>);

impl Break {
    /// Lets all later writes of the client fail.
    pub(crate) fn writing(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

/// Connects the client's first attempt to the returned stream. Later ones fail.
pub(crate) fn breakable(builder: Builder) -> (Builder, DuplexStream, Break) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let fault = Break::default();
    let stream = Mutex::new(Some(Breakable(ours, fault.clone())));
    let builder = builder.connector(move |_| {
        let stream = stream.lock().unwrap().take().ok_or_else(|| io::ErrorKind::NotConnected.into());
        async { stream }
    });
    (builder, theirs, fault)
}

struct Breakable(DuplexStream, Break);

impl AsyncRead for Breakable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.1.check()?;
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.1.check()?;
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
