//! Spans and events of the crate `tracing`: a span for each attempt, and events for what happens to it. Single messages have
//! the level of traces.
//!
//! They contain nothing secret (S26): no headers, queries or payloads, and no reasons and subprotocols, which can contain
//! tokens.

use alloc::string::String;

use homing_machine::{Notify, Output};
use tracing::{Span, debug, debug_span, info, trace, warn};

use crate::close::{CloseEvent, End};
use crate::error::Error;
use crate::handshake::Handshake;
use crate::message::Message;

/// The span of the present attempt of one client.
pub(super) struct Trace {
    /// The URL without credentials and query.
    url: String,
    /// The span of the present attempt.
    span: Span,
}

impl Trace {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.into(), span: Span::none() }
    }

    /// A message is passed to the handler.
    #[inline]
    pub(super) fn message(&self, message: &Message) {
        trace!(parent: &self.span, bytes = message.len(), "message");
    }

    /// The socket accepted this many messages.
    #[inline]
    pub(super) fn sent(&self, messages: u64) {
        trace!(parent: &self.span, messages, "sent");
    }

    /// An output is about to be carried out.
    pub(super) fn output(&mut self, output: Output) {
        let span = &self.span;
        match output {
            Output::Dial(attempt) => {
                // In no other span: an attempt may outlive the code that started it.
                self.span = debug_span!(parent: None, "attempt", number = attempt.get(), url = %self.url);
                debug!(parent: &self.span, "dialling");
            }
            Output::SetUp => debug!(parent: span, "setting up"),
            Output::Heartbeat(number) => trace!(parent: span, number, "heartbeat"),
            Output::Close => debug!(parent: span, "closing"),
            Output::Fail | Output::Abort => debug!(parent: span, "abandoned"),
            Output::Notify(Notify::Connect) => debug!(parent: span, "connected"),
            Output::Notify(Notify::BufferFull) => debug!(parent: span, "send buffer full"),
            Output::Notify(Notify::BufferDrain) => debug!(parent: span, "send buffer has room again"),
            Output::Notify(Notify::Latency(round_trip)) => debug!(parent: span, ?round_trip, "heartbeat answered"),
            Output::Notify(_) | Output::Mark | Output::Transmit | Output::Read(_) | Output::AskRetry => {}
        }
    }

    pub(super) fn opened(&self, handshake: &Handshake) {
        info!(parent: &self.span, extensions = ?handshake.extensions, "open");
    }

    pub(super) fn failed(&self, error: &Error) {
        warn!(parent: &self.span, %error, "failed");
    }

    pub(super) fn closed(&mut self, close: &CloseEvent) {
        let (span, code, clean, lost) = (&self.span, close.code.get(), close.clean, close.lost);
        info!(parent: span, code, clean, initiator = ?close.initiator, lost, "closed");
        if let Some(delay) = close.retry_in {
            info!(parent: span, ?delay, "next attempt scheduled");
        }
        self.span = Span::none();
    }

    pub(super) fn ended(&self, end: &End) {
        info!(url = %self.url, reason = %end.reason, unsent = end.unsent, "end");
    }
}
