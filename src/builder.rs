//! What a user configures.

mod callbacks;
mod heartbeat;
mod reconnect;
mod setup;
mod subprotocol;

use core::time::Duration;

use homing_machine::{Fault, ZERO, micros};

pub use heartbeat::Heartbeat;
pub use reconnect::Reconnect;
pub(crate) use setup::{Predicate, Setup};
pub(crate) use subprotocol::{check_protocols, is_token};

use crate::client::WebSocket;
use crate::close::CloseEvent;
use crate::driver::platform::{self, MaybeSend};
use crate::error::ConfigError;
use crate::handler::Handler;
use crate::message::{BinaryType, Message};
use crate::request::{ProviderError, Request};
use crate::stream::Events;

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
