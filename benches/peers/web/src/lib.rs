//! One client, with the interface that the page uses for all. It sends and checks numbered messages, as the page does for
//! the clients in JavaScript.

#![forbid(unsafe_code)]

#[cfg(any(feature = "homing", feature = "web-sys"))]
mod called;
#[path = "../../src/messages.rs"]
#[allow(dead_code)] // The compressible ones are for native clients.
mod messages;
mod peers;
mod round;
#[cfg(not(any(feature = "homing", feature = "web-sys")))]
mod stream;

use std::error::Error;
use std::rc::Rc;

use bytes::Bytes;
use wasm_bindgen::prelude::*;

use crate::messages::{Kind, Messages};
use crate::peers::Chosen;
use crate::round::Round;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A client in the way that its documentation shows.
trait Peer: Sized {
    /// Connects.
    async fn open(url: &str) -> Result<Self>;

    /// Sends the round's messages, and passes on what arrives until the round is over.
    async fn run(&mut self, round: Round) -> Result<()>;

    /// Closes with both Close frames.
    async fn close(self) -> Result<()>;
}

/// Returns the message as a string, which is what clients take for a text.
fn text(payload: &Bytes) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

fn thrown(error: impl ToString) -> JsValue {
    JsValue::from_str(&error.to_string())
}

/// An open connection, and the messages that go one way or the other.
#[wasm_bindgen]
pub struct Client {
    peer: Chosen,
    messages: Option<(bool, Rc<Messages>)>,
}

#[wasm_bindgen]
impl Client {
    pub async fn open(url: String) -> std::result::Result<Client, JsValue> {
        Ok(Self { peer: Chosen::open(&url).await.map_err(thrown)?, messages: None })
    }

    /// Makes messages of this kind and size.
    pub fn prepare(&mut self, is_text: bool, size: usize) {
        let kind = if is_text { Kind::Text } else { Kind::Binary };
        self.messages = Some((is_text, Messages::new(kind, size).into()));
    }

    /// Sends `sent` messages and receives `received`. With `answers` each but the last one is answered with the next;
    /// with `acknowledged` nothing but an acknowledgement comes.
    pub async fn run(
        &mut self,
        sent: usize,
        received: usize,
        answers: bool,
        acknowledged: bool,
    ) -> std::result::Result<(), JsValue> {
        let (is_text, messages) = self.messages.clone().ok_or("not prepared")?;
        let round = Round { messages, is_text, sent, received, answers, acknowledged, arrived: 0 };
        self.peer.run(round).await.map_err(thrown)
    }

    pub async fn close(self) -> std::result::Result<(), JsValue> {
        self.peer.close().await.map_err(thrown)
    }
}
