//! One browser socket with its event handlers.

use alloc::rc::Rc;
use core::cell::Cell;

use js_sys::{Array, Function};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, CloseEvent, MessageEvent, WebSocket};

use super::backlog::Held;
use super::client::{Client, News};
use super::target::Target;
use super::{glue, registry};
use crate::close::CloseCode;
use crate::driver::{AttemptId, SocketEvent};
use crate::error::{Error, ErrorKind};
use crate::handshake::Handshake;
use crate::message::{BinaryType, Message};

pub(super) struct Socket {
    socket: WebSocket,
    target: Rc<Target>,
    was_open: bool,
    parted: bool,
    // Called as long as the socket refers to them.
    _on_open: Closure<dyn Fn()>,
    // One type of closure for all events with something in them, as each costs glue.
    _on_message: Closure<dyn Fn(JsValue)>,
    _on_error: Closure<dyn Fn()>,
    _on_close: Closure<dyn Fn(JsValue)>,
}

/// The close event.
pub(super) struct End {
    code: CloseCode,
    reason: String,
    clean: bool,
    /// An error event came before.
    errored: bool,
}

impl End {
    /// For the close event that should have followed an error event.
    pub(super) fn missing() -> Self {
        Self { code: CloseCode::ABNORMAL, reason: String::new(), clean: false, errored: true }
    }
}

impl Socket {
    /// Dials. All handlers are in place before anything can happen.
    pub(super) fn new(
        client: &Rc<Client>,
        attempt: AttemptId,
        target: &Rc<Target>,
        binary_type: BinaryType,
    ) -> Result<Self, JsValue> {
        let protocols: Array = target.protocols.iter().map(|protocol| JsValue::from_str(protocol)).collect();
        let socket = WebSocket::new_with_str_sequence(&target.url, &protocols)?;
        socket.set_binary_type(match binary_type {
            BinaryType::Blob => web_sys::BinaryType::Blob,
            BinaryType::ArrayBuffer => web_sys::BinaryType::Arraybuffer,
        });

        let to = client.clone();
        let on_open = Closure::<dyn Fn()>::new(move || to.tell(News::Opened(attempt)));
        socket.set_onopen(Some(function(&on_open)));

        let to = client.clone();
        let on_message = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let event = event.unchecked_into::<MessageEvent>();
            to.tell(News::Arrived(attempt, read(event.data(), binary_type)));
        });
        socket.set_onmessage(Some(function(&on_message)));

        // The error event tells nothing but that there was one; the close event follows, or should.
        let errored = Rc::new(Cell::new(false));
        let (error, to) = (errored.clone(), client.clone());
        let on_error = Closure::<dyn Fn()>::new(move || {
            error.set(true);
            to.tell(News::Errored(attempt));
        });
        socket.set_onerror(Some(function(&on_error)));

        let to = client.clone();
        let on_close = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let event = event.unchecked_into::<CloseEvent>();
            let (code, reason) = (CloseCode::new(event.code()), event.reason());
            let end = End { code, reason, clean: event.was_clean(), errored: errored.get() };
            to.tell(News::Arrived(attempt, Held::End(end)));
        });
        socket.set_onclose(Some(function(&on_close)));

        Ok(Self {
            socket,
            target: target.clone(),
            was_open: false,
            parted: false,
            _on_open: on_open,
            _on_message: on_message,
            _on_error: on_error,
            _on_close: on_close,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// The handshake succeeded.
    pub(super) fn opened(&mut self) -> Result<Handshake, Error> {
        self.was_open = true;
        let protocol = self.socket.protocol();
        // Some browsers let that pass.
        let offered = &self.target.protocols;
        if protocol.is_empty() != offered.is_empty() || !(protocol.is_empty() || offered.contains(&protocol)) {
            let kind = ErrorKind::Handshake { status: None, headers: Default::default(), body: Default::default() };
            let fault = "the server chose none of the subprotocols, or one that was not offered";
            return Err(self.error(kind, fault));
        }
        Ok(Handshake {
            protocol: (!protocol.is_empty()).then_some(protocol),
            extensions: self.socket.extensions(),
            ..Handshake::default()
        })
    }

    /// What the close event means: perhaps that the peer closed, and how the socket ended.
    pub(super) fn explain(&self, end: End) -> (Option<SocketEvent>, SocketEvent) {
        let End { code, reason, clean, errored } = end;
        if clean && !errored {
            return (None, SocketEvent::Closed { code, reason, clean });
        }
        if !errored && code != CloseCode::ABNORMAL {
            // The peer's Close frame came, but TCP did not end well.
            let closing = SocketEvent::Closing { code, reason: reason.clone() };
            return (Some(closing), SocketEvent::Closed { code, reason, clean });
        }
        let error = if self.target.is_mixed && !self.was_open {
            self.target.forbidden().at(&self.target.shown())
        } else {
            let when = if self.was_open { "" } else { " before it was open" };
            self.error(ErrorKind::Opaque, ["close code ", &code.to_string(), when].concat())
        };
        (None, SocketEvent::Failed(error))
    }

    pub(super) fn error(&self, kind: ErrorKind, detail: impl Into<String>) -> Error {
        Error::new(kind, detail).at(&self.target.shown())
    }

    pub(super) fn send(&self, message: &Message) -> Result<(), JsValue> {
        match message {
            Message::Text(text) => self.socket.send_with_str(text),
            // Of memory that threads share a browser takes no view, only a copy.
            #[cfg(target_feature = "atomics")]
            Message::Binary(data) => self.socket.send_with_js_u8_array(&js_sys::Uint8Array::new_from_slice(data)),
            #[cfg(not(target_feature = "atomics"))]
            Message::Binary(data) => self.socket.send_with_u8_array(data),
        }
    }

    pub(super) fn buffered_amount(&self) -> usize {
        self.socket.buffered_amount() as usize
    }

    /// The code was checked before: it is one that a page may send.
    pub(super) fn close(&self, code: CloseCode, reason: &str) {
        let _ = self.socket.close_with_code_and_reason(code.get(), reason);
    }

    /// Gives the socket up: nothing more is told of it.
    pub(super) fn part(mut self) {
        self.detach();
        // One of its closures may be what runs now.
        registry::bury(self);
    }

    fn detach(&mut self) {
        if !core::mem::replace(&mut self.parted, true) {
            self.socket.set_onopen(None);
            self.socket.set_onmessage(None);
            self.socket.set_onerror(None);
            self.socket.set_onclose(None);
            let _ = self.socket.close();
        }
    }
}

/// In this order, or a late event calls a closure that is gone.
impl Drop for Socket {
    fn drop(&mut self) {
        self.detach();
    }
}

fn function<T: ?Sized>(closure: &Closure<T>) -> &Function {
    closure.as_ref().unchecked_ref()
}

/// Text first: it is told from the rest by `typeof`, which is cheap.
#[inline]
fn read(data: JsValue, binary_type: BinaryType) -> Held {
    match data.as_string() {
        Some(text) => Held::Message(text.into()),
        None => match binary_type {
            BinaryType::ArrayBuffer => Held::Message(bytes(&data)),
            BinaryType::Blob => Held::Blob(data.unchecked_into::<Blob>()),
        },
    }
}

#[inline]
pub(super) fn bytes(buffer: &JsValue) -> Message {
    glue::Bytes::copy(buffer).0.into()
}
