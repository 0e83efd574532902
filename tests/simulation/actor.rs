//! The callbacks: each is recorded, and then acts as planned.

use std::sync::{Mutex, Weak};

use homing::{Event, Handler, WebSocket};

use crate::plan::Callback;
use crate::stage::{Stage, id_of, lock};
use crate::trace::{Notified, What};

/// Does not keep the stage alive, which owns the network, which owns this.
pub(crate) struct Actor(pub(crate) Weak<Mutex<Stage>>);

impl Actor {
    fn notified(&self, ws: &WebSocket, callback: Callback, notified: Notified) {
        let Some(stage) = self.0.upgrade() else {
            return;
        };
        let acts = {
            let mut stage = lock(&stage);
            stage.nested |= std::mem::replace(&mut stage.inside, true);
            stage.note_by(ws, What::Notified(notified));
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
        let (callback, notified) = match event {
            Event::Connect => (Callback::Connect, Notified::Connect),
            Event::Open(_) => (Callback::Open, Notified::Open),
            Event::Message(message) => (Callback::Message, Notified::Message(id_of(&message))),
            Event::Error(error) => (Callback::Error, Notified::Error(error.kind().clone())),
            Event::Close(event) => (Callback::Close, Notified::Close(event)),
            Event::BufferFull => (Callback::Full, Notified::Full),
            Event::BufferDrain => (Callback::Drain, Notified::Drain),
            Event::Latency(_) => (Callback::Latency, Notified::Latency),
            Event::End(end) => (Callback::End, Notified::End(end)),
            other => unreachable!("{other:?}"),
        };
        self.notified(ws, callback, notified);
    }
}
