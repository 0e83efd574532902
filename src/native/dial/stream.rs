//! The byte stream of an attempt: TCP, TLS, or the stream of a connector.

use core::any::Any;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::driver::platform::kernel;
use crate::native::facts::TlsInfo;

/// The bounds of a connector's stream.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for S {}

/// A byte stream. TLS may run over any other, also over TLS to a proxy.
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "__rustls")]
    Rustls(Box<tokio_rustls::client::TlsStream<Stream>>),
    #[cfg(feature = "native-tls")]
    NativeTls(Box<tokio_native_tls::TlsStream<Stream>>),
    Other(Box<dyn Io>),
}

impl Stream {
    /// Wraps a connector's stream. If it is a TCP stream it is treated as one, with what the kernel knows about it.
    pub(crate) fn of(stream: impl Io) -> Self {
        let mut stream = Some(stream);
        let tcp = (&mut stream as &mut dyn Any).downcast_mut::<Option<TcpStream>>().and_then(Option::take);
        if let Some(tcp) = tcp {
            kernel::limit_unsent(&tcp);
            return Self::Tcp(tcp);
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream)),
            // Unreachable: only a TCP stream is taken out above.
            None => Self::Other(Box::new(tokio::io::empty())),
        }
    }

    /// Whether written bytes are passed to the operating system at once, without a flush.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    /// Returns the TCP stream below, if there is one.
    pub(crate) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream) => Some(stream),
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.get_ref().0.tcp(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.get_ref().get_ref().get_ref().tcp(),
            Self::Other(_) => None,
        }
    }

    /// Returns the facts of the TLS connection that this stream is, `None` if it is not one of this library's.
    pub(crate) fn tls_info(&self) -> Option<TlsInfo> {
        match self {
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => Some(stream.get_ref().1.into()),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => Some(stream.get_ref().into()),
            Self::Tcp(_) | Self::Other(_) => None,
        }
    }

    /// Returns the number of bytes that the operating system holds and the peer has not acknowledged, 0 if unknown.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.tcp().map_or(0, kernel::unacknowledged)
    }

    /// Returns for how long the peer may be silent on a healthy link, by TCP's measurements, `None` if unknown.
    pub(crate) fn silence_tolerance(&self) -> Option<Duration> {
        self.tcp().and_then(kernel::silence_tolerance)
    }
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
