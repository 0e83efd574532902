//! What a user configures.

use core::time::Duration;

use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::platform::{self, MaybeSend};
use crate::error::{ConfigError, Error};
use crate::handler::{Closures, Handler};
use crate::handshake::Handshake;
use crate::machine::{Config, Heartbeat, Reconnect};
use crate::message::{BinaryType, Message};
use crate::request::{Provider, ProviderError, Request, Source};
use crate::stream::Events;

/// The predicates, which are the user's code as the handler is.
pub(crate) trait Judge: FnMut(&CloseEvent) -> bool + MaybeSend + 'static {}
impl<F: FnMut(&CloseEvent) -> bool + MaybeSend + 'static> Judge for F {}
pub(crate) trait IsReply: FnMut(&Message) -> bool + MaybeSend + 'static {}
impl<F: FnMut(&Message) -> bool + MaybeSend + 'static> IsReply for F {}

/// Configures a client. Made by [`WebSocket::builder`]; every option has a default that suits most.
///
/// What only exists natively (headers, TLS, socket options) is added by `homing::native::BuilderExt`, what only exists
/// in browsers by `homing::web::BuilderExt`.
///
/// ```no_run
/// use homing::{Heartbeat, Reconnect, WebSocket};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// let ws = WebSocket::builder("wss://example.com/feed")
///     .reconnect(Reconnect::exponential(Duration::from_millis(500), Duration::from_secs(10)))
///     .on_open(|ws, _| { let _ = ws.send("subscribe"); })
///     .on_message(|_, message| println!("{message:?}"))
///     .connect()?;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until `connect` is called"]
pub struct Builder {
    pub(crate) request: Request,
    pub(crate) provider: Option<Box<dyn Provider>>,
    pub(crate) reconnect: Reconnect,
    pub(crate) retry_if: Option<Box<dyn Judge>>,
    pub(crate) stable_after: Duration,
    pub(crate) open_timeout: Option<Duration>,
    pub(crate) close_timeout: Duration,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) is_reply: Option<Box<dyn IsReply>>,
    pub(crate) max_send_buffer: usize,
    pub(crate) max_message_size: usize,
    pub(crate) binary_type: BinaryType,
    pub(crate) jitter_seed: Option<u64>,
    pub(crate) closures: Closures,
    pub(crate) handler: Option<Box<dyn Handler>>,
    pub(crate) options: platform::Options,
}

impl Builder {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self {
            request: Request::new(url),
            provider: None,
            reconnect: Reconnect::default(),
            retry_if: None,
            stable_after: Duration::from_secs(5),
            open_timeout: Some(Duration::from_secs(10)),
            close_timeout: Duration::from_secs(5),
            heartbeat: platform::default_heartbeat(),
            is_reply: None,
            max_send_buffer: 1 << 20,
            max_message_size: 16 << 20,
            binary_type: BinaryType::default(),
            jitter_seed: None,
            closures: Closures::default(),
            handler: None,
            options: platform::Options::default(),
        }
    }

    /// Offers a subprotocol; the first offered is the one preferred. The server must choose one of them.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.request.protocols.push(protocol.into());
        self
    }

    /// Asks an async function for the request of every attempt, in place of the builder's URL and subprotocols (and
    /// headers): for fresh tokens. Its failure, or taking longer than `open_timeout`, is a failed attempt.
    ///
    /// The builder's own URL then only names the client in errors.
    pub fn request_provider<F, A>(mut self, provider: F) -> Self
    where
        F: FnMut() -> A + MaybeSend + 'static,
        A: Future<Output = Result<Request, ProviderError>> + MaybeSend + 'static,
    {
        self.provider = Some(Box::new(provider));
        self
    }

    /// Whether and when to come back. Default: within 1 s, doubling to at most 30 s, full jitter, no limit.
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.reconnect = policy;
        self
    }

    /// Overrides which closes are retried. By default all are, but close codes 1008 and 1010 and refusals with 4xx
    /// (other than 408, 425 and 429). Never asked after a local `close`; `max_attempts` still holds.
    pub fn retry_if(mut self, predicate: impl FnMut(&CloseEvent) -> bool + MaybeSend + 'static) -> Self {
        self.retry_if = Some(Box::new(predicate));
        self
    }

    /// How long an attempt must have been open for the count of retries to start over. Default 5 s.
    pub fn stable_after(mut self, duration: Duration) -> Self {
        self.stable_after = duration;
        self
    }

    /// The limit for dialling and opening handshake together. Default 10 s; `None` disables it.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.open_timeout = timeout.into();
        self
    }

    /// How long a close waits for the peer's Close frame. Default 5 s. Queued messages leave first, and have as long
    /// again whenever some of them leave.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// How to notice a dead peer. Natively by default Ping frames every 20 s, answered within 20 s; `None` disables.
    /// Browsers cannot send Ping and have no default.
    pub fn heartbeat(mut self, heartbeat: impl Into<Option<Heartbeat>>) -> Self {
        self.heartbeat = heartbeat.into();
        self
    }

    /// Tells which messages are answers to a heartbeat message; they are not delivered.
    pub fn heartbeat_reply(mut self, predicate: impl FnMut(&Message) -> bool + MaybeSend + 'static) -> Self {
        self.is_reply = Some(Box::new(predicate));
        self
    }

    /// How many bytes of payload may wait to be sent. Default 1 MiB. The message that crosses the limit is taken, the
    /// next is refused.
    pub fn max_send_buffer(mut self, bytes: usize) -> Self {
        self.max_send_buffer = bytes;
        self
    }

    /// The largest message taken from the peer, in bytes. Default 16 MiB. A larger one fails the attempt with close
    /// code 1009.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// How binary data travels. See [`BinaryType`].
    pub fn binary_type(mut self, binary_type: BinaryType) -> Self {
        self.binary_type = binary_type;
        self
    }

    /// Makes the jitter repeatable. Default: a random seed.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// See [`Handler::on_connect`].
    pub fn on_connect(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.closures.on_connect = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_open`].
    pub fn on_open(mut self, callback: impl FnMut(&WebSocket, &Handshake) + MaybeSend + 'static) -> Self {
        self.closures.on_open = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_message`].
    pub fn on_message(mut self, callback: impl FnMut(&WebSocket, Message) + MaybeSend + 'static) -> Self {
        self.closures.on_message = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_error`].
    pub fn on_error(mut self, callback: impl FnMut(&WebSocket, &Error) + MaybeSend + 'static) -> Self {
        self.closures.on_error = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_close`].
    pub fn on_close(mut self, callback: impl FnMut(&WebSocket, &CloseEvent) + MaybeSend + 'static) -> Self {
        self.closures.on_close = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_buffer_full`].
    pub fn on_buffer_full(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.closures.on_buffer_full = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_buffer_drain`].
    pub fn on_buffer_drain(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.closures.on_buffer_drain = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_latency`].
    pub fn on_latency(mut self, callback: impl FnMut(&WebSocket, Duration) + MaybeSend + 'static) -> Self {
        self.closures.on_latency = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_end`].
    pub fn on_end(mut self, callback: impl FnMut(&WebSocket, &End) + MaybeSend + 'static) -> Self {
        self.closures.on_end = Some(Box::new(callback));
        self
    }

    /// Sets a [`Handler`] in place of closures. Having both is an error at `connect`.
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.handler = Some(Box::new(handler));
        self
    }

    /// Checks everything and starts dialling.
    ///
    /// The client lives until it is closed or its last handle is dropped, and comes back by itself until then.
    ///
    /// # Errors
    /// An option has a value that cannot work; nothing was dialled. Natively also where no tokio runtime is entered:
    /// see `homing::native::BuilderExt::run` for programs without one.
    pub fn connect(self) -> Result<WebSocket, ConfigError> {
        platform::connect(self.check()?)
    }

    /// Like [`connect`](Self::connect), with events to be read from a stream in place of callbacks.
    ///
    /// # Errors
    /// As `connect`; also where callbacks are set as well.
    pub fn connect_stream(self) -> Result<(WebSocket, Events), ConfigError> {
        if self.handler.is_some() || !self.closures.is_empty() {
            return Err(ConfigError::new("connect_stream", "callbacks are set, which the stream takes the place of"));
        }
        let (handler, events) = crate::stream::events();
        let ws = self.handler(handler).connect()?;
        Ok((ws, events))
    }
}

/// A configuration that was checked (S1).
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) handler: Box<dyn Handler>,
    pub(crate) retry_if: Option<Box<dyn Judge>>,
    pub(crate) is_reply: Option<Box<dyn IsReply>>,
    pub(crate) max_message_size: usize,
    pub(crate) binary_type: BinaryType,
    pub(crate) source: Source,
    pub(crate) options: platform::Options,
}

impl Builder {
    pub(crate) fn check(self) -> Result<Setup, ConfigError> {
        let target = self.target()?;
        let handler = self.handler.unwrap_or_else(|| Box::new(self.closures));
        Ok(Setup {
            config: Config {
                reconnect: self.reconnect,
                heartbeat: self.heartbeat,
                open_timeout: self.open_timeout,
                close_timeout: self.close_timeout,
                stable_after: self.stable_after,
                max_send_buffer: self.max_send_buffer,
                has_provider: self.provider.is_some(),
                has_predicate: self.retry_if.is_some(),
                seed: self.jitter_seed.unwrap_or_else(platform::seed),
                url: target.shown(),
            },
            handler,
            retry_if: self.retry_if,
            is_reply: self.is_reply,
            max_message_size: self.max_message_size,
            binary_type: self.binary_type,
            source: match self.provider {
                Some(provider) => Source::Provider(provider),
                None => Source::Fixed(self.request),
            },
            options: self.options,
        })
    }

    /// Where it goes, if all of it is right.
    fn target(&self) -> Result<platform::Target, ConfigError> {
        let zero = |option, duration: Duration| match duration.is_zero() {
            true => Err(ConfigError::new(option, "is zero")),
            false => Ok(()),
        };
        let target = platform::resolve(&self.request, &self.options)?;
        self.reconnect.check()?;
        zero("open_timeout", self.open_timeout.unwrap_or(Duration::MAX))?;
        zero("close_timeout", self.close_timeout)?;
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.check()?;
        }
        if self.is_reply.is_some() && self.heartbeat.as_ref().is_none_or(|heartbeat| heartbeat.message.is_none()) {
            return Err(ConfigError::new("heartbeat_reply", "there is no heartbeat message to be answered"));
        }
        for (option, bytes) in [("max_send_buffer", self.max_send_buffer), ("max_message_size", self.max_message_size)]
        {
            if bytes == 0 {
                return Err(ConfigError::new(option, "is zero"));
            }
        }
        if self.handler.is_some() && !self.closures.is_empty() {
            return Err(ConfigError::new("handler", "closures (on_*) are set as well"));
        }
        Ok(target)
    }
}

/// Checks subprotocols: tokens (RFC 7230, section 3.2.6), each once.
pub(crate) fn check_protocols(protocols: &[String]) -> Result<(), ConfigError> {
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    for (position, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol) {
            return Err(ConfigError::new("protocol", ["\"", protocol, "\" is not a token (RFC 7230)"].concat()));
        }
        if protocols[..position].contains(protocol) {
            return Err(ConfigError::new("protocol", ["\"", protocol, "\" is offered twice"].concat()));
        }
    }
    Ok(())
}
