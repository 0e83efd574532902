//! One `WebSocket` of the browser, with its event handlers.

use alloc::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::WebSocket;

use super::glue;
use super::target::Target;
use crate::close::CloseCode;
use crate::driver::SocketEvent;
use crate::error::{Error, ErrorKind, joined};
use crate::handshake::Handshake;
use crate::message::Message;

/// Each in the place of its event's number (`REPORTED`).
const HANDLERS: [&str; 4] = ["onopen", "onmessage", "onerror", "onclose"];

pub(super) struct Socket {
    socket: WebSocket,
    target: Rc<Target>,
    was_open: bool,
    /// Its close event came.
    is_closed: bool,
}

impl Socket {
    /// Dials. All handlers are set before the first event can occur. Fails if the constructor throws.
    ///
    /// `function`: the client's [`Callback`](glue::Callback).
    pub(super) fn new(function: &JsValue, target: &Rc<Target>, receives_blobs: bool) -> Result<Self, JsValue> {
        let protocols = target.offered.as_ref().map_or(JsValue::UNDEFINED, |offered| offered.to_array());
        let socket = WebSocket::new_with_str_sequence(&target.url, &protocols)?;
        let binary_type = if receives_blobs { "blob" } else { "arraybuffer" };
        glue::set(&socket, "binaryType", &binary_type.into());
        for (number, name) in HANDLERS.iter().enumerate() {
            glue::set(&socket, name, &glue::bind(function, number as u32));
        }
        Ok(Self { socket, target: target.clone(), was_open: false, is_closed: false })
    }

    pub(super) fn is_insecure(&self) -> bool {
        self.target.is_insecure
    }

    pub(super) fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// Returns the result of the opening handshake. Fails if the server did not choose exactly one of the offered
    /// subprotocols.
    pub(super) fn opened(&mut self) -> Result<Handshake, Error> {
        self.was_open = true;
        let protocol = glue::text(&self.socket, "protocol");
        // Not every browser checks this.
        let chosen = match &self.target.offered {
            None => protocol.is_empty().then_some(None),
            Some(offered) => offered.chosen(protocol).map(Some),
        };
        let Some(protocol) = chosen else {
            let kind = ErrorKind::Handshake { status: None, headers: Default::default(), body: Default::default() };
            let fault = "the server chose none of the subprotocols, or one that was not offered";
            return Err(self.error(kind, fault));
        };
        Ok(Handshake { protocol, extensions: glue::text(&self.socket, "extensions"), ..Handshake::default() })
    }

    /// Translates a close event. `errored`: whether an error event came before it. `may_mix`: whether this page has had an
    /// open connection to ws although it was loaded over https.
    pub(super) fn explain(&mut self, event: &JsValue, errored: bool, may_mix: bool) -> SocketEvent {
        let code = glue::number(event, "code");
        self.is_closed = code.is_some();
        let code = code.map_or(CloseCode::ABNORMAL, |code| CloseCode::new(code as u16));
        if !errored && code != CloseCode::ABNORMAL {
            // Not clean if TCP did not end properly after the peer's Close frame.
            return SocketEvent::Closed {
                code,
                reason: glue::text(event, "reason"),
                clean: glue::is(event, "wasClean"),
            };
        }
        SocketEvent::Failed(if !self.was_open && !may_mix && self.target.is_mixed() {
            self.target.forbidden().at(&self.target.shown)
        } else {
            let when = if self.was_open { "" } else { " before it was open" };
            self.error(ErrorKind::Opaque, joined(&["close code ", &glue::decimal(code.get().into()), when]))
        })
    }

    pub(super) fn error(&self, kind: ErrorKind, detail: impl Into<String>) -> Error {
        Error::new(kind, detail).at(&self.target.shown)
    }

    pub(super) fn send(&self, message: &Message) -> Result<(), JsValue> {
        match message {
            Message::Text(text) => self.socket.send_with_str(text),
            // Browsers refuse views of shared memory.
            #[cfg(target_feature = "atomics")]
            Message::Binary(data) => self.socket.send_with_js_u8_array(&js_sys::Uint8Array::new_from_slice(data)),
            #[cfg(not(target_feature = "atomics"))]
            Message::Binary(data) => self.socket.send_with_u8_array(data),
        }
    }

    pub(super) fn buffered_amount(&self) -> usize {
        self.socket.buffered_amount() as usize
    }

    /// Starts the closing handshake. The code must be one that a page may send.
    pub(super) fn close(&self, code: Option<CloseCode>, reason: Option<&str>) {
        self.socket.unchecked_ref::<glue::Closable>().close(code.map(CloseCode::get), reason);
    }
}

/// Unsets the handlers, or a late event would be taken for one of the next socket. No event follows the close event.
impl Drop for Socket {
    fn drop(&mut self) {
        if !self.is_closed {
            HANDLERS.iter().for_each(|name| glue::set(&self.socket, name, &JsValue::NULL));
            self.close(Some(CloseCode::NORMAL), None);
        }
    }
}
