//! The callbacks: each is written down and then does what the plan wants of it.

use std::sync::{Mutex, Weak};

use homing::{Event, Handler, WebSocket};

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
    fn on_event(&mut self, ws: &WebSocket, event: Event) {
        let (callback, told) = match event {
            Event::Connect => (Callback::Connect, Told::Connect),
            Event::Open(_) => (Callback::Open, Told::Open),
            Event::Message(message) => (Callback::Message, Told::Message(id_of(&message))),
            Event::Error(error) => (Callback::Error, Told::Error(error.kind().clone())),
            Event::Close(event) => (Callback::Close, Told::Close(event)),
            Event::BufferFull => (Callback::Full, Told::Full),
            Event::BufferDrain => (Callback::Drain, Told::Drain),
            Event::Latency(_) => (Callback::Latency, Told::Latency),
            Event::End(end) => (Callback::End, Told::End(end)),
            other => unreachable!("{other:?}"),
        };
        self.told(ws, callback, told);
    }
}
