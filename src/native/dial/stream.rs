//! The byte stream of an attempt: plain, TLS, or whatever a connector of the user's own made.

use core::any::Any;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::driver::platform::kernel;

/// What a connector may return: any stream of tokio's kind.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for S {}

/// TLS may run over any of these, also over TLS to a proxy.
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "__rustls")]
    Rustls(Box<tokio_rustls::client::TlsStream<Stream>>),
    #[cfg(feature = "native-tls")]
    NativeTls(Box<tokio_native_tls::TlsStream<Stream>>),
    Other(Box<dyn Io>),
}

impl Stream {
    /// A stream of somebody else's. What is known of TCP serves it as well, if that is what it is.
    pub(crate) fn of(stream: impl Io) -> Self {
        let mut stream = Some(stream);
        let tcp = (&mut stream as &mut dyn Any).downcast_mut::<Option<TcpStream>>().and_then(Option::take);
        if let Some(tcp) = tcp {
            kernel::limit_unsent(&tcp);
            return Self::Tcp(tcp);
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream)),
            // Never: only a TCP stream was taken out.
            None => Self::Other(Box::new(tokio::io::empty())),
        }
    }

    /// Whether what is written is with the operating system at once, without a flush.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    /// How many bytes the operating system has taken that the peer has not acknowledged; 0 where that is not known.
    pub(crate) fn unacknowledged(&self) -> usize {
        match self {
            Self::Tcp(stream) => kernel::unacknowledged(stream),
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.get_ref().0.unacknowledged(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.get_ref().get_ref().get_ref().unacknowledged(),
            Self::Other(_) => 0,
        }
    }

    /// For how long silence of the peer proves nothing, by what TCP has measured of the link, where that is known.
    pub(crate) fn silence_tolerance(&self) -> Option<Duration> {
        match self {
            Self::Tcp(stream) => kernel::silence_tolerance(stream),
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.get_ref().0.silence_tolerance(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.get_ref().get_ref().get_ref().silence_tolerance(),
            Self::Other(_) => None,
        }
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
