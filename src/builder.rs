//! The options of a client.

mod callbacks;
mod heartbeat;
mod reconnect;
mod settings;
mod setup;
mod subprotocol;

use core::time::Duration;

use homing_machine::{Fault, ZERO, micros};

pub use heartbeat::Heartbeat;
pub use reconnect::Reconnect;
pub(crate) use settings::{Predicate, Settings};
pub(crate) use subprotocol::{check_protocol, is_token};

use crate::client::WebSocket;
use crate::close::CloseEvent;
use crate::driver::platform::{self, MaybeSend};
use crate::error::ConfigError;
use crate::message::{BinaryType, Message};
use crate::request::{ProviderError, Request};
use crate::stream::{Events, Unconnected};

/// Configures and connects a client. Made by [`WebSocket::builder`].
///
/// Every option has a default. Values are checked by [`connect`](Self::connect), which returns a [`ConfigError`] that names
/// the first option whose value cannot work. Setting an option again replaces its value.
///
/// The extension trait `homing::native::BuilderExt` adds the options that exist natively only (headers, TLS, proxies, socket
/// options), and `homing::web::BuilderExt` those that exist in browsers only.
///
/// Callbacks receive a handle as their first argument. A callback that owns a clone of it, or of the handle that `connect`
/// returned, keeps its own client alive forever: store a [`WeakWebSocket`](crate::WeakWebSocket) instead.
///
/// ```no_run
/// use homing::{Reconnect, WebSocket};
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
    pub(crate) settings: Box<Settings>,
}

impl Builder {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self { settings: Settings::new(Request::new(url)) }
    }

    /// Keeps the result of an option's check until `connect`. Each method checks its own value, so that a web app does not load
    /// the checks of options that it does not use.
    fn checked(mut self, option: &'static str, result: Result<(), Fault>) -> Self {
        let faults = &mut self.settings.faults;
        // The last value counts.
        faults.retain(|(known, _)| *known != option);
        faults.extend(result.err().map(|fault| (option, fault)));
        self
    }

    /// Offers a subprotocol (RFC 6455, section 1.9). Can be called several times, in the order of preference. Default: none.
    ///
    /// The attempt fails if the server chooses none of them, or another one. [`Handshake::protocol`](crate::Handshake::protocol)
    /// has the choice.
    ///
    /// `connect` fails if a subprotocol is not a token (RFC 9110, section 5.6.2), if one is offered twice, and for more than
    /// 1,000.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.settings.request.offer(protocol.into());
        self
    }

    /// Sets an async function that returns the [`Request`] of every attempt, for example with a fresh token. It replaces the
    /// URL, the subprotocols and the headers of the builder. Default: none.
    ///
    /// The attempt fails with [`ErrorKind::Provider`](crate::ErrorKind::Provider) if the function returns an error, and with
    /// [`ErrorKind::OpenTimeout`](crate::ErrorKind::OpenTimeout) if it takes longer than [`open_timeout`](Self::open_timeout).
    /// Both are retried by the policy. The URL of the builder only identifies the client in errors.
    ///
    /// ```
    /// use homing::{Request, WebSocket};
    ///
    /// # async fn fresh_token() -> Result<String, std::num::ParseIntError> { Ok("0123".into()) }
    /// let builder = WebSocket::builder("wss://example.com/feed").request_provider(|| async {
    ///     let token = fresh_token().await?;
    ///     Ok(Request::new(format!("wss://example.com/feed?token={token}")))
    /// });
    /// ```
    ///
    /// No error of the function ends the client by itself. To give up, for example after a logout, return an error of a type of
    /// your own, and close the client in [`on_error`](Self::on_error), where it is the
    /// [source](core::error::Error::source). The function may also call [`WebSocket::close`] itself, by a
    /// [`WeakWebSocket`](crate::WeakWebSocket) that it was given after `connect`. In both cases the client ends with
    /// [`EndReason::Closed`](crate::EndReason::Closed).
    ///
    /// ```ignore-wasm32
    /// # use homing::EndReason;
    /// use homing::{ProviderError, Request, WebSocket};
    /// use std::error::Error;
    ///
    /// #[derive(Debug)]
    /// struct LoggedOut;
    /// impl Error for LoggedOut {}
    /// impl std::fmt::Display for LoggedOut {
    ///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    ///         f.write_str("logged out")
    ///     }
    /// }
    ///
    /// # async fn fresh_token() -> Option<String> { None }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), homing::ConfigError> {
    /// let ws = WebSocket::builder("wss://example.com/feed")
    ///     .request_provider(|| async {
    ///         let token = fresh_token().await.ok_or(LoggedOut)?;
    ///         Ok(Request::new(format!("wss://example.com/feed?token={token}")))
    ///     })
    ///     .on_error(|ws, error| {
    ///         if error.source().is_some_and(|source| source.is::<LoggedOut>()) {
    ///             let _ = ws.close(1000, "");
    ///         }
    ///     })
    ///     .connect()?;
    /// # let end = ws.closed().await;
    /// # assert_eq!(end.reason, EndReason::Closed);
    /// # assert!(end.error.is_some());
    /// # Ok(()) }
    /// ```
    pub fn request_provider<F, A>(mut self, provider: F) -> Self
    where
        F: FnMut() -> A + MaybeSend + 'static,
        A: Future<Output = Result<Request, ProviderError>> + MaybeSend + 'static,
    {
        self.settings.provider = Some(Box::new(provider));
        self
    }

    /// Sets whether and when the client dials again after an attempt has ended. Default: [`Reconnect::default`], which is a
    /// random delay of at most 1 s, doubling to at most 30 s, without a limit of attempts.
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        let result = policy.0.check();
        self.settings.config.backoff = policy.0;
        self.checked("reconnect", result)
    }

    /// Sets a predicate that decides after each attempt whether the client retries. Default: the client retries unless
    ///
    /// - the close code is 1008 or 1010 (RFC 6455, section 7.4.1);
    /// - the client was never open, has no request provider, and was refused with a status of 4xx other than 408, 425 and 429.
    ///   Browsers hide the status, so there such a refusal is retried;
    /// - the build or platform cannot make the connection ([`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported)), and
    ///   there is no request provider;
    /// - a set-up has failed with [`SetupError::fatal`](crate::SetupError::fatal).
    ///
    /// Failures of TLS and DNS are retried, and so are invalid responses to the opening handshake: those of a TLS port that is
    /// dialled with `ws`, and those that choose none of the subprotocols. All of them may be temporary. The predicate does not
    /// receive the error. To give up after such a failure, close the client in
    /// [`on_error`](Self::on_error). It then ends with [`EndReason::Closed`](crate::EndReason::Closed), and
    /// [`End::error`](crate::End::error) is set:
    ///
    /// ```
    /// use homing::{ErrorKind, WebSocket};
    ///
    /// let builder = WebSocket::builder("wss://example.com/feed").on_error(|ws, error| {
    ///     if matches!(error.kind(), ErrorKind::Tls | ErrorKind::Dns) {
    ///         let _ = ws.close(1000, "");
    ///     }
    /// });
    /// ```
    ///
    /// The predicate replaces this default: if it returns `true`, close code 1008 and status 404 are retried as well. It is
    /// not called after a local `close`, and [`Reconnect::max_attempts`] still applies. If it returns `false`, the client ends
    /// with [`EndReason::Declined`](crate::EndReason::Declined).
    ///
    /// ```
    /// use homing::WebSocket;
    ///
    /// let builder = WebSocket::builder("wss://example.com/feed").retry_if(|close| close.code != 4001);
    /// ```
    pub fn retry_if(mut self, predicate: impl FnMut(&CloseEvent) -> bool + MaybeSend + 'static) -> Self {
        self.settings.retry_if = Some(Box::new(predicate));
        self
    }

    /// Sets how long a connection must have been open for the count of retries to start over. Default: 5 s.
    pub fn stable_after(mut self, duration: Duration) -> Self {
        self.settings.config.stable_after = duration;
        self
    }

    /// Limits how long a `Retry-After` header can delay the next attempt. Default: 1 hour. Zero ignores the header. The delay
    /// of the [policy](Self::reconnect) applies if it is longer.
    ///
    /// Native: only a refusal with status 429 or 503, by the server or a proxy, can request a delay (RFC 9110, section 10.2.3).
    /// Browsers hide the header, so this has no effect there.
    pub fn max_retry_after(mut self, limit: Duration) -> Self {
        self.settings.config.max_retry_after = limit;
        self
    }

    /// Sets the time limit of an attempt until it is open: request provider, dialling and opening handshake together. Default:
    /// 10 s. `None` disables it; zero is an error.
    ///
    /// An attempt that exceeds it fails with [`ErrorKind::OpenTimeout`](crate::ErrorKind::OpenTimeout) and is retried.
    pub fn open_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        let timeout = timeout.into();
        self.settings.config.open_timeout = timeout;
        self.checked("open_timeout", not_zero(timeout.is_none_or(|timeout| micros(timeout) > 0.0)))
    }

    /// Sets how long a close waits for the peer's Close frame (RFC 6455, section 7.1.1). Default: 5 s. Zero is an error.
    ///
    /// Queued messages leave first, for as long as they make progress. The time counts from the last byte that the operating
    /// system or the browser took while its buffer was full, or that the peer acknowledged, where that is known (on Linux).
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.settings.config.close_timeout = timeout;
        self.checked("close_timeout", not_zero(micros(timeout) > 0.0))
    }

    /// Sets how the client detects a dead peer. `None` disables it. See [`Heartbeat`].
    ///
    /// - Native: Ping frames (RFC 6455, section 5.5.2) every 20 s by default, with a timeout of 20 s.
    /// - Browsers cannot send Ping: a message is needed, and there is no default. `connect` fails for
    ///   [`Heartbeat::ping`] without [`or_message`](Heartbeat::or_message).
    ///
    /// ```
    /// use homing::{Heartbeat, WebSocket};
    /// use std::time::Duration;
    ///
    /// let heartbeat = Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(10)).or_message("ping");
    /// let builder = WebSocket::builder("wss://example.com/feed").heartbeat(heartbeat);
    /// ```
    pub fn heartbeat(mut self, heartbeat: impl Into<Option<Heartbeat>>) -> Self {
        let heartbeat = heartbeat.into();
        let result = heartbeat.as_ref().map_or(Ok(()), |heartbeat| heartbeat.timing.check());
        self.settings.set_heartbeat(heartbeat);
        self.checked("heartbeat", result)
    }

    /// Sets a predicate that recognizes the answers to a heartbeat message. They are not delivered, and their round-trip time
    /// is measured. Default: none, so that every message is delivered.
    ///
    /// `connect` fails if the heartbeat has no message.
    pub fn heartbeat_reply(mut self, predicate: impl FnMut(&Message) -> bool + MaybeSend + 'static) -> Self {
        self.settings.is_reply = Some(Box::new(predicate));
        self.settings.checks.push(|settings| {
            let fault = "the heartbeat has no message that could be answered";
            settings.heartbeat_message.is_none().then_some(("heartbeat_reply", fault))
        });
        self
    }

    /// Sets how many bytes of payload may wait to be sent. Default: 1 MiB. Zero is an error.
    ///
    /// The message that crosses the limit is taken, and the next one is refused. `on_buffer_full` and `on_buffer_drain` report
    /// when the limit is reached, and when there is room again.
    pub fn max_send_buffer(mut self, bytes: usize) -> Self {
        self.settings.config.max_send_buffer = bytes;
        self.checked("max_send_buffer", not_zero(bytes > 0))
    }

    /// Sets how many bytes of payload may wait to be read from [`Events`]. Default: 1 MiB. Zero is an error.
    ///
    /// The message that reaches the limit is kept, and the client is paused until a quarter of the limit is left. 1,024 unread
    /// events pause it as well. This has no effect on callbacks, which receive each message as it arrives.
    pub fn max_receive_buffer(mut self, bytes: usize) -> Self {
        self.settings.max_receive_buffer = bytes;
        self.checked("max_receive_buffer", not_zero(bytes > 0))
    }

    /// Sets the size of the largest message that the peer may send, in bytes of payload. Default: 16 MiB. Zero is an error.
    ///
    /// A larger message fails the attempt with [`ErrorKind::MessageTooLarge`](crate::ErrorKind::MessageTooLarge).
    ///
    /// - Native: sends the close code 1009 as soon as the size is known. With compression, the size after decompression counts.
    ///   At most 1 GiB on 32-bit systems.
    /// - Browsers check the size after the whole message has arrived, and send 4009, as they do not allow 1009.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_message_size = bytes;
        self.checked("max_message_size", not_zero(bytes > 0))
    }

    /// Sets the frame type of [`send_payload`](WebSocket::send_payload), and in browsers the form in which binary messages
    /// arrive. Default: [`BinaryType::ArrayBuffer`].
    pub fn binary_type(mut self, binary_type: BinaryType) -> Self {
        self.settings.binary_type = binary_type;
        self.settings.options.read_blobs(binary_type == BinaryType::Blob);
        self
    }

    /// Sets the seed of the random delays, which makes them repeatable, for tests. Default: a random seed.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.settings.jitter_seed = Some(seed);
        self
    }

    /// Checks all options, starts the first attempt and returns a handle of the client. Does not wait for the attempt.
    ///
    /// The client reconnects until it is closed, gives up, or its last handle is dropped. Keep the handle, or call
    /// [`WebSocket::detach`]:
    ///
    /// ```compile_fail
    /// #![deny(unused_must_use)]
    /// # use homing::{ConfigError, WebSocket};
    /// # fn main() -> Result<(), ConfigError> {
    /// WebSocket::builder("wss://example.com/feed").connect()?; // closes immediately
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error, before anything is dialled, if an option has a value that cannot work.
    ///
    /// Native: also if the current thread has not entered a tokio runtime, or if the runtime lacks timers or I/O, which
    /// `tokio::runtime::Builder::enable_all` enables. Programs without a runtime call `homing::native::BuilderExt::run`.
    pub fn connect(self) -> Result<WebSocket, ConfigError> {
        let (settings, source) = self.check()?;
        platform::connect(settings, source)
    }

    /// As [`connect`](Self::connect), and returns a stream of all events, which replaces the callbacks.
    ///
    /// The stream keeps the client alive as well, so the handle may be dropped. What a reader sends when it receives
    /// [`Event::Open`](crate::Event::Open) is queued behind earlier messages: to log in before these leave, use
    /// [`setup`](Self::setup).
    ///
    /// # Errors
    /// As [`connect`](Self::connect). Also returns an error if a closure or a [`Handler`](crate::Handler) is set.
    pub fn connect_stream(self) -> Result<(WebSocket, Events), ConfigError> {
        self.connect_stream_by(Self::connect)
    }

    pub(crate) fn connect_stream_by(
        self,
        connect: impl FnOnce(Self) -> Result<WebSocket, ConfigError>,
    ) -> Result<(WebSocket, Events), ConfigError> {
        let (builder, events) = self.streaming()?;
        let ws = connect(builder)?;
        let events = events.of(&ws);
        Ok((ws, events))
    }

    /// Sets a handler that passes on all events.
    pub(crate) fn streaming(self) -> Result<(Self, Unconnected), ConfigError> {
        if self.settings.handler.is_some() || !self.settings.closures.is_empty() {
            return Err(ConfigError::new("connect_stream", "callbacks are set as well: the stream replaces them"));
        }
        let (handler, events) = crate::stream::events(self.settings.max_receive_buffer);
        Ok((self.handler(handler), events))
    }
}

fn not_zero(is_positive: bool) -> Result<(), Fault> {
    if is_positive { Ok(()) } else { Err(ZERO) }
}
