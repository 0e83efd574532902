//! One HTTP/1.1 request and its response, which hyper parses.
//!
//! The request is written here. hyper writes header names in lower case, or as `Sec-Websocket-Key`, and some servers
//! accept them only in the spelling of RFC 6455. A response is read even if writing fails: a server may refuse and reset
//! the connection before it has read the request (rule S20a).

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::native::dial::stream::Stream;
use crate::native::dial::tls::advice;

/// The head of most requests has at most this many bytes.
const USUAL_HEAD: usize = 512;
/// The most headers of a response. The default of hyper is 100, that of tungstenite 124.
const MAX_HEADERS: usize = 256;
/// For how long a response may still arrive after writing failed. On TCP it has arrived already, or never will.
const READ_GRACE: Duration = Duration::from_secs(1);

/// Types of the first record of a TLS server (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;

/// The error if informational responses (RFC 9110, section 15.2) have no end. hyper limits the head of each, but not their
/// number.
const ONLY_INFORMATIONAL: &str = "too many informational responses, and no final one";

/// The head of a request.
pub(crate) struct RequestHead {
    method: Method,
    bytes: BytesMut,
}

impl RequestHead {
    /// `target` must not have blanks or control characters.
    pub(crate) fn new(method: Method, target: &str) -> Self {
        let mut head = Self { method: method.clone(), bytes: BytesMut::with_capacity(USUAL_HEAD) };
        head.extend(&[method.as_str(), " ", target, " HTTP/1.1\r\n"].map(str::as_bytes));
        head
    }

    /// Adds a header. `name` must be a token. It is sent in this spelling.
    pub(crate) fn push(&mut self, name: &str, value: &HeaderValue) {
        self.extend(&[name.as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }

    fn extend(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }
}

/// No response arrived, or it is not HTTP.
pub(crate) struct NoResponse {
    pub(crate) error: hyper::Error,
    /// What was sent instead, if that is known.
    pub(crate) instead: Option<&'static str>,
}

/// A connection on which a request was sent.
pub(crate) struct Exchange(http1::Connection<TokioIo<RequestStream>, Empty<Bytes>>);

impl Exchange {
    /// Sends a request and waits for the final response, whose head may have `max_head` bytes. Informational responses
    /// before it and what is read behind it may have as many again.
    pub(crate) async fn send(
        stream: Stream,
        mut head: RequestHead,
        max_head: usize,
    ) -> Result<(Self, Response<Incoming>), NoResponse> {
        // A stand-in for the request, with the parts that determine how hyper parses the response.
        let mut request = Request::new(Empty::new());
        if head.method == Method::CONNECT {
            *request.uri_mut() = Uri::from_static("host:1");
        }
        *request.method_mut() = head.method;
        head.bytes.extend_from_slice(b"\r\n");
        let stream = RequestStream {
            stream,
            unsent: head.bytes.freeze(),
            flushed: false,
            failed: None,
            started: false,
            first: None,
            left: 2 * max_head,
        };
        let mut http = http1::Builder::new();
        http.max_buf_size(max_head).max_headers(MAX_HEADERS);
        let not_yet = |error| NoResponse { error, instead: None };
        let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(not_yet)?;
        let mut exchange = Self(connection);
        match exchange.drive(sender.send_request(request)).await {
            Ok(response) => Ok((exchange, response)),
            Err(error) => {
                let RequestStream { first, left, .. } = exchange.0.into_parts().io.into_inner();
                let instead = match first {
                    Some(TLS_ALERT | TLS_HANDSHAKE) if error.is_parse() => Some(advice::IS_TLS),
                    _ if left == 0 => Some(ONLY_INFORMATIONAL),
                    _ => None,
                };
                Err(NoResponse { error, instead })
            }
        }
    }

    /// Runs the connection until this future of it is ready.
    pub(crate) async fn drive<T>(&mut self, wanted: impl Future<Output = T>) -> T {
        let mut wanted = core::pin::pin!(wanted);
        let mut over = false;
        poll_fn(|cx| {
            if let Poll::Ready(done) = wanted.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            if !over && self.0.poll_without_shutdown(cx).is_ready() {
                over = true;
            }
            wanted.as_mut().poll(cx)
        })
        .await
    }

    /// Returns the stream after a response without a body, and the bytes that were read behind it.
    pub(crate) async fn into_stream(mut self, answer: Response<Incoming>) -> Result<(Stream, Bytes), hyper::Error> {
        drop(answer);
        // Ready at once: the connection only has to release the stream.
        poll_fn(|cx| self.0.poll_without_shutdown(cx)).await?;
        let parts = self.0.into_parts();
        let mut stream = parts.io.into_inner();
        // The server may respond before it has read all of the request.
        poll_fn(|cx| stream.poll_send(cx)).await;
        Ok((stream.stream, parts.read_buf))
    }
}

/// A stream that sends this module's request and discards hyper's.
struct RequestStream {
    stream: Stream,
    unsent: Bytes,
    flushed: bool,
    /// Why writing failed, and until when a response may still arrive.
    failed: Option<(io::Error, Pin<Box<Sleep>>)>,
    /// hyper has written its own request. It would reject a response that arrives before.
    started: bool,
    /// The first byte of the response.
    first: Option<u8>,
    /// The number of bytes that may still be read.
    left: usize,
}

impl RequestStream {
    /// Ready when the request was sent, or writing failed.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.failed.is_none() && !self.flushed {
            let stream = Pin::new(&mut self.stream);
            let sent = if self.unsent.is_empty() {
                ready!(stream.poll_flush(cx)).map(|()| self.flushed = true)
            } else {
                match ready!(stream.poll_write(cx, &self.unsent)) {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    Ok(sent) => {
                        self.unsent.advance(sent);
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            };
            if let Err(error) = sent {
                self.failed = Some((error, Box::pin(sleep(READ_GRACE))));
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for RequestStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.started {
            return Poll::Pending;
        }
        let _ = this.poll_send(cx);
        if this.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.left = this.left.saturating_sub(buf.filled().len() - before);
        this.first = this.first.or_else(|| buf.filled().get(before).copied());
        let Some((error, patience)) = &mut this.failed else {
            return read;
        };
        match read {
            Poll::Ready(Ok(())) if buf.filled().len() > before => return read,
            // The error of reading says more than that of writing, for example that it is a TLS alert.
            Poll::Ready(Err(_)) => return read,
            Poll::Ready(Ok(())) => {}
            Poll::Pending => ready!(patience.as_mut().poll(cx)),
        }
        Poll::Ready(Err(core::mem::replace(error, io::ErrorKind::BrokenPipe.into())))
    }
}

/// Discards what hyper writes.
impl AsyncWrite for RequestStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.started = true;
        // Reading waits for this.
        cx.waker().wake_by_ref();
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = self.poll_send(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
