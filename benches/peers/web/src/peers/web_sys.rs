use bytes::Bytes;
use futures::channel::oneshot;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::called::Rounds;
use crate::round::Round;
use crate::{Peer, Result, text};

/// A `WebSocket` of the browser with event handlers, as written without a library.
pub(crate) struct Chosen {
    socket: WebSocket,
    rounds: Rounds,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

fn error(error: JsValue) -> String {
    format!("{error:?}")
}

fn send(socket: &WebSocket, is_text: bool, payload: &Bytes) -> std::result::Result<(), JsValue> {
    if is_text { socket.send_with_str(&text(payload)) } else { socket.send_with_u8_array(payload) }
}

impl Peer for Chosen {
    async fn open(url: &str) -> Result<Self> {
        let socket = WebSocket::new(url).map_err(error)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let rounds = Rounds::default();
        let (to, from) = (rounds.clone(), socket.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let (is_text, answer) = match data.as_string() {
                Some(text) => (true, to.take(true, text.as_bytes())),
                None => (false, to.take(false, &Uint8Array::new(&data).to_vec())),
            };
            if let Some(answer) = answer {
                let _ = send(&from, is_text, &answer);
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let (opened, open) = oneshot::channel();
        let on_open = Closure::once(move || _ = opened.send(()));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        open.await?;
        socket.set_onopen(None);
        Ok(Self { socket, rounds, _on_message: on_message })
    }

    async fn run(&mut self, round: Round) -> Result<()> {
        let (is_text, first) = (round.is_text, round.first());
        let over = self.rounds.begin(round);
        for payload in first {
            send(&self.socket, is_text, &payload).map_err(error)?;
        }
        over.await?
    }

    async fn close(self) -> Result<()> {
        let (closed, close) = oneshot::channel();
        let on_close = Closure::once(move || _ = closed.send(()));
        self.socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        self.socket.close_with_code(1000).map_err(error)?;
        close.await?;
        self.socket.set_onmessage(None);
        Ok(())
    }
}
