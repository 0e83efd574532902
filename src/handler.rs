//! The callbacks.

use core::time::Duration;

use crate::client::WebSocket;
use crate::close::{CloseEvent, End};
use crate::driver::platform::MaybeSend;
use crate::error::Error;
use crate::event::Event;
use crate::handshake::Handshake;
use crate::message::Message;

/// Receives the events of a client.
///
/// Every method has a provided body. Implement either
///
/// - the methods of the events that matter: the others do nothing; or
/// - [`on_event`](Self::on_event), which receives every event as an [`Event`]: to log, count or forward all of them.
///
/// The provided body of each method calls `on_event`, whose own provided body does nothing. In a handler that implements
/// both, `on_event` receives the events whose methods are not implemented.
///
/// # Order
/// Callbacks never nest and never overlap. Every method of the [`WebSocket`] may be called in each of them; its effects are
/// delivered after the callback returns. One attempt calls, in this order, `on_connect`, `on_open`, `on_message` any number
/// of times, `on_error` if it failed, and `on_close` exactly once. After the last attempt `on_end` is called.
///
/// # Handles
/// The `&WebSocket` of a callback does not keep the client alive, but a clone of it does. A handler that owns a clone keeps
/// its own client alive forever: store a [`WeakWebSocket`](crate::WeakWebSocket) instead.
///
/// # Targets
/// A handler is `Send` natively, where the client's task may move between threads. In browsers it need not be.
///
/// # Examples
/// A handler of two events:
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
/// let builder = WebSocket::builder("wss://example.com/greetings").handler(Greeter);
/// ```
///
/// A handler that forwards every event to another thread:
///
/// ```
/// use homing::{Event, Handler, WebSocket};
/// use std::sync::mpsc::Sender;
///
/// struct Forward(Sender<Event>);
///
/// impl Handler for Forward {
///     fn on_event(&mut self, _: &WebSocket, event: Event) {
///         let _ = self.0.send(event);
///     }
/// }
///
/// let (sender, events) = std::sync::mpsc::channel();
/// let builder = WebSocket::builder("wss://example.com/feed").handler(Forward(sender));
/// # drop((builder, events));
/// ```
#[allow(unused_variables)]
pub trait Handler: MaybeSend + 'static {
    /// Receives every event whose own method is not implemented. Does nothing unless implemented.
    ///
    /// Messages are moved into the event. Errors, handshakes and ends are cloned.
    fn on_event(&mut self, ws: &WebSocket, event: Event) {}

    /// TCP, proxy and TLS are up; the opening handshake follows. Native only: browsers have no such event.
    fn on_connect(&mut self, ws: &WebSocket) {
        self.on_event(ws, Event::Connect);
    }

    /// The opening handshake succeeded, and so did the [set-up](crate::Builder::setup), if there is one.
    ///
    /// What is sent here leaves before what was queued earlier, so that the server has it first. To wait for an answer before
    /// the queue leaves, use a set-up.
    fn on_open(&mut self, ws: &WebSocket, handshake: &Handshake) {
        self.on_event(ws, Event::Open(handshake.clone()));
    }

    /// A message arrived.
    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        self.on_event(ws, Event::Message(message));
    }

    /// The attempt failed. `on_close` follows.
    fn on_error(&mut self, ws: &WebSocket, error: &Error) {
        self.on_event(ws, Event::Error(error.clone()));
    }

    /// The attempt is over. `event.retry_in` is the delay until the next one, if there will be one.
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {
        self.on_event(ws, Event::Close(event.clone()));
    }

    /// The send buffer has reached [`max_send_buffer`](crate::Builder::max_send_buffer): the next message will be refused.
    fn on_buffer_full(&mut self, ws: &WebSocket) {
        self.on_event(ws, Event::BufferFull);
    }

    /// The send buffer, once full, has room again.
    fn on_buffer_drain(&mut self, ws: &WebSocket) {
        self.on_event(ws, Event::BufferDrain);
    }

    /// A heartbeat was answered after this round-trip time.
    fn on_latency(&mut self, ws: &WebSocket, round_trip: Duration) {
        self.on_event(ws, Event::Latency(round_trip));
    }

    /// The client is closed. Nothing more happens unless [`reconnect`](WebSocket::reconnect) is called.
    ///
    /// Not called if a callback panicked or the runtime was shut down: only [`closed`](WebSocket::closed) reports these.
    fn on_end(&mut self, ws: &WebSocket, end: &End) {
        self.on_event(ws, Event::End(end.clone()));
    }
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
