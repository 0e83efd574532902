//! The error of an attempt, and the errors that methods return.

mod calls;
mod escape;
mod kind;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;

pub use calls::{CloseError, ConfigError, FlushError, PingError, SendError, SendErrorKind};
use escape::Escaped;
pub use kind::ErrorKind;

/// The error of an attempt that failed, before or after its connection was open.
///
/// It is passed to [`on_error`](crate::Handler::on_error), which `on_close` follows. The client then retries by its policy.
/// [`End::error`](crate::End::error) has the error of the last attempt.
///
/// The `Display` text says what failed and on which URL: while dialling that of the attempt, otherwise that of the builder, also
/// if a [request provider](crate::Builder::request_provider) or a redirect led to another one. Neither it nor the `Debug` output
/// contains credentials, the query of the URL, or values of headers. Control characters in text of the server are escaped.
///
/// Browsers hide the cause of most failures: the kind is [`ErrorKind::Opaque`] there.
///
/// ```
/// # use homing::memory::{Dial, Network};
/// # use std::time::Duration;
/// use homing::{ErrorKind, WebSocket};
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// # let network = Network::new();
/// # network.script([Dial::Status(503)]);
/// let builder = WebSocket::builder("wss://example.com/feed?token=secret").on_error(|_, error| {
///     match error.kind() {
///         ErrorKind::Handshake { status: Some(503), .. } => println!("the server is overloaded"),
///         ErrorKind::Dns | ErrorKind::Connect => println!("the server cannot be reached"),
///         _ => println!("{error}"),
///     }
///     # assert!(!error.to_string().contains("secret"));
/// });
/// # let ws = network.connect(builder)?;
/// # network.advance(Duration::ZERO);
/// # drop(ws);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Error {
    cause: Arc<Cause>,
    phase: Phase,
    url: String,
}

/// Shared, because an error is reported several times.
#[derive(Clone)]
struct Cause {
    kind: ErrorKind,
    detail: String,
    retry_after: Option<Duration>,
    /// No attempt is to follow.
    is_fatal: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// When the attempt failed; see [`Error::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Opening,
    #[allow(
        dead_code,
        reason = "only a browser's `send` can fail by itself; natively a write fails because the connection broke"
    )]
    Sending,
    Open,
}

impl Error {
    /// Returns an error of a [transport](crate::driver::Transport) of your own. `detail` continues the text of the kind, and may
    /// be empty.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::with_detail(kind, detail.into())
    }

    fn with_detail(kind: ErrorKind, detail: String) -> Self {
        let cause = Arc::new(Cause { kind, detail, retry_after: None, is_fatal: false, source: None });
        Self { cause, phase: Phase::Open, url: String::new() }
    }

    /// Adds the error that caused this one, as [`source`](StdError::source).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Arc::make_mut(&mut self.cause).source = Some(source.into().into());
        self
    }

    /// Adds the minimum delay of the next attempt, as a server requests it by the header `Retry-After` (RFC 9110, section
    /// 10.2.3).
    #[must_use]
    pub fn with_retry_after(mut self, delay: impl Into<Option<Duration>>) -> Self {
        Arc::make_mut(&mut self.cause).retry_after = delay.into();
        self
    }

    /// Makes the error one that no attempt follows.
    #[must_use]
    pub(crate) fn fatal(mut self) -> Self {
        Arc::make_mut(&mut self.cause).is_fatal = true;
        self
    }

    /// Adds the URL that was dialled, which must contain neither credentials nor query.
    #[must_use]
    pub(crate) fn at(mut self, url: &str) -> Self {
        if self.url.is_empty() {
            self.url = url.to_string();
        }
        self
    }

    /// Sets the phase, unless it is known to be sending.
    #[must_use]
    pub(crate) fn during(mut self, phase: Phase) -> Self {
        if self.phase != Phase::Sending {
            self.phase = phase;
        }
        self
    }

    /// Returns what failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.cause.kind
    }

    /// Returns a number for when the attempt failed:
    ///
    /// - 1: before the connection was open;
    /// - 2: a send failed (browsers only);
    /// - 3: later, on an open connection.
    pub fn code(&self) -> u16 {
        match self.phase {
            Phase::Opening => 1,
            Phase::Sending => 2,
            Phase::Open => 3,
        }
    }

    /// Returns whether the attempt failed before its connection was open, while dialling or in the opening handshake.
    pub fn is_before_open(&self) -> bool {
        self.phase == Phase::Opening
    }

    /// Returns whether the open timeout, the timeout of a set-up, or that of a heartbeat has passed.
    pub fn is_timeout(&self) -> bool {
        match self.cause.kind {
            ErrorKind::OpenTimeout | ErrorKind::HeartbeatTimeout => true,
            // What the user's function returns is the source of the error.
            ErrorKind::Setup => self.cause.source.is_none(),
            _ => false,
        }
    }

    /// Returns the HTTP status with which the server, or a proxy, refused. `None` for other failures and in browsers.
    pub fn status(&self) -> Option<u16> {
        match self.cause.kind {
            ErrorKind::Handshake { status, .. } | ErrorKind::Proxy { status } => status,
            _ => None,
        }
    }

    /// Returns the detail that follows the text of the kind.
    #[allow(dead_code, reason = "only native code converts one error into another")]
    pub(crate) fn detail(&self) -> &str {
        &self.cause.detail
    }

    /// Returns whether no attempt is to follow.
    pub(crate) fn is_fatal(&self) -> bool {
        self.cause.is_fatal
    }

    /// Returns the minimum delay that the peer requested.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.cause.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause.kind {
            ErrorKind::Dns => f.write_str("DNS resolution failed"),
            ErrorKind::Connect => f.write_str("connection failed"),
            ErrorKind::Proxy { .. } => f.write_str("proxy connection failed"),
            ErrorKind::Tls => f.write_str("TLS handshake failed"),
            ErrorKind::Handshake { .. } => f.write_str("opening handshake failed"),
            ErrorKind::OpenTimeout => f.write_str("open timeout"),
            ErrorKind::HeartbeatTimeout => f.write_str("heartbeat timeout"),
            ErrorKind::Protocol => f.write_str("protocol error"),
            ErrorKind::MessageTooLarge => f.write_str("message too large"),
            ErrorKind::Io => f.write_str("connection broken"),
            ErrorKind::Provider => f.write_str("request provider failed"),
            ErrorKind::Setup => f.write_str("set-up failed"),
            ErrorKind::Unsupported => f.write_str("not supported"),
            ErrorKind::Opaque => f.write_str("connection error, cause hidden by the platform"),
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

/// Ignores sources, most of which cannot be compared.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let (cause, others) = (&self.cause, &other.cause);
        let same_cause = cause.kind == others.kind && cause.detail == others.detail;
        same_cause && self.phase == other.phase && self.url == other.url
    }
}

/// Concatenates text, as `concat` does but without code that can panic.
#[allow(dead_code, reason = "used in browsers, where formatting code would be most of a small app")]
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}
