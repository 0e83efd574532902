//! One HTTP/1.1 request and its response, whose head httparse parses.
//!
//! Header names are sent in the spelling of RFC 6455, because some servers accept no other. A response is read even if
//! writing fails: a server may refuse and reset the connection before it has read the request (rule S20a).

use core::future::poll_fn;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use httparse::{ParserConfig, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::body::Body;
use crate::handshake::Headers;
use crate::native::dial::stream::Stream;
use crate::native::dial::tls::advice;

/// The head of most requests has at most this many bytes.
const USUAL_HEAD: usize = 512;
/// The most headers of a response. The limit of tungstenite is 124.
const MAX_HEADERS: usize = 256;
/// Bytes read at a time, into memory on the stack.
const READ: usize = 4 * 1024;
/// For how long a response may still arrive after writing failed. On TCP it has arrived already, or never will.
const READ_GRACE: Duration = Duration::from_secs(1);

/// Types of the first record of a TLS server (RFC 8446, section 5.1).
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;

const TOO_LARGE: &str = "response headers are too large";
/// The error if informational responses (RFC 9110, section 15.2) have no end.
const ONLY_INFORMATIONAL: &str = "too many informational responses, and no final one";

/// The head of a request.
pub(crate) struct RequestHead(Vec<u8>);

impl RequestHead {
    /// `target` must not have blanks or control characters.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let mut head = Self(Vec::with_capacity(USUAL_HEAD));
        head.extend(&[method, " ", target, " HTTP/1.1\r\n"].map(str::as_bytes));
        head
    }

    /// Adds a header. `name` must be a token, and `value` must not have control characters. The name is sent in this
    /// spelling.
    pub(crate) fn push(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.extend(&[name.as_bytes(), b": ", value.as_ref(), b"\r\n"]);
    }

    fn extend(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
    }
}

/// The head of a response.
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    /// With names in lower case.
    pub(crate) headers: Headers,
}

impl ResponseHead {
    /// Parses a head. Returns it with its length, `None` if it is not complete. An informational one has no headers.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, &'static str> {
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut head, bytes, &mut headers);
        let Status::Complete(length) = parsed.map_err(fault)? else { return Ok(None) };
        let status = head.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| fault(httparse::Error::Status))?;
        // HTTP/1.0 cannot upgrade (RFC 6455, section 4.1).
        if status == StatusCode::SWITCHING_PROTOCOLS && head.version != Some(1) {
            return Err(fault(httparse::Error::Version));
        }
        if is_informational(status) {
            return Ok(Some((Self { status, headers: Headers::default() }, length)));
        }
        let text = |value| String::from_utf8_lossy(value).into_owned();
        let headers = head.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
        Ok(Some((Self { status, headers: headers.collect() }, length)))
    }
}

fn fault(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::Status => "invalid HTTP status-code parsed",
        httparse::Error::Version => "invalid HTTP version parsed",
        httparse::Error::TooManyHeaders => TOO_LARGE,
        _ => "invalid HTTP header parsed",
    }
}

/// Whether another response follows (RFC 9110, section 15.2). 101 is a final one.
fn is_informational(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

/// Whether a head that was incomplete when it had `before` bytes may be complete now. To parse it again with each byte that
/// arrives would take too long.
fn has_empty_line(bytes: &[u8], before: usize) -> bool {
    let new = &bytes[before.saturating_sub(3)..];
    new.windows(2).any(|window| window == b"\n\n") || new.windows(3).any(|window| window == b"\n\r\n")
}

/// No response arrived, or it is not HTTP.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoResponse {
    #[error("{0}")]
    NotHttp(&'static str),
    #[error("connection closed before message completed")]
    Closed,
    #[error("connection error: {0}")]
    Io(io::Error),
}

/// A connection on which a request was sent.
pub(crate) struct Exchange {
    stream: Stream,
    request: Vec<u8>,
    /// The number of bytes of the request that were written.
    written: usize,
    flushed: bool,
    /// Why writing failed, and until when a response may still arrive.
    failed: Option<(io::Error, Pin<Box<Sleep>>)>,
    /// The bytes of empty lines before responses.
    empty: usize,
    /// What was read and not yet used.
    read: BytesMut,
    /// The number of bytes that may still be read.
    left: usize,
}

impl Exchange {
    /// Sends a request and waits for the final response, whose head may have `max_head` bytes. Informational responses
    /// before it and what is read behind it may have as many again.
    pub(crate) async fn send(
        stream: Stream,
        mut head: RequestHead,
        max_head: usize,
    ) -> Result<(Self, ResponseHead), NoResponse> {
        head.extend(&[b"\r\n"]);
        let mut exchange = Self {
            stream,
            request: head.0,
            written: 0,
            flushed: false,
            failed: None,
            empty: 0,
            read: BytesMut::new(),
            left: 2 * max_head,
        };
        let response = exchange.response(max_head).await?;
        Ok((exchange, response))
    }

    async fn response(&mut self, max_head: usize) -> Result<ResponseHead, NoResponse> {
        loop {
            let before = self.read.len();
            match self.read_some().await {
                Ok(0) => return Err(NoResponse::Closed),
                Ok(_) => {}
                Err(_) if self.left == 0 => return Err(NoResponse::NotHttp(ONLY_INFORMATIONAL)),
                Err(error) => return Err(NoResponse::Io(error)),
            }
            if before > 0 && self.read.len() < max_head && !has_empty_line(&self.read, before) {
                continue;
            }
            if let Some(response) = self.take_head(max_head).map_err(|fault| self.not_http(fault))? {
                return Ok(response);
            }
        }
    }

    /// Takes the final response from what was read. Returns `None` if it is not complete.
    fn take_head(&mut self, max_head: usize) -> Result<Option<ResponseHead>, &'static str> {
        loop {
            self.skip_empty_lines();
            if self.empty >= max_head {
                return Err(TOO_LARGE);
            }
            if self.read.is_empty() {
                return Ok(None);
            }
            match ResponseHead::parse(&self.read)? {
                Some((_, length)) if length > max_head => return Err(TOO_LARGE),
                Some((head, length)) => {
                    self.read.advance(length);
                    if !is_informational(head.status) {
                        return Ok(Some(head));
                    }
                }
                None if self.read.len() >= max_head => return Err(TOO_LARGE),
                None => return Ok(None),
            }
        }
    }

    /// Empty lines may precede a response. Parsed again and again with it, many of them would take too long.
    fn skip_empty_lines(&mut self) {
        let mut rest = &self.read[..];
        while let Some(after) = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n")) {
            rest = after;
        }
        let length = self.read.len() - rest.len();
        self.read.advance(length);
        self.empty += length;
    }

    fn not_http(&self, fault: &'static str) -> NoResponse {
        let is_tls = matches!(self.read.first(), Some(&(TLS_ALERT | TLS_HANDSHAKE)));
        NoResponse::NotHttp(if is_tls { advice::IS_TLS } else { fault })
    }

    /// Returns the next part of a response's body, `None` at its end or if the connection broke.
    pub(crate) async fn next_part(&mut self, body: &mut Body) -> Option<BytesMut> {
        loop {
            let part = body.take(&mut self.read)?;
            if !part.is_empty() {
                return Some(part);
            }
            if self.read_some().await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Waits until the request was sent, or writing failed: the server may respond before it has read all of it.
    pub(crate) async fn finish(&mut self) {
        poll_fn(|cx| self.poll_send(cx)).await;
    }

    /// Returns the stream after a response without a body, and the bytes that were read behind it.
    pub(crate) fn into_stream(self) -> (Stream, BytesMut) {
        (self.stream, self.read)
    }

    /// Ready when the request was sent, or writing failed.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.failed.is_none() && !self.flushed {
            let stream = Pin::new(&mut self.stream);
            let unsent = &self.request[self.written..];
            let sent = if unsent.is_empty() {
                ready!(stream.poll_flush(cx)).map(|()| self.flushed = true)
            } else {
                match ready!(stream.poll_write(cx, unsent)) {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    Ok(sent) => {
                        self.written += sent;
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

    /// Reads once. Returns the number of bytes, 0 at the end of the stream.
    async fn read_some(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let _ = self.poll_send(cx);
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        let mut scratch = [MaybeUninit::uninit(); READ];
        let mut scratch = ReadBuf::uninit(&mut scratch);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut scratch);
        let length = scratch.filled().len();
        self.read.extend_from_slice(scratch.filled());
        self.left = self.left.saturating_sub(length);
        let Some((error, patience)) = &mut self.failed else {
            return read.map_ok(|()| length);
        };
        match read {
            Poll::Ready(Ok(())) if length > 0 => return Poll::Ready(Ok(length)),
            // The error of reading says more than that of writing, for example that it is a TLS alert.
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {}
            Poll::Pending => ready!(patience.as_mut().poll(cx)),
        }
        Poll::Ready(Err(core::mem::replace(error, io::ErrorKind::BrokenPipe.into())))
    }
}
