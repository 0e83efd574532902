//! The byte stream of an attempt: TCP, TLS, or the stream of a connector.

use core::any::Any;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::driver::platform::kernel;
use crate::native::facts::TlsInfo;

/// The most unsent bytes that the operating system buffers, where it has such a limit.
///
/// Without a limit it buffers megabytes. On a slow link these delay every Ping, Pong and Close frame behind them. Bytes
/// in flight to the peer are not limited, so throughput is not affected.
const UNSENT: u64 = 128 * 1024;

/// The bounds of a connector's stream.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for S {}

/// A byte stream. TLS may run over any other, also over TLS to a proxy.
pub(crate) enum Stream {
    /// With the number of bytes that were written.
    Tcp(TcpStream, u64),
    #[cfg(feature = "__rustls")]
    Rustls(Box<tokio_rustls::client::TlsStream<Stream>>),
    #[cfg(feature = "native-tls")]
    NativeTls(Box<tokio_native_tls::TlsStream<Stream>>),
    /// With the number of bytes that were written.
    Other(Box<dyn Io>, u64),
}

impl Stream {
    /// A new TCP connection.
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self::Tcp(tcp, 0)
    }

    /// Wraps a connector's stream. If it is a TCP stream it is treated as one, with what the kernel knows about it.
    pub(crate) fn of(stream: impl Io) -> Self {
        let mut stream = Some(stream);
        let tcp = (&mut stream as &mut dyn Any).downcast_mut::<Option<TcpStream>>().and_then(Option::take);
        if let Some(tcp) = tcp {
            kernel::limit_unsent(&tcp, UNSENT as u32);
            return Self::Tcp(tcp, 0);
        }
        match stream {
            Some(stream) => Self::Other(Box::new(stream), 0),
            // Unreachable: only a TCP stream is taken out above.
            None => Self::Other(Box::new(tokio::io::empty()), 0),
        }
    }

    /// Whether written bytes are passed to the operating system at once, without a flush.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self, Self::Tcp(..))
    }

    /// Returns the TCP stream below, if there is one.
    pub(crate) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream, _) => Some(stream),
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.get_ref().0.tcp(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.get_ref().get_ref().get_ref().tcp(),
            Self::Other(..) => None,
        }
    }

    /// Returns the facts of the TLS connection that this stream is, `None` if it is not one of this library's.
    pub(crate) fn tls_info(&self) -> Option<TlsInfo> {
        match self {
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => Some(stream.get_ref().1.into()),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => Some(stream.get_ref().into()),
            Self::Tcp(..) | Self::Other(..) => None,
        }
    }

    /// Returns how many bytes were written below all TLS.
    pub(crate) fn written(&self) -> u64 {
        match self {
            Self::Tcp(_, written) | Self::Other(_, written) => *written,
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.get_ref().0.written(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.get_ref().get_ref().get_ref().written(),
        }
    }

    /// Returns how many of the [`written`](Self::written) bytes the peer's system has acknowledged, as far as is known.
    pub(crate) fn delivered(&self) -> u64 {
        let unacknowledged = self.tcp().map_or(0, kernel::unacknowledged);
        self.written().saturating_sub(unacknowledged as u64)
    }

    /// Returns for how long the peer may be silent on a healthy link, by TCP's measurements, `None` if unknown.
    pub(crate) fn silence_tolerance(&self) -> Option<Duration> {
        self.tcp().and_then(kernel::silence_tolerance)
    }

    /// Limits the unsent bytes that the kernel buffers, before a write after which it could have too many: most connections
    /// never send as much.
    #[inline]
    fn before_write(&mut self, length: usize) {
        if let Self::Tcp(stream, written @ ..UNSENT) = self {
            if *written + length as u64 >= UNSENT {
                kernel::limit_unsent(stream, UNSENT as u32);
            }
        }
    }

    #[inline]
    fn after_write(&mut self, length: usize) {
        if let Self::Tcp(_, written) | Self::Other(_, written) = self {
            *written += length as u64;
        }
    }
}

macro_rules! on_each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Tcp($stream, _) => $call,
            #[cfg(feature = "__rustls")]
            Self::Rustls($stream) => $call,
            #[cfg(feature = "native-tls")]
            Self::NativeTls($stream) => $call,
            Self::Other($stream, _) => $call,
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
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.before_write(data.len());
        let written = ready!(on_each!(self.as_mut(), stream => Pin::new(stream).poll_write(cx, data)))?;
        self.after_write(written);
        Poll::Ready(Ok(written))
    }

    /// rustls writes several records at once where it can.
    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.before_write(parts.iter().map(|part| part.len()).sum());
        let written = ready!(on_each!(self.as_mut(), stream => Pin::new(stream).poll_write_vectored(cx, parts)))?;
        self.after_write(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream, _) => stream.is_write_vectored(),
            #[cfg(feature = "__rustls")]
            Self::Rustls(stream) => stream.is_write_vectored(),
            #[cfg(feature = "native-tls")]
            Self::NativeTls(stream) => stream.is_write_vectored(),
            Self::Other(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn s10_unsent_bytes_are_limited_before_there_are_too_many() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = Stream::new(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let limit = |stream: &Stream| kernel::unsent_limit(stream.tcp().unwrap());
        let half = [0; UNSENT as usize / 2];
        stream.write_all(&half).await.unwrap();
        assert_ne!(limit(&stream), Some(UNSENT as u32));
        stream.write_all(&half).await.unwrap();
        assert!(limit(&stream).is_none_or(|limit| limit == UNSENT as u32));
        assert_eq!(stream.written(), UNSENT);
    }

    /// rustls leaves it to the stream whether several records become one system call.
    #[tokio::test]
    async fn several_parts_are_written_at_once_where_the_stream_can() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = Stream::of(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        assert!(stream.is_write_vectored());
        assert_eq!(stream.write_vectored(&[IoSlice::new(b"one"), IoSlice::new(b"two")]).await.unwrap(), 6);
        let mut read = [0; 6];
        listener.accept().await.unwrap().0.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"onetwo");
    }
}
