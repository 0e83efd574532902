//! The callbacks of a client as closures.

use core::time::Duration;

use super::Builder;
use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::platform::MaybeSend;
use crate::error::Error;
use crate::handler::Handler;
use crate::handshake::Handshake;
use crate::message::Message;

/// # Callbacks
///
/// Each closure is the method of [`Handler`] with the same name. Setting one again replaces it. Natively closures are `Send`.
impl Builder {
    /// Sets the callback for when TCP, proxy and TLS are up. Native only: browsers never call it.
    /// See [`Handler::on_connect`].
    pub fn on_connect(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_connect = Some(Box::new(callback));
        self
    }

    /// Sets the callback for when a connection is open. See [`Handler::on_open`].
    pub fn on_open(mut self, callback: impl FnMut(&WebSocket, &Handshake) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_open = Some(Box::new(callback));
        self
    }

    /// Sets the callback for each message that arrives. See [`Handler::on_message`].
    pub fn on_message(mut self, callback: impl FnMut(&WebSocket, Message) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_message = Some(Box::new(callback));
        self
    }

    /// Sets the callback for when an attempt has failed. See [`Handler::on_error`].
    pub fn on_error(mut self, callback: impl FnMut(&WebSocket, &Error) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_error = Some(Box::new(callback));
        self
    }

    /// Sets the callback for when an attempt is over. See [`Handler::on_close`].
    pub fn on_close(mut self, callback: impl FnMut(&WebSocket, &CloseEvent) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_close = Some(Box::new(callback));
        self
    }

    /// Sets the callback for when the send buffer has reached its limit. See [`Handler::on_buffer_full`].
    pub fn on_buffer_full(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_buffer_full = Some(Box::new(callback));
        self
    }

    /// Sets the callback for when the send buffer has room again. See [`Handler::on_buffer_drain`].
    pub fn on_buffer_drain(mut self, callback: impl FnMut(&WebSocket) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_buffer_drain = Some(Box::new(callback));
        self
    }

    /// Sets the callback for each answered heartbeat, with its round-trip time. See [`Handler::on_latency`].
    pub fn on_latency(mut self, callback: impl FnMut(&WebSocket, Duration) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_latency = Some(Box::new(callback));
        self
    }

    /// Sets the callback for the end of the client. See [`Handler::on_end`].
    pub fn on_end(mut self, callback: impl FnMut(&WebSocket, &End) + MaybeSend + 'static) -> Self {
        self.settings.closures.on_end = Some(Box::new(callback));
        self
    }

    /// Sets a [`Handler`], which receives the events in place of closures. `connect` fails if both are set.
    ///
    /// ```
    /// use homing::{Event, Handler, WebSocket};
    ///
    /// struct Logger;
    ///
    /// impl Handler for Logger {
    ///     fn on_event(&mut self, _: &WebSocket, event: Event) {
    ///         println!("{event:?}");
    ///     }
    /// }
    ///
    /// let builder = WebSocket::builder("wss://example.com/feed").handler(Logger);
    /// ```
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.settings.handler = Some(Box::new(handler));
        self.settings.checks.push(|settings| {
            let fault = "closures (`on_*`) are set as well: use either";
            (!settings.closures.is_empty()).then_some(("handler", fault))
        });
        self
    }
}
