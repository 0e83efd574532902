//! What a user configures.

mod heartbeat;
mod reconnect;

use core::time::Duration;

pub use heartbeat::Heartbeat;
pub use reconnect::Reconnect;

use homing_machine::{Fault, ZERO, micros};

use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::Config;
use crate::driver::platform::{self, MaybeSend};
use crate::error::{ConfigError, Error};
use crate::handler::{Closures, Handler};
use crate::handshake::Handshake;
use crate::message::{BinaryType, Message};
use crate::request::{Provider, ProviderError, Request, Source};
use crate::stream::Events;

/// A predicate, which is the user's code as the handler is.
///
/// It answers by reference: functions that are called by pointer and return a number look to `wasm-opt` like those that
/// format text, and a web app that formats none would have to load all of them.
pub(crate) trait Predicate<T>: MaybeSend + 'static {
    fn ask(&mut self, about: &T, answer: &mut bool);
}

impl<T, F: FnMut(&T) -> bool + MaybeSend + 'static> Predicate<T> for F {
    fn ask(&mut self, about: &T, answer: &mut bool) {
        *answer = self(about);
    }
}

/// Configures a client. Made by [`WebSocket::builder`]; every option has a default that suits most.
///
/// A callback is given a handle. One that owns a clone of it, or of the handle that `connect` returned, keeps its client alive
/// for ever: keep a [`WeakWebSocket`](crate::WeakWebSocket) in place of it.
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
    /// Boxed, as a builder moves with each of its methods.
    pub(crate) setup: Box<Setup>,
}

impl Builder {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self { setup: Setup::new(Request::new(url)) }
    }

    /// Remembers whether the value of an option can work, until `connect`. Each method judges what it sets: so an app
    /// loads no check of what it leaves alone.
    fn judged(mut self, option: &'static str, judged: Result<(), Fault>) -> Self {
        let faults = &mut self.setup.faults;
        // The last value counts.
        faults.retain(|(known, _)| *known != option);
        faults.extend(judged.err().map(|fault| (option, fault)));
        self
    }

    /// Offers a subprotocol; the first offered is the one preferred. The server must choose one of them.
    ///
    /// `connect` fails if one is not a token (RFC 7230), if one is offered twice, and for more than 1,000.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.setup.request.protocols.push(protocol.into());
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
        self.setup.provider = Some(Box::new(provider));
        self
    }

    /// Whether and when to come back. Default: within 1 s, doubling to at most 30 s, full jitter, no limit.
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        let judged = policy.0.check();
        self.setup.config.backoff = policy.0;
        self.judged("reconnect", judged)
    }

    /// Overrides which closes are retried. By default all are, except close codes 1008 and 1010 and, while the client
    /// was never open, refusals with 4xx (other than 408, 425 and 429). Never asked after a local `close`;
    /// `max_attempts` still holds.
    pub fn retry_if(mut self, predicate: impl FnMut(&CloseEvent) -> bool + MaybeSend + 'static) -> Self {
        self.setup.retry_if = Some(Box::new(predicate));
        self
    }

    /// How long an attempt must have been open for the count of retries to start over. Default 5 s.
    pub fn stable_after(mut self, duration: Duration) -> Self {
        self.setup.config.stable_after = duration;
        self
    }

    /// Limits how long a server's `Retry-After` header can delay the next attempt. Default 1 hour. Zero ignores the
    /// header; where the policy of [`reconnect`](Self::reconnect) waits longer, that counts.
    ///
    /// Natively only a refusal with status 429 or 503, by the server or a proxy, can ask for a delay (RFC 9110, section
    /// 10.2.3). Browsers hide the header, so that this has no effect there.
    pub fn max_retry_after(mut self, limit: Duration) -> Self {
        self.setup.config.max_retry_after = limit;
        self
    }

    /// The limit for dialling and opening handshake together. Default 10 s; `None` disables it.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        let timeout = timeout.into();
        self.setup.config.open_timeout = timeout;
        self.judged("open_timeout", not_zero(timeout.is_none_or(|timeout| micros(timeout) > 0.0)))
    }

    /// How long a close waits for the peer's Close frame. Default 5 s. Counted from the last byte that the operating system
    /// or the browser took while it had been full, or that the peer acknowledged where that is known (on Linux): what is
    /// queued leaves first, however long it takes, as long as it moves (RFC 6455, section 7.1.1).
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.setup.config.close_timeout = timeout;
        self.judged("close_timeout", not_zero(micros(timeout) > 0.0))
    }

    /// How to notice a dead peer. Natively by default Ping frames every 20 s, answered within 20 s; `None` disables.
    /// Browsers cannot send Ping and have no default.
    pub fn heartbeat(mut self, heartbeat: impl Into<Option<Heartbeat>>) -> Self {
        let heartbeat = heartbeat.into();
        let judged = heartbeat.as_ref().map_or(Ok(()), |heartbeat| heartbeat.timing.check());
        self.setup.heartbeat = heartbeat;
        self.judged("heartbeat", judged)
    }

    /// Tells which messages are answers to a heartbeat message; they are not delivered.
    pub fn heartbeat_reply(mut self, predicate: impl FnMut(&Message) -> bool + MaybeSend + 'static) -> Self {
        self.setup.is_reply = Some(Box::new(predicate));
        self
    }

    /// How many bytes of payload may wait to be sent. Default 1 MiB. The message that crosses the limit is taken, the
    /// next is refused.
    pub fn max_send_buffer(mut self, bytes: usize) -> Self {
        self.setup.config.max_send_buffer = bytes;
        self.judged("max_send_buffer", not_zero(bytes > 0))
    }

    /// How many bytes of payload may wait to be read from [`Events`]. Default 1 MiB. The message that reaches the limit is
    /// taken, and the client is paused until a quarter of it is left. 1,024 unread events pause it as well.
    ///
    /// Only [`connect_stream`](Self::connect_stream) has such a buffer: callbacks are given each message as it arrives.
    pub fn max_receive_buffer(mut self, bytes: usize) -> Self {
        self.setup.max_receive_buffer = bytes;
        self.judged("max_receive_buffer", not_zero(bytes > 0))
    }

    /// The largest message taken from the peer, in bytes. Default 16 MiB. A larger one fails the attempt with close
    /// code 1009.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.setup.max_message_size = bytes;
        self.judged("max_message_size", not_zero(bytes > 0))
    }

    /// How binary data travels. See [`BinaryType`].
    pub fn binary_type(mut self, binary_type: BinaryType) -> Self {
        self.setup.binary_type = binary_type;
        self
    }

    /// Makes the jitter repeatable. Default: a random seed.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.setup.jitter_seed = Some(seed);
        self
    }

    /// See [`Handler::on_connect`].
    pub fn on_connect(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_connect = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_open`].
    pub fn on_open(mut self, callback: impl FnMut(&WebSocket, &Handshake) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_open = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_message`].
    pub fn on_message(mut self, callback: impl FnMut(&WebSocket, Message) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_message = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_error`].
    pub fn on_error(mut self, callback: impl FnMut(&WebSocket, &Error) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_error = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_close`].
    pub fn on_close(mut self, callback: impl FnMut(&WebSocket, &CloseEvent) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_close = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_buffer_full`].
    pub fn on_buffer_full(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_buffer_full = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_buffer_drain`].
    pub fn on_buffer_drain(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_buffer_drain = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_latency`].
    pub fn on_latency(mut self, callback: impl FnMut(&WebSocket, Duration) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_latency = Some(Box::new(callback));
        self
    }

    /// See [`Handler::on_end`].
    pub fn on_end(mut self, callback: impl FnMut(&WebSocket, &End) + MaybeSend + 'static) -> Self {
        self.setup.closures.on_end = Some(Box::new(callback));
        self
    }

    /// Sets a [`Handler`] in place of closures. Having both is an error at `connect`.
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.setup.handler = Some(Box::new(handler));
        self
    }

    /// Checks everything and starts dialling.
    ///
    /// The client lives until it is closed or its last handle is dropped, and reconnects by itself until then. Keep the
    /// handle, or let the client run without one by [`WebSocket::detach`]:
    ///
    /// ```compile_fail
    /// #![deny(unused_must_use)]
    /// # use homing::{ConfigError, WebSocket};
    /// # fn main() -> Result<(), ConfigError> {
    /// WebSocket::builder("wss://example.com/feed").connect()?; // closed as soon as it was made
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// An option has a value that cannot work; nothing was dialled. Natively also where no tokio runtime is entered (see
    /// `homing::native::BuilderExt::run` for programs without one), or one without timers or I/O, which
    /// `tokio::runtime::Builder::enable_all` enables.
    pub fn connect(self) -> Result<WebSocket, ConfigError> {
        let (setup, source) = self.check()?;
        platform::connect(setup, source)
    }

    /// Like [`connect`](Self::connect), with events to be read from a stream in place of callbacks.
    ///
    /// The stream keeps the client alive as well: the handle may be dropped.
    ///
    /// # Errors
    /// As `connect`; also where callbacks are set as well.
    pub fn connect_stream(self) -> Result<(WebSocket, Events), ConfigError> {
        self.connect_stream_by(Self::connect)
    }

    pub(crate) fn connect_stream_by(
        self,
        connect: impl FnOnce(Self) -> Result<WebSocket, ConfigError>,
    ) -> Result<(WebSocket, Events), ConfigError> {
        if self.setup.handler.is_some() || !self.setup.closures.is_empty() {
            return Err(ConfigError::new("connect_stream", "callbacks are set, which the stream takes the place of"));
        }
        let (handler, events) = crate::stream::events(self.setup.max_receive_buffer);
        let ws = connect(self.handler(handler))?;
        let events = events.of(&ws);
        Ok((ws, events))
    }
}

fn not_zero(is_positive: bool) -> Result<(), Fault> {
    if is_positive { Ok(()) } else { Err(ZERO) }
}

/// Everything that a user configured.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) request: Request,
    pub(crate) provider: Option<Box<dyn Provider>>,
    pub(crate) retry_if: Option<Box<dyn Predicate<CloseEvent>>>,
    pub(crate) is_reply: Option<Box<dyn Predicate<Message>>>,
    pub(crate) max_message_size: usize,
    max_receive_buffer: usize,
    pub(crate) binary_type: BinaryType,
    pub(crate) jitter_seed: Option<u64>,
    pub(crate) closures: Box<Closures>,
    pub(crate) handler: Option<Box<dyn Handler>>,
    pub(crate) options: platform::Options,
    /// Options whose values cannot work, and why.
    faults: Vec<(&'static str, Fault)>,
}

impl Setup {
    fn new(request: Request) -> Box<Self> {
        let config = Config {
            backoff: Reconnect::default().0,
            heartbeat: None,
            open_timeout: Some(Duration::from_secs(10)),
            close_timeout: Duration::from_secs(5),
            stable_after: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(3600),
            max_send_buffer: 1 << 20,
            has_provider: false,
            has_predicate: false,
            seed: 0,
            url: String::new(),
        };
        Box::new(Self {
            config,
            heartbeat: platform::default_heartbeat(),
            request,
            provider: None,
            retry_if: None,
            is_reply: None,
            max_message_size: 16 << 20,
            max_receive_buffer: 1 << 20,
            binary_type: BinaryType::default(),
            jitter_seed: None,
            closures: Box::default(),
            handler: None,
            options: platform::Options::default(),
            faults: Vec::new(),
        })
    }

    /// S1: where it goes, if all of it is right.
    fn check(&mut self) -> Result<Source, ConfigError> {
        let target = platform::resolve(&self.request, &self.options)?;
        let config = &mut self.config;
        if let Some((option, fault)) = self.faults.first() {
            return Err(ConfigError::new(option, *fault));
        }
        if self.is_reply.is_some() && self.heartbeat.as_ref().is_none_or(|heartbeat| heartbeat.message.is_none()) {
            return Err(ConfigError::new("heartbeat_reply", "there is no heartbeat message to be answered"));
        }
        if self.handler.is_some() && !self.closures.is_empty() {
            return Err(ConfigError::new("handler", "closures (on_*) are set as well"));
        }
        config.heartbeat = self.heartbeat.as_ref().map(|heartbeat| heartbeat.timing);
        config.url = target.shown();
        config.has_provider = self.provider.is_some();
        config.has_predicate = self.retry_if.is_some();
        let seed = self.jitter_seed.unwrap_or_else(platform::seed);
        config.seed = (seed ^ (seed >> 32)) as u32;
        Ok(match self.provider.take() {
            Some(provider) => Source::Provider(provider),
            None => Source::Fixed(target),
        })
    }
}

impl Builder {
    /// Where it goes, if everything is right.
    pub(crate) fn check(mut self) -> Result<(Box<Setup>, Source), ConfigError> {
        let source = self.setup.check()?;
        Ok((self.setup, source))
    }
}

/// More than any server reads, and few enough to compare each with each.
const MAX_PROTOCOLS: usize = 1000;

/// Checks subprotocols: tokens, each once. They are not repeated in errors: where a browser can send no headers, a
/// subprotocol carries the token.
pub(crate) fn check_protocols(protocols: &[String]) -> Result<(), ConfigError> {
    let fault = |fault: &str| Err(ConfigError::new("protocol", fault));
    if protocols.len() > MAX_PROTOCOLS {
        return fault("more than 1,000 are offered");
    }
    for (position, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol) {
            return fault("a subprotocol is not a token (RFC 7230): letters, digits and !#$%&'*+-.^_`|~ only");
        }
        if protocols.iter().take(position).any(|earlier| earlier == protocol) {
            return fault("a subprotocol is offered twice");
        }
    }
    Ok(())
}

/// Whether it is a token (RFC 7230, section 3.2.6).
pub(crate) fn is_token(text: &str) -> bool {
    let is_mark = |byte| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}
