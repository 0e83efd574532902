//! The callbacks.

use core::time::Duration;

use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::platform::MaybeSend;
use crate::error::Error;
use crate::handshake::Handshake;
use crate::message::Message;

/// What a client tells, as callbacks. Every method has an empty default.
///
/// Callbacks never nest and never overlap. Every method of the [`WebSocket`] may be called in each of them; what it
/// causes is delivered after the callback returns. The order is that of an attempt: `on_connect`, `on_open`,
/// `on_message` any number of times, `on_error` if it failed, `on_close` exactly once; and after the client's last
/// attempt `on_end`.
///
/// The handle that callbacks are given does not keep the client alive, but a clone of it does, and a handler that owns one
/// would keep its own client alive for ever: keep a [`WeakWebSocket`](crate::WeakWebSocket) in place of it.
///
/// A handler is `Send` natively, where the client's task may move between threads; in browsers it need not be.
///
/// ```
/// use homing::{Handler, Handshake, Message, WebSocket};
///
/// struct Greeter;
///
/// impl Handler for Greeter {
///     fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
///         let _ = ws.send("hello");
///     }
///     fn on_message(&mut self, _: &WebSocket, message: Message) {
///         println!("{message:?}");
///     }
/// }
///
/// # fn main() -> Result<(), homing::ConfigError> {
/// let ready_to_go = WebSocket::builder("wss://example.com/greetings").handler(Greeter);
/// # Ok(()) }
/// ```
#[allow(unused_variables)]
pub trait Handler: MaybeSend + 'static {
    /// TCP, proxy and TLS are up. Natively only: browsers have no such event.
    fn on_connect(&mut self, ws: &WebSocket) {}
    /// The opening handshake succeeded. What was queued before leaves ahead of what is sent here.
    fn on_open(&mut self, ws: &WebSocket, handshake: &Handshake) {}
    /// A message arrived.
    fn on_message(&mut self, ws: &WebSocket, message: Message) {}
    /// The attempt failed; `on_close` follows.
    fn on_error(&mut self, ws: &WebSocket, error: &Error) {}
    /// The attempt is over; `event.retry_in` tells when the next one begins.
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {}
    /// The send buffer has reached its limit: the next message will be refused.
    fn on_buffer_full(&mut self, ws: &WebSocket) {}
    /// The send buffer has room again.
    fn on_buffer_drain(&mut self, ws: &WebSocket) {}
    /// A heartbeat was answered after this time.
    fn on_latency(&mut self, ws: &WebSocket, round_trip: Duration) {}
    /// The client is closed: nothing more happens unless `reconnect` is called.
    fn on_end(&mut self, ws: &WebSocket, end: &End) {}
}

/// Closures as a handler. A trait for each closure carries the platform's bound into its box.
macro_rules! closures {
    ($($name:ident: $trait:ident($($arg:ident: $type:ty),*);)*) => {
        $(
            pub(crate) trait $trait: FnMut(&WebSocket $(, $type)*) + MaybeSend + 'static {}
            impl<F: FnMut(&WebSocket $(, $type)*) + MaybeSend + 'static> $trait for F {}
        )*

        /// The closures of a builder.
        #[derive(Default)]
        pub(crate) struct Closures {
            $(pub(crate) $name: Option<Box<dyn $trait>>,)*
        }

        impl Closures {
            pub(crate) fn is_empty(&self) -> bool {
                true $(&& self.$name.is_none())*
            }
        }

        impl Handler for Closures {
            $(
                #[inline]
                fn $name(&mut self, ws: &WebSocket $(, $arg: $type)*) {
                    if let Some(callback) = &mut self.$name {
                        callback(ws $(, $arg)*);
                    }
                }
            )*
        }
    };
}

closures! {
    on_connect: OnConnect();
    on_open: OnOpen(handshake: &Handshake);
    on_message: OnMessage(message: Message);
    on_error: OnError(error: &Error);
    on_close: OnClose(event: &CloseEvent);
    on_buffer_full: OnBufferFull();
    on_buffer_drain: OnBufferDrain();
    on_latency: OnLatency(round_trip: Duration);
    on_end: OnEnd(end: &End);
}
