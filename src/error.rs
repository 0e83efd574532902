//! What can go wrong, and where it is told.

mod escape;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;

use bytes::Bytes;
use escape::Escaped;

use crate::handshake::Headers;
use crate::message::Message;

/// An attempt failed. Told by [`on_error`](crate::Handler::on_error), before the attempt's `on_close`.
///
/// Its text says what failed and on which URL, without credentials and query.
#[derive(Clone)]
pub struct Error {
    cause: Arc<Cause>,
    phase: Phase,
    url: String,
}

/// Shared, as an error is told several times.
#[derive(Clone)]
struct Cause {
    kind: ErrorKind,
    detail: String,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What failed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The host's name, or the proxy's, could not be resolved.
    Dns,
    /// No connection came about, to the host or the proxy.
    Connect,
    /// The proxy refused, or what is there is none. What failed on the way to it has a kind of its own.
    Proxy {
        /// Its HTTP status; `None` for SOCKS, and where the answer was not a proxy's.
        status: Option<u16>,
    },
    /// The TLS handshake failed; the certificate is the most frequent cause.
    Tls,
    /// The server did not agree to the opening handshake.
    Handshake {
        /// The HTTP status; `None` when the answer was not HTTP.
        status: Option<u16>,
        /// The headers of the answer.
        headers: Headers,
        /// The start of its body, at most 16 KiB.
        body: Bytes,
    },
    /// Dialling and handshake together took longer than the open timeout.
    OpenTimeout,
    /// Nothing arrived within the timeout of a heartbeat.
    HeartbeatTimeout,
    /// The peer broke the protocol. It was told so, by close code 1002 or 1007.
    Protocol,
    /// A message was larger than `max_message_size`. The peer was told so, by close code 1009.
    MessageTooLarge,
    /// The connection broke.
    Io,
    /// The request provider failed.
    Provider,
    /// This build or platform cannot do what was asked for.
    Unsupported,
    /// The platform hides the cause, as browsers do.
    Opaque,
}

/// Without the body of a refusal, which can repeat what it was asked.
impl fmt::Debug for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dns => "Dns",
            Self::Connect => "Connect",
            Self::Proxy { .. } => "Proxy",
            Self::Tls => "Tls",
            Self::Handshake { .. } => "Handshake",
            Self::OpenTimeout => "OpenTimeout",
            Self::HeartbeatTimeout => "HeartbeatTimeout",
            Self::Protocol => "Protocol",
            Self::MessageTooLarge => "MessageTooLarge",
            Self::Io => "Io",
            Self::Provider => "Provider",
            Self::Unsupported => "Unsupported",
            Self::Opaque => "Opaque",
        };
        match self {
            Self::Proxy { status } => f.debug_struct(name).field("status", status).finish(),
            Self::Handshake { status, headers, body } => {
                let mut out = f.debug_struct(name);
                out.field("status", status).field("headers", headers);
                out.field("body", &format_args!("{} bytes", body.len())).finish()
            }
            _ => f.write_str(name),
        }
    }
}

/// What was being done when it failed; see [`Error::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    #[allow(
        dead_code,
        reason = "natively a write fails because the connection broke; a browser's send can fail by itself"
    )]
    Sending,
    Open,
}

impl Error {
    /// An error of a transport.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::with_detail(kind, detail.into())
    }

    fn with_detail(kind: ErrorKind, detail: String) -> Self {
        let cause = Arc::new(Cause { kind, detail, retry_after: None, source: None });
        Self { cause, phase: Phase::Open, url: String::new() }
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Arc::make_mut(&mut self.cause).source = Some(source.into().into());
        self
    }

    /// Adds how long the next attempt has to wait at least, where the peer asked for it.
    #[must_use]
    pub fn with_retry_after(mut self, delay: impl Into<Option<Duration>>) -> Self {
        Arc::make_mut(&mut self.cause).retry_after = delay.into();
        self
    }

    /// Adds the URL that was dialled. It must be free of credentials and query.
    #[must_use]
    pub(crate) fn at(mut self, url: &str) -> Self {
        if self.url.is_empty() {
            self.url = url.to_string();
        }
        self
    }

    /// Says what was being done, unless it is known that it was sending.
    #[must_use]
    pub(crate) fn during(mut self, phase: Phase) -> Self {
        if self.phase != Phase::Sending {
            self.phase = phase;
        }
        self
    }

    /// What failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.cause.kind
    }

    /// A number for what was being done: 1 opening, 2 sending, 3 anything later on an open connection.
    pub fn code(&self) -> u16 {
        match self.phase {
            Phase::Opening => 1,
            Phase::Sending => 2,
            Phase::Open => 3,
        }
    }

    /// Whether the attempt failed before its connection was open: while dialling or in the opening handshake.
    pub fn is_before_open(&self) -> bool {
        self.phase == Phase::Opening
    }

    /// Whether a time ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause.kind, ErrorKind::OpenTimeout | ErrorKind::HeartbeatTimeout)
    }

    /// The HTTP status of a refused handshake.
    pub fn status(&self) -> Option<u16> {
        match self.cause.kind {
            ErrorKind::Handshake { status, .. } | ErrorKind::Proxy { status } => status,
            _ => None,
        }
    }

    /// What failed in particular.
    #[allow(dead_code, reason = "only natively is one error told as another")]
    pub(crate) fn detail(&self) -> &str {
        &self.cause.detail
    }

    /// How long the peer asked to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.cause.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause.kind {
            ErrorKind::Dns => f.write_str("name not resolved"),
            ErrorKind::Connect => f.write_str("could not connect"),
            ErrorKind::Proxy { .. } => f.write_str("refused by the proxy"),
            ErrorKind::Tls => f.write_str("TLS failed"),
            ErrorKind::Handshake { .. } => f.write_str("opening handshake refused"),
            ErrorKind::OpenTimeout => f.write_str("open timeout"),
            ErrorKind::HeartbeatTimeout => f.write_str("heartbeat timeout"),
            ErrorKind::Protocol => f.write_str("protocol error"),
            ErrorKind::MessageTooLarge => f.write_str("message too large"),
            ErrorKind::Io => f.write_str("connection broken"),
            ErrorKind::Provider => f.write_str("request provider failed"),
            ErrorKind::Unsupported => f.write_str("not supported"),
            ErrorKind::Opaque => f.write_str("failed, and the platform hides why"),
        }?;
        if let Some(status) = self.status() {
            write!(f, " with status {status}")?;
        }
        if !self.cause.detail.is_empty() {
            write!(f, ": {}", Escaped(&self.cause.detail))?;
        }
        if !self.url.is_empty() {
            write!(f, " ({})", self.url)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.cause.kind).field("code", &self.code()).field("url", &self.url);
        out.field("detail", &Escaped(&self.cause.detail));
        if let Some(source) = &self.cause.source {
            out.field("source", &Escaped(source));
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Sources do not take part: most of them cannot be compared.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let (cause, others) = (&self.cause, &other.cause);
        let same_cause = cause.kind == others.kind && cause.detail == others.detail;
        same_cause && self.phase == other.phase && self.url == other.url
    }
}

/// As `concat` does, without what panics there.
#[allow(dead_code, reason = "for browsers, where formatting would be most of a small app")]
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// An option has a value that cannot work. Nothing was dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{option}: {fault}")]
pub struct ConfigError {
    /// The option, by the name of the builder's method.
    pub option: &'static str,
    /// What is wrong with its value. Secrets are not repeated here.
    pub fault: String,
}

impl ConfigError {
    pub(crate) fn new(option: &'static str, fault: impl Into<String>) -> Self {
        Self { option, fault: fault.into() }
    }
}

/// A message was not queued. [`into_message`](Self::into_message) returns it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("message not queued: {kind}")]
pub struct SendError {
    pub(crate) kind: SendErrorKind,
    pub(crate) message: Message,
}

impl SendError {
    /// Why the message was not queued.
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// The message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Hands the message back, without a copy.
    pub fn into_message(self) -> Message {
        self.message
    }
}

/// Why a message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// As many bytes as `max_send_buffer` allows are waiting; [`ready`](crate::WebSocket::ready) waits for room.
    #[error("the send buffer is full")]
    Full,
    /// The client is closed, or `close` was called.
    #[error("the client is closed")]
    Closed,
    /// Bytes that should have left as text are not UTF-8.
    #[error("not valid UTF-8")]
    NotUtf8,
}

impl From<homing_machine::SendErrorKind> for SendErrorKind {
    fn from(kind: homing_machine::SendErrorKind) -> Self {
        match kind {
            homing_machine::SendErrorKind::Full => Self::Full,
            homing_machine::SendErrorKind::Closed => Self::Closed,
        }
    }
}

/// `close` was called with a code or reason that must not be sent. Nothing was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Only 1000 and 3000 to 4999 may be sent.
    #[error("close code {0} must not be sent: only 1000 and 3000 to 4999")]
    Code(u16),
    /// The reason is longer than 123 bytes of UTF-8.
    #[error("a close reason of {0} bytes is longer than 123")]
    Reason(usize),
}

/// Not everything that was queued before a `flush` has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FlushError {
    /// The client ended first; [`take_unsent`](crate::WebSocket::take_unsent) has what was still queued.
    #[error("the client ended first")]
    Ended,
    /// Some of it went down with its connection, or was taken back.
    #[error("some of it was lost with its connection, or taken back")]
    Lost,
    /// The wait is inside a callback of the same client, on its thread. Nothing leaves until the callback returns, so that
    /// blocking on it would never end: spawn a task that waits.
    #[error("nothing leaves before the callback returns: wait outside of it")]
    InCallback,
}
