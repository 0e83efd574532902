//! A shared TCP stream and the ways to end it.

use std::io;
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Shared, so that a connection can be cut from outside while TLS and the script own the reading and writing end.
#[derive(Clone)]
pub(crate) struct Socket(Arc<TcpStream>);

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Each write is sent at once: timing and the borders between segments are part of the scripts.
        let _ = stream.set_nodelay(true);
        Socket(Arc::new(stream))
    }

    /// Makes a sender block early if nothing is read.
    pub(crate) fn shrink_receive_buffer(&self) {
        let _ = socket2::SockRef::from(&*self.0).set_recv_buffer_size(64 * 1024);
    }

    pub(crate) fn send_fin(&self) {
        let _ = socket2::SockRef::from(&*self.0).shutdown(Shutdown::Write);
    }

    /// Closing sends RST instead of FIN from now on.
    pub(crate) fn reset_on_close(&self) {
        let _ = socket2::SockRef::from(&*self.0).set_linger(Some(Duration::ZERO));
    }

    /// Undoes [`reset_on_close`](Self::reset_on_close).
    pub(crate) fn close_in_peace(&self) {
        let _ = socket2::SockRef::from(&*self.0).set_linger(None);
    }

    /// Completes when the peer has sent FIN or RST. Does not read.
    pub(crate) async fn gone(&self) {
        loop {
            match self.0.ready(Interest::READABLE).await {
                Ok(ready) if !ready.is_read_closed() => {}
                _ => return,
            }
            // Unread bytes keep the socket readable, so awaiting its readiness alone would spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Reads and discards until the peer sends FIN. Returns `false` after a timeout. A socket closed with
    /// unread bytes would send RST instead of the script's FIN.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let drain = async {
            let mut waste = [0; 4096];
            loop {
                if self.0.readable().await.is_err() {
                    return;
                }
                match self.0.try_read(&mut waste) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        };
        tokio::time::timeout(limit, drain).await.is_ok()
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(buf.initialize_unfilled()) {
                Ok(n) => {
                    buf.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send_fin();
        Poll::Ready(Ok(()))
    }
}

/// Runs `future`, but does not poll it while `frozen` is true.
pub(crate) async fn unless_frozen<F: Future>(mut frozen: watch::Receiver<bool>, future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        is(&mut frozen, false).await;
        tokio::select! {
            biased;
            () = is(&mut frozen, true) => {}
            output = &mut future => return output,
        }
    }
}

/// Waits until the value is `wanted`. Never completes if the sender is dropped before.
pub(crate) async fn is(value: &mut watch::Receiver<bool>, wanted: bool) {
    if value.wait_for(|value| *value == wanted).await.is_err() {
        std::future::pending().await
    }
}
