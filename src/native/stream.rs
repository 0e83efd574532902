//! The byte stream of an attempt: plain, TLS, or whatever a connector of the user's own made.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a connector may return: any stream of tokio's kind.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for S {}

/// TLS may run over any of these, also over TLS to a proxy.
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "__rustls")]
    Rustls(Box<tokio_rustls::client::TlsStream<Stream>>),
    #[cfg(feature = "native-tls")]
    NativeTls(Box<tokio_native_tls::TlsStream<Stream>>),
    Other(Box<dyn Io>),
}

macro_rules! on_each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Tcp($stream) => $call,
            #[cfg(feature = "__rustls")]
            Self::Rustls($stream) => $call,
            #[cfg(feature = "native-tls")]
            Self::NativeTls($stream) => $call,
            Self::Other($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_each!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        on_each!(self, stream => Pin::new(stream).poll_write(cx, data))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
