//! The callbacks: each is written down and then does what the plan wants of it.

use std::sync::{Mutex, Weak};
use std::time::Duration;

use homing::{CloseEvent, End, Error, Handler, Handshake, Message, WebSocket};

use crate::plan::Callback;
use crate::stage::{Stage, id_of, lock};
use crate::trace::{Told, What};

/// Does not keep the stage alive, which owns the network, which owns this.
pub(crate) struct Actor(pub(crate) Weak<Mutex<Stage>>);

impl Actor {
    fn told(&self, ws: &WebSocket, callback: Callback, told: Told) {
        let Some(stage) = self.0.upgrade() else {
            return;
        };
        let acts = {
            let mut stage = lock(&stage);
            stage.nested |= std::mem::replace(&mut stage.inside, true);
            stage.note_by(ws, What::Told(told));
            stage.reaction(callback)
        };
        acts.into_iter().for_each(|act| lock(&stage).act(Some(ws), act));
        let mut stage = lock(&stage);
        stage.note_by(ws, What::Returned);
        stage.inside = false;
    }
}

impl Handler for Actor {
    fn on_connect(&mut self, ws: &WebSocket) {
        self.told(ws, Callback::Connect, Told::Connect);
    }
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        self.told(ws, Callback::Open, Told::Open);
    }
    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        self.told(ws, Callback::Message, Told::Message(id_of(&message)));
    }
    fn on_error(&mut self, ws: &WebSocket, error: &Error) {
        self.told(ws, Callback::Error, Told::Error(error.kind().clone()));
    }
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {
        self.told(ws, Callback::Close, Told::Close(event.clone()));
    }
    fn on_buffer_full(&mut self, ws: &WebSocket) {
        self.told(ws, Callback::Full, Told::Full);
    }
    fn on_buffer_drain(&mut self, ws: &WebSocket) {
        self.told(ws, Callback::Drain, Told::Drain);
    }
    fn on_latency(&mut self, ws: &WebSocket, _: Duration) {
        self.told(ws, Callback::Latency, Told::Latency);
    }
    fn on_end(&mut self, ws: &WebSocket, end: &End) {
        self.told(ws, Callback::End, Told::End(end.clone()));
    }
}
